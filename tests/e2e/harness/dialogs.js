// The dialogs that Claude Code shows to a person, and what a person answers.

import { setTimeout } from "node:timers/promises";

import { KEY } from "./terminal.js";

const FIRST_START = [
  { name: "theme", shows: /Choose the text style/, key: KEY.enter },
  { name: "security notes", shows: /Press Enter to continue/, key: KEY.enter },
  { name: "trust: no is chosen", shows: /❯ No, exit/, key: KEY.down },
  { name: "trust: yes is chosen", shows: /❯ Yes, I trust this folder/, key: KEY.enter },
];

const DURING_WORK = [
  // Auto mode asked the gateway for its own safety check, the gateway said it has none, and the client makes one itself.
  { name: "auto mode's own check", shows: /isn't eligible because your requests go through/, key: KEY.enter },
];

const READY = /^❯\s*$/m;

/** Answers what a first start asks, until the prompt is there. Returns the names of the dialogs met. */
export const answerFirstStart = (terminal) =>
  answerUntil(terminal, FIRST_START, (screen) => READY.test(screen), { what: "the prompt" });

/** Answers what comes up while the model works, until `text` is on the screen. Returns the names of the dialogs met. */
export const answerUntilSaid = (terminal, text, { ms }) =>
  answerUntil(terminal, DURING_WORK, (screen) => screen.includes(text), { what: `"${text}"`, ms });

async function answerUntil(terminal, dialogs, isDone, { what, ms }) {
  const met = new Set(); // the client may paint a dialog again before it takes the answer
  for (;;) {
    const seen = await terminal.until(
      (screen) => dialogs.find(({ shows }) => shows.test(screen)) ?? (isDone(screen) && "done"),
      { what: `${what}, or a dialog`, ms },
    );
    if (seen === "done") return [...met];
    met.add(seen.name);
    await press(terminal, seen.key, (screen) => !seen.shows.test(screen));
  }
}

/** Types a line, sees it in the prompt, and sends it. */
export async function say(terminal, line) {
  const isTyped = await write(terminal, line);
  await press(terminal, KEY.enter, (screen) => !isTyped(screen));
}

/** Types a line until it stands in the prompt: what is typed while the client paints something may be lost. Gives whether it stands there. */
async function write(terminal, line) {
  const last = line.split(" ").at(-1);
  const isTyped = (screen) => screen.slice(screen.lastIndexOf("❯")).includes(last);
  for (let left = 5; ; left -= 1) {
    terminal.type(line);
    try {
      await terminal.until(isTyped, { what: `"${last}" in the prompt`, ms: 10_000 });
      return isTyped;
    } catch (late) {
      if (left === 0) throw late;
      terminal.type(KEY.clear);
    }
  }
}

/** Leaves the client, and gives its exit code. What is typed while it paints the end of something may be lost: then once more. */
export async function leave(terminal) {
  const gone = terminal.ended.then((code) => ({ code }));
  await write(terminal, "/exit");
  terminal.type(KEY.enter);
  for (let left = 5; left > 0; left -= 1) {
    const giveUp = new AbortController();
    const late = setTimeout(10_000, null, { signal: giveUp.signal }).catch(() => null);
    const end = await Promise.race([gone, late]);
    giveUp.abort();
    if (end) return end.code;
    terminal.type(left % 2 ? KEY.enter : "/exit");
  }
  throw new Error(`the client does not leave; its screen:\n${terminal.screen()}`);
}

/** Presses a key until the screen shows that it was taken: a dialog just painted may not be listening yet. */
export async function press(terminal, key, taken) {
  for (let left = 5; ; left -= 1) {
    terminal.type(key);
    try {
      // Pressed again too early, it would answer the dialog that comes next.
      return await terminal.until(taken, { what: "a key to be taken", ms: 10_000 });
    } catch (late) {
      if (left === 0) throw late;
    }
  }
}
