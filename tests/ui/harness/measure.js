// Times as the browser itself counts them.

/** Milliseconds from the begin of the navigation to the first paint of something. */
export const firstPaint = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        const look = (list) => {
          const found = list.getEntries().find((entry) => entry.name === "first-contentful-paint");
          if (found) resolve(found.startTime);
        };
        new PerformanceObserver(look).observe({ type: "paint", buffered: true });
      }),
  );

/**
 * Milliseconds from the begin of the navigation, or from `from`, until `isThere` (a function of the page) says so and it is drawn.
 * The page looks itself, with each of its frames: no way to and fro is counted.
 */
export const until = (page, isThere, from = 0) =>
  page.evaluate(
    `new Promise((resolve) => {
      const isThere = ${isThere};
      const look = () => (isThere() ? requestAnimationFrame(() => resolve(performance.now() - ${from})) : requestAnimationFrame(look));
      look();
    })`,
  );

/** The middle one. */
export const middle = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
