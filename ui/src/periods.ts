// The stretches of time that spend is shown for, and the ones before them to compare with.

/** What the service is asked: `since` and `until` in its own words. */
export interface Stretch {
  since: string | null;
  until: string | null;
}

export interface Period extends Stretch {
  /** How it is cut. */
  unit: "hour" | "day" | "week" | "month";
  /** The stretch before it, as far as it has come; null where there is none. */
  before: Stretch | null;
  /** When it begins, in Unix milliseconds, where that is in the middle of a day. */
  begin: number | null;
}

const DAY = 86_400_000;

export function period(name: string, now: Date): Period {
  const instant = (at: number) => new Date(at).toISOString();
  switch (name) {
    case "today":
      return { since: "today", until: null, unit: "hour", before: { since: "yesterday", until: instant(now.getTime() - DAY) }, begin: null };
    case "30d":
      return { since: "30d", until: null, unit: "day", before: { since: "60d", until: "30d" }, begin: now.getTime() - 30 * DAY };
    case "this-month": {
      const first = new Date(now.getFullYear(), now.getMonth() - 1, 1);
      const same = first.getTime() + (now.getTime() - new Date(now.getFullYear(), now.getMonth(), 1).getTime());
      return { since: "this-month", until: null, unit: "day", before: { since: instant(first.getTime()), until: instant(same) }, begin: null };
    }
    case "all":
      return { since: null, until: null, unit: "month", before: null, begin: null };
    default:
      return { since: "7d", until: null, unit: "day", before: { since: "14d", until: "7d" }, begin: now.getTime() - 7 * DAY };
  }
}
