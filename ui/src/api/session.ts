// The two halves of a session: the browser keeps the cookie, this tab keeps the token.

const KEY = "turnpike-session";

/** What the tray hands to a page that is open in its window: the fragment of a new login link, in `detail`. Who takes it prevents its default. */
export const OPENED = "turnpike-open";

/** The two parts of a login link's fragment: the code, and the view that may follow it, as `#code/setup`. */
function parts(fragment: string): { code: string; view: string | null } {
  const [code = "", ...view] = fragment.split("/");
  return { code, view: view.length > 0 ? `#/${view.join("/")}` : null };
}

/** The code behind the `#` of a login link, taken out of the address bar and the history. */
export function takeCode(): string | null {
  if (location.pathname !== "/login") return null;
  const { code, view } = parts(location.hash.slice(1));
  history.replaceState(null, "", `/${view ?? ""}`);
  return code || null;
}

/** Calls `letIn` with each code that the tray hands over, and goes to the view that follows it. */
export function onOpened(letIn: (code: string) => void): void {
  addEventListener(OPENED, (event) => {
    event.preventDefault();
    const { code, view } = parts((event as CustomEvent<string>).detail);
    if (view) location.hash = view;
    letIn(code);
  });
}

export const token = (): string | null => sessionStorage.getItem(KEY);

export const forget = (): void => sessionStorage.removeItem(KEY);

/** Shows the code, and keeps the token. Throws a sentence for people. */
export async function login(code: string): Promise<void> {
  const answer = await fetch("/login", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code }),
  });
  const body = (await answer.json()) as { token?: string; message?: string };
  if (!answer.ok || !body.token) throw new Error(body.message ?? `The service answered ${answer.status}.`);
  sessionStorage.setItem(KEY, body.token);
}
