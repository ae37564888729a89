// One question to the service, its answer, and its failure; the latest question wins, for all who asked.

import { call, type Reply, type Request } from "../api/client.ts";
import type { Commands } from "../api/types.ts";
import { wordsOf } from "./toasts.svelte.ts";

interface Going<T> {
  about: string;
  control: AbortController;
  answer: Promise<T | null>;
}

export class Ask<Name extends keyof Commands> {
  reply = $state.raw<Reply<Name> | null>(null);
  error = $state<string | null>(null);
  isBusy = $state(false);
  #going: Going<Reply<Name>> | null = null;
  #current: AbortController | null = null;
  /** The same question once more, behind the one that is on its way. */
  #next: Promise<Reply<Name> | null> | null = null;
  #latest: Promise<Reply<Name> | null> = Promise.resolve(null);

  constructor(readonly name: Name) {}

  /**
   * Asks. What was there before stays until the answer is there. Whoever is overtaken by a later question waits for that one's
   * answer: after an `await` the reply is never older than the question. The same question while it is on its way waits behind
   * it, so that events in quick succession do not keep each other from ever being answered. Null after a failure.
   */
  ask(request: Request<Name>): Promise<Reply<Name> | null> {
    const about = JSON.stringify(request);
    const going = this.#going;
    if (going?.about === about) {
      this.#next ??= going.answer.then(() => (this.#going === null && !going.control.signal.aborted ? this.#begin(request, about) : this.#latest));
      return this.#next;
    }
    going?.control.abort();
    return this.#begin(request, about);
  }

  #begin(request: Request<Name>, about: string): Promise<Reply<Name> | null> {
    this.#next = null;
    const control = new AbortController();
    this.#current = control;
    const answer = this.#answer(request, control);
    this.#going = { about, control, answer };
    this.isBusy = true;
    this.#latest = answer;
    return answer;
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
      if (this.#going?.control === mine) {
        this.#going = null;
        this.isBusy = this.#next !== null;
      }
    }
  }

  /** The answer to the question that overtook this one, if one did. */
  async #later(mine: AbortController): Promise<Reply<Name> | null> {
    return this.#current === mine ? null : this.#latest;
  }

  /** Gives the question up, and the one behind it. */
  cancel(): void {
    this.#going?.control.abort();
    this.#going = null;
    this.#next = null;
    this.isBusy = false;
  }
}
