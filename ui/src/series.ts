// What a stacked chart draws: five names with a colour each that stays theirs, and the rest as one.

import { clock, isAbout, moment } from "./format.ts";
import { t } from "./messages.ts";

const HOUR = 3_600_000;

/** How many have a colour of their own. */
export const MOST = 5;
/** The key of all others together. */
export const OTHER = "";

/** Colours given to names, kept from visit to visit. */
export type Slots = Record<string, number>;

/** The names that are drawn apart: the dearest, at most five. */
export function drawn(sums: readonly { key: string | null; cost_nanos: number }[]): string[] {
  const told = sums.filter((sum) => sum.key !== null && sum.key !== "" && sum.cost_nanos > 0);
  return told.slice(0, MOST).map((sum) => sum.key as string);
}

/** Gives each name a slot from 0; a name keeps the one it has, unless another drawn name has the same. */
export function assign(names: readonly string[], kept: Slots): Slots {
  const slots: Slots = {};
  const isTaken = (slot: number) => Object.values(slots).includes(slot);
  for (const name of names) {
    const slot = kept[name];
    if (slot !== undefined && slot >= 0 && slot < MOST && !isTaken(slot)) slots[name] = slot;
  }
  for (const name of names) {
    if (slots[name] !== undefined) continue;
    // One that no name of an earlier visit has is best: then that one comes back in its own colour.
    const free = [...Array(MOST).keys()].filter((slot) => !isTaken(slot));
    const fresh = free.find((slot) => !Object.values(kept).includes(slot)) ?? free[0];
    if (fresh !== undefined) slots[name] = fresh;
  }
  return slots;
}

/** More steps than this are not drawn one by one. */
const MOST_STEPS = 1_000;

/**
 * All steps of time from the first to the last key, so that a time without requests is a gap and no zero. Of a very long time only those
 * that have requests: none of them is left out.
 */
export function steps(keys: readonly string[], unit: string): string[] {
  const sorted = unit === "hour" ? [...keys].sort((a, b) => Date.parse(a) - Date.parse(b)) : [...keys].sort();
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return sorted;
  if (unit === "hour") return hours(sorted);
  const all: string[] = [];
  for (let at = first; at <= last; at = after(at, unit)) {
    if (all.length === MOST_STEPS) return sorted;
    all.push(at);
  }
  return all;
}

/** Hours are instants with the zone's distance to UTC, which may change among them. */
function hours(sorted: readonly string[]): string[] {
  const all: string[] = [];
  for (const key of sorted) {
    const before = all.at(-1);
    const missing = before === undefined ? 0 : Math.round((Date.parse(key) - Date.parse(before)) / HOUR) - 1;
    if (all.length + missing > MOST_STEPS) return [...sorted];
    for (let n = 1; n <= missing && before !== undefined; n++) all.push(later(before, n));
    all.push(key);
  }
  return all;
}

/** The hour so many hours later, as the clock of that zone shows it: `2026-11-21T17:00+01:00`. */
function later(key: string, hours: number): string {
  const wall = Date.parse(`${key.slice(0, 16)}Z`) + hours * HOUR;
  return `${new Date(wall).toISOString().slice(0, 16)}${key.slice(16)}`;
}

function after(key: string, unit: string): string {
  const [year = 0, month = 1, day = 1] = key.split("-").map(Number);
  const next =
    unit === "month" ? new Date(Date.UTC(year, month, 1)) : new Date(Date.UTC(year, month - 1, day + (unit === "week" ? 7 : 1)));
  return next.toISOString().slice(0, unit === "month" ? 7 : 10);
}

/** The stack of one step, from the bottom: each name's part, then the rest. */
export function stack(total: number, parts: ReadonlyMap<string, number>, names: readonly string[]): { name: string; from: number; to: number }[] {
  let from = 0;
  const layers: { name: string; from: number; to: number }[] = [];
  for (const name of names) {
    const value = parts.get(name) ?? 0;
    if (value <= 0) continue;
    layers.push({ name, from, to: from + value });
    from += value;
  }
  if (total > from) layers.push({ name: OTHER, from, to: total });
  return layers;
}

/** Whether these are hours of more than one day. */
export const isLong = (keys: readonly string[], unit: string): boolean => unit === "hour" && keys[0]?.slice(0, 10) !== keys.at(-1)?.slice(0, 10);

/** Names steps where there is room: hours of several days with their day, and a first step of which only a part is told. */
export function namer(keys: readonly string[], unit: string, begin: number | null): (key: string) => string {
  const withDay = isLong(keys, unit);
  const partial = begin !== null && unit !== "hour" && isPartial(keys[0], unit, begin) ? keys[0] : null;
  return (key) => {
    const name = withDay ? `${stepName(key.slice(0, 10), "day")}, ${stepName(key, unit)}` : stepName(key, unit);
    return key === partial && begin !== null ? t.spend.from(name, unit === "day" ? clock(begin) : moment(begin)) : name;
  };
}

/** Whether what is told begins within this step and not with it. */
export function isPartial(key: string | undefined, unit: string, begin: number | null): boolean {
  if (key === undefined || begin === null || unit === "hour") return false;
  const day = unit === "month" ? `${key}-01` : key;
  const next = unit === "month" ? `${after(key, unit)}-01` : after(key, unit);
  return Date.parse(`${day}T00:00:00`) < begin && begin < Date.parse(`${next}T00:00:00`);
}

/** A key of time as people read it under a chart. */
export function stepName(key: string, unit: string): string {
  const date = new Date(unit === "month" ? `${key}-01T00:00:00` : unit === "hour" ? key : `${key}T00:00:00`);
  if (Number.isNaN(date.getTime())) return key;
  if (unit === "hour") return `${key.slice(11, 16)}`;
  if (unit === "month") return date.toLocaleDateString("en-GB", { month: "short", year: "numeric" });
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
}

/** How many requests are not billed yet, and what was estimated for good. */
interface Estimates {
  estimates: number;
  estimated_nanos: number;
}

/** The names of one step whose sum holds an estimate: by its own sums, and for the rest by what they leave of the step's. */
export function estimated(all: Estimates | undefined, parts: ReadonlyMap<string, Estimates | undefined>): Set<string> {
  const told = [...parts].filter(([, part]) => part && isAbout(part)).map(([name]) => name);
  const sum = (of: keyof Estimates) => [...parts.values()].reduce((sum, part) => sum + (part?.[of] ?? 0), 0);
  const isRest = (of: keyof Estimates) => (all?.[of] ?? 0) > sum(of);
  return new Set(isRest("estimates") || isRest("estimated_nanos") ? [...told, OTHER] : told);
}

/** Places of labels that do not overlap: as near as can be to where they belong, from `top` to `bottom`. */
export function apart(places: readonly number[], gap: number, top: number, bottom: number): number[] {
  const order = places.map((place, n) => ({ place, n })).sort((a, b) => a.place - b.place);
  let last = top - gap;
  for (const label of order) last = label.place = Math.max(label.place, last + gap);
  let next = bottom + gap;
  for (const label of order.reverse()) next = label.place = Math.min(label.place, next - gap);
  const result = [...places];
  for (const { place, n } of order) result[n] = place;
  return result;
}
