// One question to the service, its answer, and its failure; the latest question wins, for all who asked.

import { call, type Reply, type Request } from "../api/client.ts";
import type { Commands } from "../api/types.ts";
import { wordsOf } from "./toasts.svelte.ts";

export class Ask<Name extends keyof Commands> {
  reply = $state.raw<Reply<Name> | null>(null);
  error = $state<string | null>(null);
  isBusy = $state(false);
  #current: AbortController | null = null;
  #latest: Promise<Reply<Name> | null> = Promise.resolve(null);

  constructor(readonly name: Name) {}

  /**
   * Asks. What was there before stays until the answer is there. Whoever is overtaken by a later question waits for that one's
   * answer: after an `await` the reply is never older than the question. Null after a failure.
   */
  ask(request: Request<Name>): Promise<Reply<Name> | null> {
    this.#current?.abort();
    const mine = new AbortController();
    this.#current = mine;
    this.isBusy = true;
    this.#latest = this.#answer(request, mine);
    return this.#latest;
  }

  async #answer(request: Request<Name>, mine: AbortController): Promise<Reply<Name> | null> {
    try {
      const reply = await call(this.name, request, mine.signal);
      if (mine.signal.aborted) return await this.#later(mine);
      this.reply = reply;
      this.error = null;
      return reply;
    } catch (error) {
      if (mine.signal.aborted) return await this.#later(mine);
      this.error = wordsOf(error);
      return null;
    } finally {
      if (this.#current === mine) this.isBusy = false;
    }
  }

  /** The answer to the question that overtook this one, if one did. */
  async #later(mine: AbortController): Promise<Reply<Name> | null> {
    return this.#current === mine ? null : this.#latest;
  }

  /** Gives the question up. */
  cancel(): void {
    this.#current?.abort();
    this.isBusy = false;
  }
}
