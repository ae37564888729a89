// What a day will cost if it goes on as it began, and what ends first.

import type { ForecastLine } from "./api/types.ts";

/** Share of the day before which nothing can be said. */
const TOO_EARLY = 0.1;

/** A day as the service counts it, which may be in another zone than the browser: Unix seconds. */
export interface Day {
  starts_at: number;
  resets_at: number;
}

/** Nano-dollars by the end of the day; null when it is too early, too late, or nothing was spent. `now` is in milliseconds. */
export function forecast(spent: number, now: number, day: Day): number | null {
  const share = (now / 1_000 - day.starts_at) / (day.resets_at - day.starts_at);
  if (spent <= 0 || share < TOO_EARLY || share > 0.97) return null;
  return Math.round(spent / share);
}

/** What is used up first at the rate of the last hour; null when nothing is before it starts anew, or all of it is used up already. */
export function soonest(lines: readonly ForecastLine[]): { what: string; at: number } | null {
  const ends = lines.flatMap(({ what, left_nanos, ends_at_hours_rate: at }) => (at === null || left_nanos <= 0 ? [] : [{ what, at }]));
  return ends.sort((a, b) => a.at - b.at)[0] ?? null;
}
