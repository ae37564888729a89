// What happens in the service, as it happens: one stream, taken up again where it broke off.

import { expire, headers, listeners } from "./client.ts";
import { FrameReader } from "./frames.ts";
import type { Event } from "./types.ts";

/** Waits between attempts, in milliseconds: soon at first, never longer than the last. */
const WAITS = [250, 500, 1_000, 2_000, 4_000];
/** The service shows every 15 seconds that it lives. */
const SILENCE = 40_000;

export interface Listener {
  /** Something happened. */
  event(event: Event): void;
  /** The stream is there (again), or something was missed: ask for everything anew. */
  refresh(): void;
}

/** Listens until `signal` says stop. */
export async function listen(listener: Listener, signal: AbortSignal): Promise<void> {
  let last: string | null = null;
  for (let failures = 0; !signal.aborted; ) {
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    signal.addEventListener("abort", stop);
    try {
      const more: Record<string, string> = last === null ? {} : { "last-event-id": last };
      const answer = await fetch("/events", { headers: { ...headers(), ...more }, signal: attempt.signal });
      if (answer.status === 401) return expire();
      if (!answer.ok || !answer.body) throw new Error(`events: ${answer.status}`);
      failures = 0;
      listeners.reached(true);
      listener.refresh();
      for await (const frame of frames(answer.body, attempt)) {
        if (frame.id !== null) last = frame.id;
        if (frame.event === "lagged") listener.refresh();
        else listener.event(JSON.parse(frame.data) as Event);
      }
    } catch {
      // Broken off, refused, silent: all the same, it is tried again.
    } finally {
      signal.removeEventListener("abort", stop);
      attempt.abort();
    }
    if (signal.aborted) return;
    listeners.reached(false);
    await pause(WAITS[Math.min(failures, WAITS.length - 1)] ?? SILENCE, signal);
    failures += 1;
  }
}

async function* frames(body: ReadableStream<Uint8Array>, attempt: AbortController) {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  const framing = new FrameReader();
  for (;;) {
    const silence = setTimeout(() => attempt.abort(), SILENCE);
    try {
      const { done, value } = await reader.read();
      if (done) return;
      yield* framing.push(value);
    } finally {
      clearTimeout(silence);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
