// What a day will cost if it goes on as it began, and what ends first.

import type { ForecastLine } from "./api/types.ts";

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

/** What is used up first at the rate of the last hour; null when nothing is before it starts anew, or all of it is used up already. */
export function soonest(lines: readonly ForecastLine[]): { what: string; at: number } | null {
  const ends = lines.flatMap(({ what, left_nanos, ends_at_hours_rate: at }) => (at === null || left_nanos <= 0 ? [] : [{ what, at }]));
  return ends.sort((a, b) => a.at - b.at)[0] ?? null;
}
