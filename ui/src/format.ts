// Figures as people read them.

const NANOS = 1_000_000_000;

/** `$0.0042` under a cent, else two decimals; `$0` for nothing at all. */
export function money(nanos: number): string {
  if (nanos === 0) return "$0.00";
  const sign = nanos < 0 ? "−" : "";
  const dollars = Math.abs(nanos) / NANOS;
  if (dollars >= 0.01) return `${sign}$${dollars.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  if (dollars < 0.0001) return `${sign}<$0.0001`;
  return `${sign}$${dollars.toFixed(4)}`;
}

/** Sums of which a part may be an estimate, be it of nothing. */
interface Bill {
  cost_nanos: number;
  estimates: number;
  estimated_nanos?: number | undefined;
}

/** Whether a sum is not known exactly. */
export function isAbout(bill: Omit<Bill, "cost_nanos">): boolean {
  return bill.estimates > 0 || (bill.estimated_nanos ?? 0) > 0;
}

/** `~$0.38` for an amount that is not known exactly. */
export function about(nanos: number, isAbout: boolean): string {
  return `${isAbout ? "~" : ""}${money(nanos)}`;
}

/** What sums cost, marked where a part of it is an estimate. */
export function cost(bill: Bill): string {
  return about(bill.cost_nanos, isAbout(bill));
}

/** Round sums beside a chart, `step` apart, with room for few signs: `$0.50`, `$0.015`, `$60k`, `$1.2M`. No two of them are the same. */
export function rounded(nanos: number, step: number): string {
  const dollars = nanos / NANOS;
  const places = step > 0 ? Math.ceil(-Math.log10(step / NANOS) - 1e-9) : 0;
  if (dollars < 1_000) return `$${dollars.toFixed(Math.max(2, places))}`;
  return `$${dollars.toLocaleString("en-US", { notation: "compact", maximumFractionDigits: 1 }).replace("K", "k")}`;
}

/** Dollars for a million tokens: `$2.50`, `$0.05`, `free`. */
export function price(nanos: number | null): string {
  if (nanos === null) return "varies";
  if (nanos === 0) return "free";
  const dollars = nanos / NANOS;
  return `$${dollars.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: dollars < 0.1 ? 4 : 2 })}`;
}

/** `812`, `12.4k`, `3.10M`, `1.20B`. */
export function tokens(count: number): string {
  if (count < 1_000) return String(count);
  if (count < 999_500) return `${(count / 1_000).toFixed(count < 99_950 ? 1 : 0)}k`;
  if (count < 999_500_000) return `${(count / 1_000_000).toFixed(count < 99_950_000 ? 2 : 0)}M`;
  return `${(count / 1_000_000_000).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}B`;
}

/** `640 B`, `12 kB`, `3.4 MB`. */
export function bytes(count: number): string {
  if (count < 1_000) return `${count} B`;
  if (count < 999_500) return `${Math.round(count / 1_000)} kB`;
  return `${(count / 1_000_000).toFixed(count < 9_950_000 ? 1 : 0)} MB`;
}

/** A context window: `200k`, `1M`. */
export function window(count: number | null): string {
  if (count === null) return "–";
  if (count >= 1_000_000) return `${Number((count / 1_000_000).toFixed(1))}M`;
  return `${Math.round(count / 1_000)}k`;
}

/** `340 ms`, `4.2 s`, `3 min 05 s`, `2 h 14 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  const two = (n: number) => String(n).padStart(2, "0");
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  return `${Math.floor(minutes / 1_440)} d ${Math.floor((minutes % 1_440) / 60)} h`;
}

/** How long ago, in words; the exact time is shown on hover. */
export function ago(at: number, now: number): string {
  const seconds = Math.round((now - at) / 1_000);
  if (seconds < 5) return "now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`;
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? "1 day ago" : `${days} days ago`;
}

/** The exact time, in the reader's zone. */
export function exact(at: number): string {
  return new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
}

/** A time of today: `09:38`. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

/** A time of these days: `22 Nov, 00:00`. */
export function moment(at: number): string {
  return new Date(at).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}

/** A time that comes: today's by the clock alone. */
export function soon(at: number, now: number): string {
  return new Date(at).toDateString() === new Date(now).toDateString() ? clock(at) : moment(at);
}

/** The end of a day that the service counts; null where it is midnight for the reader too. */
export function midnight(at: number, now: number): string | null {
  return clock(at) === "00:00" ? null : soon(at, now);
}

/** The last folder of a path, as people call a project. */
export function folder(path: string): string {
  return path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
}

/** `+12 %`, `−40 %`; null where there was nothing to compare with. */
export function change(now: number, before: number): string | null {
  if (before <= 0) return null;
  const percent = Math.round(((now - before) / before) * 100);
  return percent === 0 ? "±0 %" : `${percent > 0 ? "+" : "−"}${Math.abs(percent)} %`;
}
