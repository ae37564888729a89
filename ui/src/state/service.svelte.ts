// What is known of the service, kept up to date by its events.

import { call, listeners, type Reply } from "../api/client.ts";
import { listen } from "../api/events.ts";
import { login, onOpened, takeCode, token } from "../api/session.ts";
import type { Event, StatusReply } from "../api/types.ts";
import { wordsOf } from "./toasts.svelte.ts";

/** How often the state is asked for while a request runs, and when all is quiet. Nothing tells that one has begun. */
const BUSY = 1_000;
const QUIET = 3_000;

type Phase = "starting" | "out" | "in";

const PROGRAM = "turnpike-program";
const keptProgram = (): string | null => (typeof localStorage === "undefined" ? null : localStorage.getItem(PROGRAM));

class ServiceState {
  /** How a terminal calls the program for this data folder. */
  readonly program = $derived.by(() => this.status?.program || this.#kept || "turnpike");
  /** As it was called when this browser was let in before: a stranger is told no path. */
  #kept = keptProgram();
  phase = $state<Phase>("starting");
  /** Why the login failed, in words. */
  refused = $state<string | null>(null);
  /** Whether there was a session that ended. */
  isExpired = $state(false);
  isReached = $state(true);
  status = $state.raw<StatusReply | null>(null);
  /** Goes up with each event, so that views know when to ask again. */
  settled = $state(0);
  config = $state(0);
  other = $state(0);
  now = $state(Date.now());
  #stop: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  /** Lets the page in, by the link's code or by the session of this tab. */
  async start(): Promise<void> {
    listeners.expired = () => this.#leave();
    listeners.reached = (isReached) => (this.isReached = isReached);
    setInterval(() => (this.now = Date.now()), 1_000);
    document.addEventListener("visibilitychange", () => !document.hidden && void this.refresh());
    window.addEventListener("hashchange", () => location.pathname === "/login" && location.reload());
    onOpened((code) => void this.#letIn(code));
    const code = takeCode();
    if (code) await this.#letIn(code);
    else if (token() === null) this.phase = "out";
    else this.#enter();
  }

  /** Shows the code. A page that is in already stays as it is, whatever comes of that. */
  async #letIn(code: string): Promise<void> {
    try {
      await login(code);
      this.refused = null;
    } catch (error) {
      if (this.phase !== "in") this.refused = wordsOf(error);
    }
    if (this.phase === "in") return;
    if (token() === null) this.phase = "out";
    else this.#enter();
  }

  /** Asks for the whole state again. */
  refresh(): Promise<void> {
    // What has happened since the question may be missing in its answer: then it is asked once more, behind it.
    if (this.#asking) {
      this.#next ??= this.#asking.then(() => {
        this.#next = null;
        return this.refresh();
      });
      return this.#next;
    }
    if (this.phase !== "in") return Promise.resolve();
    this.#asking = this.#ask();
    return this.#asking;
  }

  async #ask(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.status = await call("status", {});
      localStorage.setItem(PROGRAM, this.status.program);
    } catch {
      // What is shown stays, and the bar above says that nothing answers.
    } finally {
      this.#asking = null;
      const isBusy = (this.status?.live.length ?? 0) > 0;
      if (!document.hidden) this.#timer = setTimeout(() => void this.refresh(), isBusy ? BUSY : QUIET);
    }
  }

  /** Takes over what a command has answered, before the event comes. */
  patch(part: Partial<Reply<"status">>): void {
    if (this.status) this.status = { ...this.status, ...part };
  }

  #enter(): void {
    this.phase = "in";
    this.isExpired = false;
    this.#stop = new AbortController();
    void this.refresh();
    const listener = {
      event: (event: Event) => this.#event(event),
      refresh: () => {
        this.settled += 1;
        this.config += 1;
        this.other += 1;
        void this.refresh();
      },
    };
    void listen(listener, this.#stop.signal);
  }

  #event(event: Event): void {
    if (event.event === "settled" || event.event === "cost_found") this.settled += 1;
    else if (event.event === "config_applied" || event.event === "config_refused") this.config += 1;
    else this.other += 1;
    if (event.event === "state") this.patch({ state: event.state });
    if (event.event === "key") this.patch({ key: event.key });
    if (event.event === "capture") this.patch({ capture: event.capture });
    void this.refresh();
  }

  #leave(): void {
    this.#stop?.abort();
    clearTimeout(this.#timer);
    // Also when it is said twice: an open page stays open, with what was typed in it.
    this.isExpired ||= this.phase === "in";
    this.phase = "out";
  }
}

export const service = new ServiceState();
