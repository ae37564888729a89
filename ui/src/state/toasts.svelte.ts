// What was just done, with its undo. One at a time: the last change is the one to take back.

import { t } from "../messages.ts";

interface Toast {
  text: string;
  isBad: boolean;
  undo: (() => Promise<unknown>) | null;
}

/** How long an offer to undo stays, in milliseconds. */
const STAYS = 12_000;

class Toasts {
  now = $state<Toast | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Says what was done, and offers to take it back. */
  done(text: string, undo: (() => Promise<unknown>) | null = null): void {
    this.#show({ text, isBad: false, undo });
  }

  failed(error: unknown): void {
    this.#show({ text: wordsOf(error), isBad: true, undo: null });
  }

  async undo(): Promise<void> {
    const undo = this.now?.undo;
    this.clear();
    if (!undo) return;
    try {
      await undo();
      this.done(t.undone);
    } catch (error) {
      this.failed(error);
    }
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.now = null;
  }

  #show(toast: Toast): void {
    clearTimeout(this.#timer);
    this.now = toast;
    this.#timer = setTimeout(() => (this.now = null), STAYS);
  }
}

/** An error in words for people. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export const toasts = new Toasts();
