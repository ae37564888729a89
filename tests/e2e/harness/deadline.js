// Every wait has a deadline, and says what it waited for.

/** `promise`, or an error after `ms` that says what did not come (`what` is text, or gives it when it is needed). */
export async function within(promise, ms, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      const text = typeof what === "function" ? what() : what;
      reject(new Error(`waited ${ms} ms for ${text}`));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks `look` again and again until it gives something; for state that cannot be subscribed to. */
export async function eventually(look, { what, ms = 10_000, every = 5 }) {
  const end = performance.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) throw new Error(`waited ${ms} ms for ${typeof what === "function" ? what() : what}`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
