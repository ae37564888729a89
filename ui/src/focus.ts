// Where the focus goes when what had it is gone.

import { tick } from "svelte";

/** To the button that stands in the place of the removed one now, else to the last, else to the heading of what is empty now. */
export async function refocus(buttons: () => Iterable<HTMLElement> | undefined, at: number, heading: string): Promise<void> {
  await tick();
  // Whoever has gone on is left there.
  if (document.activeElement && document.activeElement !== document.body) return;
  const left = [...(buttons() ?? [])];
  const next = left[at] ?? left.at(-1) ?? document.getElementById(heading);
  if (!next) return;
  // A heading is no stop of the keyboard, but can be gone to.
  if (!next.matches("button, a, input, select")) next.tabIndex = -1;
  next.focus();
}
