// Why a request went where it went, in one sentence; and what happened on its way.

import type { RequestDetailsReply } from "./api/types.ts";
import { duration } from "./format.ts";
import { shortName } from "./roles.ts";

interface Attempt {
  target: string;
  outcome: string;
  status?: number;
  at_ms?: number;
  cost_nanos?: number;
}

/** JSON of the ledger; null when there is none, or it is no JSON. */
export function json(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** One sentence: who asked for what, what decided, who answered. */
export function sentence(details: RequestDetailsReply): string {
  const { row } = details;
  const served = row.served_model ?? row.target;
  const asked = `“${row.requested_model}” was asked for`;
  const went = served ? `; ${shortName(served)} ${row.status === "ok" ? "answered" : "was asked"}` : "";
  const tried = attempts(details).length;
  const retried = tried > 1 ? `, after ${tried - 1} ${tried === 2 ? "attempt" : "attempts"} that failed` : "";
  return `${asked}, and ${reason(json(details.decision))}${went}${retried}.`;
}

function reason(decision: unknown): string {
  if (typeof decision !== "object" || decision === null) return "what decided is not known";
  const told = decision as { by?: string; rule?: string; map?: string; name?: string; of?: number };
  switch (told.by) {
    case "rule":
      return `the rule ${told.rule} decided`;
    case "map":
      return `the map ${told.map} decided`;
    case "slug":
      return "the name is a slug of OpenRouter";
    case "short_name":
      return `${told.name} is a short name`;
    case "replay":
      return `it is a replay of request ${told.of}`;
    case "default":
      return "no map fits, so the default decided";
    default:
      return "what decided is not known";
  }
}

/** Every try of a target. */
export function attempts(details: RequestDetailsReply): Attempt[] {
  const found = json(details.attempts);
  return Array.isArray(found) ? (found as Attempt[]) : [];
}

/** A try in words. */
export function attemptWords(attempt: Attempt): string {
  const when = attempt.at_ms === undefined ? "" : ` after ${duration(attempt.at_ms)}`;
  const status = attempt.status === undefined ? "" : ` (${attempt.status})`;
  return `${shortName(attempt.target)}: ${attempt.outcome.replaceAll("_", " ")}${status}${when}`;
}

/** A JSON list of words, as the ledger keeps dropped parameters and repairs. */
export function words(text: string | null): string[] {
  const found = json(text);
  if (!Array.isArray(found)) return [];
  return found.map((item) => (typeof item === "string" ? item : JSON.stringify(item)));
}
