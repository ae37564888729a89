// Commands of the control plane, typed by the list that the service itself is built from.

import { isChange } from "./changes.ts";
import { forget, token } from "./session.ts";
import type { ApiError, Commands, ErrorCode } from "./types.ts";

/** What a command takes: fields that may be null may be left out. */
export type Request<Name extends keyof Commands> = Loose<Commands[Name]["request"]>;
export type Reply<Name extends keyof Commands> = Commands[Name]["reply"];

type Nullable<T> = { [K in keyof T]: null extends T[K] ? K : never }[keyof T];
type Loose<T> = T extends Record<string, never> ? Record<string, never> : Omit<T, Nullable<T>> & Partial<Pick<T, Nullable<T>>>;

/** A command that was not carried out. */
export class Refused extends Error {
  constructor(
    readonly code: ErrorCode | "offline",
    message: string,
    /** The field of the request that is wrong, where it is one. */
    readonly field: string | null = null,
  ) {
    super(message);
  }
}

/** How long a command may take before the page gives it up, in milliseconds: longer than the service itself lets any take. */
const DEADLINE = 190_000;

/** Told when the session is over, and when the service answers or does not. */
export const listeners: { expired: () => void; reached: (isReached: boolean) => void; changing: () => (isMade: boolean) => void } = {
  expired: () => undefined,
  reached: () => undefined,
  /** A change begins; what it gives is told how it has ended. */
  changing: () => () => undefined,
};

/** The headers that both commands and events carry. */
export function headers(): Record<string, string> {
  return { "x-turnpike-session": token() ?? "" };
}

/** Ends what this tab knows of a session that the service does not know any more. */
export function expire(): void {
  forget();
  listeners.expired();
}

/** Carries out one command. `signal` gives it up. */
export async function call<Name extends keyof Commands>(name: Name, request: Request<Name>, signal?: AbortSignal): Promise<Reply<Name>> {
  const ended = isChange(name) ? listeners.changing() : null;
  let isMade = false;
  try {
    const reply = await carry(name, request, signal);
    isMade = true;
    return reply;
  } finally {
    ended?.(isMade);
  }
}

async function carry<Name extends keyof Commands>(name: Name, request: Request<Name>, signal?: AbortSignal): Promise<Reply<Name>> {
  const deadline = AbortSignal.timeout(DEADLINE);
  let answer: Response;
  try {
    answer = await fetch(`/api/${name}`, {
      method: "POST",
      headers: { ...headers(), "content-type": "application/json" },
      body: JSON.stringify(request),
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    listeners.reached(false);
    const late = "The service takes too long to answer. Nothing is lost; try again.";
    const gone = "The service does not answer. Nothing is lost; how to start it stands at the top of this page.";
    throw new Refused("offline", deadline.aborted ? late : gone);
  }
  listeners.reached(true);
  if (answer.ok) return (await answer.json()) as Reply<Name>;
  if (answer.status === 401) {
    expire();
    throw new Refused("unauthorized", "Your session has ended. How to go on stands at the top of this page; what was typed stays.");
  }
  throw await refusal(answer);
}

async function refusal(answer: Response): Promise<Refused> {
  const body = (await answer.json().catch(() => null)) as ApiError | null;
  return new Refused(body?.code ?? "unknown", sentence(body?.message ?? `the service answered ${answer.status}`), body?.field ?? null);
}

/** The service's messages begin small and end without a stop, as they stand in a terminal. */
export function sentence(text: string): string {
  // An address or a path stays as it is.
  const isWord = /^[a-z]+(?:[ ,;(]|: |$)/.test(text);
  const whole = isWord ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?:]$/.test(whole) ? whole : `${whole}.`;
}
