// Why a request went where it went, in one sentence; and what happened on its way.

import type { RequestDetailsReply } from "./api/types.ts";
import { duration, money } from "./format.ts";
import { shortName } from "./roles.ts";

interface Attempt {
  target: string;
  outcome: string;
  status?: number;
  at_ms?: number;
  cost_nanos?: number;
  waited_ms?: number;
  why?: string;
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
  const went = served ? `; ${shortName(served)} ${row.status === "ok" ? "answered" : row.status === "open" ? "is being asked" : "was asked"}` : "";
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
  const waited = attempt.waited_ms ? `, waited for ${duration(attempt.waited_ms)} first` : "";
  const cost = attempt.cost_nanos ? `, ${money(attempt.cost_nanos)}` : "";
  const why = attempt.why ? `: ${attempt.why}` : "";
  return `${shortName(attempt.target)}: ${attempt.outcome.replaceAll("_", " ")}${status}${when}${waited}${cost}${why}`;
}

/** Targets that could not take the request, each with its reason. */
export function passed(details: RequestDetailsReply): string[] {
  const decision = json(details.decision) as { passed?: Record<string, string>[] } | null;
  return (decision?.passed ?? []).map((one) => Object.values(one).map((word) => word.replaceAll("_", " ")).join(": "));
}

/** The rule that would have decided, were the request no safety check. */
export function overridden(details: RequestDetailsReply): string | null {
  return (json(details.decision) as { overridden?: string } | null)?.overridden ?? null;
}

/** A JSON list of words, as the ledger keeps dropped parameters and repairs. */
export function words(text: string | null): string[] {
  const found = json(text);
  if (!Array.isArray(found)) return [];
  return found.map((item) => (typeof item === "string" ? item : JSON.stringify(item)));
}
