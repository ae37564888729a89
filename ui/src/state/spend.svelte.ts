// All questions of the spend view, asked together so that its parts agree.

import { call, type Reply } from "../api/client.ts";
import type { Fact, SpendReport, SpendRow } from "../api/types.ts";
import type { Period } from "../periods.ts";
import { assign, drawn, steps, type Slots } from "../series.ts";
import { wordsOf } from "./toasts.svelte.ts";

const COLOURS = "turnpike-colours";

export interface Shown {
  /** By time: the chart and its table. */
  times: SpendReport;
  /** Each drawn model's own sums by time. */
  parts: Map<string, Map<string, SpendRow>>;
  keys: string[];
  names: string[];
  slots: Slots;
  unit: string;
  /** When all of it begins, in Unix milliseconds, where that is in the middle of a day. */
  begin: number | null;
  /** By the dimension that is split by. */
  split: SpendReport;
  /** The total of the stretch before. */
  before: number | null;
}

export class SpendState {
  shown = $state.raw<Shown | null>(null);
  error = $state<string | null>(null);
  isBusy = $state(false);
  #current: AbortController | null = null;
  #about = "";
  #again: (() => void) | null = null;

  /** Asks. The same once more, while it is on its way, waits behind it: requests that settle in quick succession hold nothing up. */
  load(period: Period, unit: string, by: string, only: Fact[], lines: number): void {
    const about = JSON.stringify([period.since, unit, by, only, lines]);
    const ask = () => void this.#load(period, unit, by, only, lines);
    if (this.#current !== null && about === this.#about) {
      this.#again = ask;
      return;
    }
    this.#about = about;
    this.#again = null;
    ask();
  }

  async #load(period: Period, unit: string, by: string, only: Fact[], lines: number): Promise<void> {
    this.#current?.abort();
    const mine = new AbortController();
    this.#current = mine;
    this.isBusy = true;
    const ask = (more: { by: string; only?: Fact[]; limit?: number; misses?: boolean; since?: string | null; until?: string | null }) =>
      call("spend", { since: period.since, until: period.until, only, misses: false, ...more }, mine.signal);
    try {
      const [times, split, models, before] = await Promise.all([
        ask({ by: unit }),
        ask({ by, limit: lines, misses: true }),
        ask({ by: "model", limit: 12 }),
        period.before ? ask({ by: "month", ...period.before }) : null,
      ]);
      const names = drawn(models.rows);
      const narrowed = only.filter((fact) => fact.by !== "model");
      const each = await Promise.all(names.map((name) => ask({ by: unit, only: [...narrowed, { by: "model", is: name }] })));
      if (mine.signal.aborted) return;
      this.shown = {
        times,
        parts: new Map(names.map((name, n) => [name, sums(each[n])])),
        keys: steps(times.rows.map((row) => row.key ?? ""), unit),
        names,
        slots: colours(names),
        unit,
        begin: period.begin,
        split,
        before: before?.total.cost_nanos ?? null,
      };
      this.error = null;
    } catch (error) {
      if (!mine.signal.aborted) this.error = wordsOf(error);
    } finally {
      if (this.#current === mine) {
        this.isBusy = false;
        this.#current = null;
        const again = this.#again;
        this.#again = null;
        again?.();
      }
    }
  }
}

function sums(report: Reply<"spend"> | undefined): Map<string, SpendRow> {
  return new Map((report?.rows ?? []).map((row) => [row.key ?? "", row]));
}

/** The colours of these models; those of other visits are kept too. */
function colours(names: string[]): Slots {
  let kept: Slots = {};
  try {
    kept = JSON.parse(localStorage.getItem(COLOURS) ?? "{}") as Slots;
  } catch {
    // Whatever stands there is none of ours.
  }
  const slots = assign(names, kept);
  localStorage.setItem(COLOURS, JSON.stringify({ ...kept, ...slots }));
  return slots;
}
