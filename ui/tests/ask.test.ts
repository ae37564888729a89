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
    const list = new Ask("models");
    const all = ["a", "b", "c"].map((search) => list.ask({ search }));
    open[0]?.("old");
    open[1]?.("old");
    open[2]?.("new");
    expect((await Promise.all(all)).map((reply) => (reply as unknown as { revision: string }).revision)).toEqual(["new", "new", "new"]);
    expect([(list.reply as unknown as { revision: string }).revision, list.error, list.isBusy]).toEqual(["new", null, false]);
  });

  test("in the same words waits behind the first, so that events never keep each other from an answer", async () => {
    const open = service();
    const list = new Ask("map.list");
    const [first, second, third] = [list.ask({}), list.ask({}), list.ask({})];
    open[0]?.("1");
    expect((await first)?.revision).toBe("1");
    expect([list.reply?.revision, list.isBusy]).toEqual(["1", true]);
    await vi.waitFor(() => expect(open.length).toBe(2));
    open[1]?.("2");
    expect([(await second)?.revision, (await third)?.revision]).toEqual(["2", "2"]);
    expect([open.length, list.reply?.revision, list.isBusy]).toEqual([2, "2", false]);
  });

  test("is given up with the one that waits behind it", async () => {
    const open = service();
    const list = new Ask("map.list");
    const both = [list.ask({}), list.ask({})];
    list.cancel();
    expect(await Promise.all(both)).toEqual([null, null]);
    const after = list.ask({});
    open[1]?.("after");
    expect([(await after)?.revision, open.length, list.isBusy]).toEqual(["after", 2, false]);
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
