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
}

const DAY = 86_400_000;

export function period(name: string, now: Date): Period {
  const instant = (at: number) => new Date(at).toISOString();
  switch (name) {
    case "today":
      return { since: "today", until: null, unit: "hour", before: { since: "yesterday", until: instant(now.getTime() - DAY) } };
    case "30d":
      return { since: "30d", until: null, unit: "day", before: { since: "60d", until: "30d" } };
    case "this-month": {
      const first = new Date(now.getFullYear(), now.getMonth() - 1, 1);
      const same = first.getTime() + (now.getTime() - new Date(now.getFullYear(), now.getMonth(), 1).getTime());
      return { since: "this-month", until: null, unit: "day", before: { since: instant(first.getTime()), until: instant(same) } };
    }
    case "all":
      return { since: null, until: null, unit: "month", before: null };
    default:
      return { since: "7d", until: null, unit: "day", before: { since: "14d", until: "7d" } };
  }
}
