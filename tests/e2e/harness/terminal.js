// A program in a terminal, seen as a person sees it: keys go in, a screen of text comes out.

import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import headless from "@xterm/headless";

import { within } from "./deadline.js";

const BRIDGE = path.join(import.meta.dirname, "pseudo_terminal.py");

/** Keys that have no letter. */
export const KEY = { enter: "\r", escape: "\x1b", down: "\x1b[B", interrupt: "\x03", clear: "\x15" };

export class Terminal {
  #bridge;
  #emulator;
  #watchers = new Set();

  /** Starts `program` in a terminal of its own; `env` is its whole environment. */
  constructor(program, args, { env, cwd, columns = 120, rows = 40 }) {
    this.#emulator = new headless.Terminal({ cols: columns, rows, scrollback: 2000, allowProposedApi: true });
    const argv = [BRIDGE, String(columns), String(rows), program, ...args];
    this.#bridge = spawn("python3", argv, { env, cwd, stdio: ["pipe", "pipe", "inherit"] });
    // The program asks its terminal questions (where is the cursor, which colours); the emulator answers them.
    this.#emulator.onData((answer) => this.type(answer));
    this.#bridge.stdin.on("error", () => {}); // typed after it ended: nobody reads it
    this.#bridge.stdout.on("data", (shown) => this.#emulator.write(shown, () => this.#look()));
    this.ended = once(this.#bridge, "exit").then(([code]) => code);
  }

  /** Types text or a {@link KEY}. */
  type(keys) {
    if (this.#bridge.exitCode === null) this.#bridge.stdin.write(keys);
  }

  /** What stands on the screen and above it, without trailing blanks. */
  text() {
    const buffer = this.#emulator.buffer.active;
    const lines = Array.from({ length: buffer.length }, (_, y) => buffer.getLine(y)?.translateToString(true) ?? "");
    return lines.join("\n").trimEnd();
  }

  /** The visible part only. */
  screen() {
    return this.text().split("\n").slice(-this.#emulator.rows).join("\n");
  }

  /** Waits until `pick(screen)` gives something, and returns it. */
  async until(pick, { what, ms = 60_000 }) {
    let watcher;
    const seen = new Promise((resolve) => {
      watcher = () => {
        const found = pick(this.screen());
        if (found) resolve(found);
      };
      this.#watchers.add(watcher);
      watcher();
    });
    try {
      return await within(seen, ms, () => `${what}; on the screen stands:\n${this.text()}`);
    } finally {
      this.#watchers.delete(watcher);
    }
  }

  /** Hangs up, as closing the window does. */
  async close() {
    this.#bridge.stdin.end();
    await this.ended;
    this.#emulator.dispose();
  }

  #look() {
    for (const watcher of [...this.#watchers]) watcher();
  }
}
