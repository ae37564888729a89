// Edits of the configuration, each with the revision it was made for, and each with its undo.

import { call, Refused } from "../api/client.ts";
import { Ask } from "./ask.svelte.ts";
import { toasts, wordsOf } from "./toasts.svelte.ts";

/** What is wrong with an edit: in words, and of which field where it is one. */
export interface Trouble {
  text: string;
  field: string | null;
}

/** Maps, rules and roles, and their edits. */
export class Routes extends Ask<"route.list"> {
  trouble = $state.raw<Trouble | null>(null);

  constructor() {
    super("route.list");
  }

  /** Makes one change; null when it is made. A change by somebody else in the meantime is told, and nothing is lost. */
  async edit(done: string, change: (revision: string) => Promise<{ revision: string }>): Promise<Trouble | null> {
    try {
      // A form may be filled in before the list is there: without its revision the change would pass for one against somebody else's.
      const { revision } = await change((this.reply ?? (await this.ask({})))?.revision ?? "");
      this.trouble = null;
      await this.ask({});
      toasts.done(done, async () => {
        await call("config.undo", { revision });
        await this.ask({});
      });
      return null;
    } catch (error) {
      await this.ask({});
      return { text: wordsOf(error), field: error instanceof Refused ? error.field : null };
    }
  }

  /** The same for what has no form: the trouble stands above the lists. */
  async act(done: string, change: (revision: string) => Promise<{ revision: string }>): Promise<boolean> {
    this.trouble = await this.edit(done, change);
    return this.trouble === null;
  }
}
