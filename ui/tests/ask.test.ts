import { afterEach, describe, expect, test, vi } from "vitest";

import { Ask } from "../src/state/ask.svelte.ts";

/** Answers wait here until a test gives them, in the order of the questions. */
function service() {
  const open: ((revision: string) => void)[] = [];
  vi.stubGlobal("sessionStorage", { getItem: () => null });
  vi.stubGlobal("fetch", (_: string, { signal }: RequestInit) =>
    new Promise((answer, fail) => {
      signal?.addEventListener("abort", () => fail(signal.reason as Error));
      open.push((revision) => answer(Response.json({ revision, maps: [] })));
    }),
  );
  return open;
}

describe("a question that is asked again before it is answered", () => {
  afterEach(() => vi.unstubAllGlobals());

  test("is answered for all who asked, by the latest answer", async () => {
    const open = service();
    const list = new Ask("map.list");
    const both = [list.ask({}), list.ask({}), list.ask({})];
    open[0]?.("old");
    open[1]?.("old");
    open[2]?.("new");
    expect((await Promise.all(both)).map((reply) => reply?.revision)).toEqual(["new", "new", "new"]);
    expect([list.reply?.revision, list.error, list.isBusy]).toEqual(["new", null, false]);
  });

  test("and that is given up is answered by nothing", async () => {
    service();
    const list = new Ask("map.list");
    const asked = list.ask({});
    list.cancel();
    expect(await asked).toBeNull();
    expect([list.reply, list.error, list.isBusy]).toEqual([null, null, false]);
  });
});
