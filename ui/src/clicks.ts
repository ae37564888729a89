// Double clicks and held keys act once: some people double-click everything, and what was pressed may be gone by the second time.

const CLICKED = "button, a, summary, dialog";

interface Clicked {
  thing: Element | null;
  words: string | null;
}

function clicked(event: MouseEvent): Clicked {
  const thing = event.target instanceof Element ? event.target.closest(CLICKED) : null;
  return { thing, words: thing instanceof HTMLButtonElement ? thing.textContent : null };
}

/** A held key presses a button once: the focus may be on the next row's by the time that the key comes again. */
function held(event: KeyboardEvent): void {
  const isPress = event.key === "Enter" || event.key === " ";
  if (event.repeat && isPress && event.target instanceof HTMLButtonElement) event.preventDefault();
}

/**
 * Takes the second click of a double click away where something else stands there by then: the row that moved up to the place of a removed
 * one, *Start* in the place of *Stop*, the page behind a drawer that has just opened. So it does with a key that is held.
 */
export function once(document: Document): void {
  let first: Clicked = { thing: null, words: null };
  const look = (event: MouseEvent) => {
    const now = clicked(event);
    if (event.detail < 2) first = now;
    else if (now.thing !== null && (now.thing !== first.thing || now.words !== first.words)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  };
  document.addEventListener("click", look, { capture: true });
  document.addEventListener("keydown", held, { capture: true });
}
