// Where in the page one is: `#/spend?by=model`. Back and forward work as everywhere.

export const VIEWS = ["overview", "models", "spend", "activity", "limits", "setup"] as const;
export type View = (typeof VIEWS)[number];

export interface Route {
  view: View;
  query: Record<string, string>;
}

/** What an address's fragment says. */
export function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const view = VIEWS.find((name) => name === path) ?? "overview";
  return { view, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** The fragment that says it; empty values are left out. */
export function address(view: View, query: Record<string, string> = {}): string {
  const told = Object.entries(query).filter(([, value]) => value !== "");
  const text = new URLSearchParams(told).toString();
  return `#/${view}${text ? `?${text}` : ""}`;
}

class Router {
  now = $state<Route>(parse(""));

  /** Follows the address bar from here on. */
  start(): void {
    this.now = parse(location.hash);
    window.addEventListener("hashchange", () => (this.now = parse(location.hash)));
  }

  /** Changes what the view shows, without a new entry in the history. */
  set(query: Record<string, string>): void {
    const next = { ...this.now.query, ...query };
    history.replaceState(null, "", address(this.now.view, next));
    this.now = { view: this.now.view, query: Object.fromEntries(Object.entries(next).filter(([, value]) => value !== "")) };
  }
}

export const router = new Router();
