// Commands that change something for good. While one is on its way, what was done before it cannot be taken back: its way back
// may be gone by then.

import type { Commands } from "./types.ts";

const NAMES: readonly (keyof Commands)[] = [
  "at_login.set",
  "budget.raise",
  "budget.set",
  "capture.forget",
  "capture.undo",
  "claude.apply",
  "claude.undo",
  "client.revoke",
  "config.set",
  "config.undo",
  "import.apply",
  "key.clear",
  "key.set",
  "key.undo",
  "log.level",
  "preset.use",
  "route.move",
  "route.remove",
  "route.save",
  "shell.install",
  "shell.remove",
];

const CHANGES: ReadonlySet<string> = new Set(NAMES);

/** Whether that command changes something. */
export const isChange = (name: keyof Commands): boolean => CHANGES.has(name);
