// Texts of captured bodies and replays.

import { plural } from "./plural.ts";

export const capture = {
  title: "Capture bodies, to look at or to replay",
  what: "Capture",
  spans: { "1": "the next request", "5": "the next 5 requests", "10m": "all, for 10 minutes", "60m": "all, for 60 minutes" } as Record<string, string>,
  start: "Start capturing",
  stop: "Stop capturing",
  why: (minutes: number, size: string) =>
    `Nothing is kept unless you ask for it. Bodies stay in memory alone, without keys and tokens, ${size} at most, and are forgotten after ${minutes} minutes.`,
  kept: (count: number) => `${plural(count, "captured request", "captured requests")}`,
  redacted: (count: number) => `${plural(count, "secret", "secrets")} taken out`,
  forget: "Forget",
  forgetAll: "Forget all",
  forgotten: (count: number) => `${plural(count, "captured request was", "captured requests were")} forgotten. In a minute nothing of it is left.`,
  forgetOne: (id: number) => `Forget request ${id}`,
  bannerAll: "Bodies of all requests are being captured, in memory.",
  bannerNext: (count: number) => `Bodies of the next ${count === 1 ? "request" : plural(count, "request", "requests")} are captured, in memory.`,
  until: (time: string) => `It ends by itself at ${time}.`,
  bodies: "Captured bodies",
  request: "The request",
  cut: "The answer was longer than what is kept of it.",
  tooLong: "The request was too long to be kept.",
  noAnswer: "Nothing was answered.",
  kinds: { thinking: "Thinking", tool_use: "Calls", error: "Error" } as Record<string, string>,
  replay: "Replay on another model",
  replayWhy: "Asks that model the same, without what was taken out. It is billed as a request of its own.",
  model: "Other model",
  needModel: "Write the other model, for example z-ai/glm-5.2.",
  ask: "Replay",
  replaying: "Asking the other model…",
  original: "First answer",
  other: "Replay",
  answerOf: (what: string) => `Words of: ${what}`,
  first: "To replay a request, capture it: choose Capture above the list, then send the request.",
};
