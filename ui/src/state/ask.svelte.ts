// One question to the service, its answer, and its failure; the latest question wins.

import { call, type Reply, type Request } from "../api/client.ts";
import type { Commands } from "../api/types.ts";
import { wordsOf } from "./toasts.svelte.ts";

export class Ask<Name extends keyof Commands> {
  reply = $state.raw<Reply<Name> | null>(null);
  error = $state<string | null>(null);
  isBusy = $state(false);
  #current: AbortController | null = null;

  constructor(readonly name: Name) {}

  /** Asks. What was there before stays until the answer is there. */
  async ask(request: Request<Name>): Promise<Reply<Name> | null> {
    this.#current?.abort();
    const mine = new AbortController();
    this.#current = mine;
    this.isBusy = true;
    try {
      const reply = await call(this.name, request, mine.signal);
      if (mine.signal.aborted) return null;
      this.reply = reply;
      this.error = null;
      return reply;
    } catch (error) {
      if (mine.signal.aborted) return null;
      this.error = wordsOf(error);
      return null;
    } finally {
      if (this.#current === mine) this.isBusy = false;
    }
  }

  /** Gives the question up. */
  cancel(): void {
    this.#current?.abort();
    this.isBusy = false;
  }
}
