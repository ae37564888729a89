import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { call } from "../src/api/client.ts";
import { toasts } from "../src/state/toasts.svelte.ts";

describe("an offer to undo, while another change is made", () => {
  let answer: (isMade: boolean) => void = () => undefined;
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("sessionStorage", { getItem: () => null });
    vi.stubGlobal("fetch", () => new Promise((told) => (answer = (isMade) => told(isMade ? Response.json({}) : Response.json({ code: "invalid", message: "no" }, { status: 400 })))));
  });
  afterEach(() => {
    toasts.clear();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const begin = () => call("config.undo", { revision: "r" }).catch(() => null);

  test("is gone, and stays gone once that one is made", async () => {
    const undo = vi.fn(() => Promise.resolve());
    toasts.done("first", undo);
    const change = begin();
    expect(toasts.now).toBe(null);
    await toasts.undo();
    expect(undo).not.toHaveBeenCalled();
    answer(true);
    await change;
    expect(toasts.now).toBe(null);
    toasts.done("second", undo);
    expect(toasts.now?.text).toBe("second");
  });

  test("comes back when that one was refused, however long it took, and goes in its time then, unless something else was told", async () => {
    toasts.done("first", () => Promise.resolve());
    let change = begin();
    answer(false);
    await change;
    expect(toasts.now?.text).toBe("first");
    change = begin();
    vi.advanceTimersByTime(60_000);
    answer(false);
    await change;
    expect(toasts.now?.text).toBe("first");
    vi.advanceTimersByTime(60_000);
    expect(toasts.now).toBe(null);
    toasts.done("first", () => Promise.resolve());
    change = begin();
    toasts.failed(new Error("told"));
    answer(false);
    await change;
    expect(toasts.now?.text).toBe("told");
  });

  test("stays while a question is asked", async () => {
    toasts.done("first", () => Promise.resolve());
    const question = call("status", {});
    expect(toasts.now?.text).toBe("first");
    answer(true);
    await question;
  });

  test("stays while somebody points at it, and goes in its time then", () => {
    toasts.done("first", () => Promise.resolve());
    toasts.stay();
    vi.advanceTimersByTime(600_000);
    expect(toasts.now?.text).toBe("first");
    toasts.go();
    vi.advanceTimersByTime(600_000);
    expect(toasts.now).toBe(null);
  });
});
