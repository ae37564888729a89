// The two halves of a session: the browser keeps the cookie, this tab keeps the token.

const KEY = "turnpike-session";

/** The code behind the `#` of a login link, taken out of the address bar and the history. A view may follow it: `#code/setup`. */
export function takeCode(): string | null {
  if (location.pathname !== "/login") return null;
  const [code = "", ...view] = location.hash.slice(1).split("/");
  history.replaceState(null, "", view.length > 0 ? `/#/${view.join("/")}` : "/");
  return code || null;
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
