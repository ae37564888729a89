// What a day will cost if it goes on as it began.

/** Share of the day before which nothing can be said. */
const TOO_EARLY = 0.1;

/** Nano-dollars by midnight; null when it is too early, too late, or nothing was spent. */
export function forecast(spent: number, now: Date): number | null {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const next = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
  const share = (now.getTime() - midnight.getTime()) / (next.getTime() - midnight.getTime());
  if (spent <= 0 || share < TOO_EARLY || share > 0.97) return null;
  return Math.round(spent / share);
}
