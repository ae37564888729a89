// Texts of the view Limits.

import { plural } from "./plural.ts";

export const limits = {
  budgets: "Budgets",
  periods: { daily: "Today", weekly: "This week", monthly: "This month" } as Record<string, string>,
  of: (cap: string) => `of ${cap}`,
  resets: (when: string) => `until ${when}`,
  warns: "warns",
  stops: "stops",
  warn: "Warn only",
  stop: "Stop requests",
  atCap: "At the limit",
  noCap: "no limit",
  change: "Change",
  changeOf: (name: string) => `Change the limit: ${name}`,
  amount: "Dollars; empty for no limit",
  badAmount: "Write an amount of dollars such as 5 or 12.50, or leave it empty.",
  saved: "The limit was changed.",
  refused: (count: number) => `${plural(count, "request was", "requests were")} refused at a limit since the service started.`,
  leftOut: "Models left out for now",
  noneLeftOut: "None: every model is asked.",
  free: (time: string) => `free in ${time}`,
  notices: "Notices",
  noNotices: "Nothing to tell.",
};
