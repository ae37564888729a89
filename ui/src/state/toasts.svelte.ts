// What was just done, with its undo. One at a time: the last change is the one to take back.

import { listeners } from "../api/client.ts";
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
  /** An offer that waits until the change that was begun after it has ended. */
  #held: Toast | null = null;

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
    this.#held = null;
    this.now = null;
  }

  /** Takes the offer away while another change is made. It comes back where that change was not made, and nothing else is told. */
  hold(): (isMade: boolean) => void {
    const held = this.now?.undo ? this.now : null;
    if (held === null) return () => undefined;
    clearTimeout(this.#timer);
    this.#held = held;
    this.now = null;
    return (isMade) => {
      if (this.#held !== held) return;
      this.#held = null;
      if (isMade || this.now !== null) return;
      this.now = held;
      this.go();
    };
  }

  /** Stays while somebody points at it or has the focus in it. */
  stay(): void {
    clearTimeout(this.#timer);
  }

  /** Goes in its time again. */
  go(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.clear(), STAYS);
  }

  #show(toast: Toast): void {
    this.#held = null;
    this.now = toast;
    this.go();
  }
}

/** An error in words for people. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export const toasts = new Toasts();
listeners.changing = () => toasts.hold();
