import { describe, expect, test } from "vitest";

import { sentence } from "../src/api/client.ts";
import { FrameReader } from "../src/api/frames.ts";
import type { ActivityRow, RequestDetailsReply } from "../src/api/types.ts";
import * as decision from "../src/decision.ts";
import * as facts from "../src/facts.ts";
import { ROLES, answers, fits } from "../src/roles.ts";
import { apart, assign, drawn, stack, steps } from "../src/series.ts";
import { address, parse } from "../src/state/route.svelte.ts";
import { csv } from "../src/table-file.ts";

describe("frames of the event stream", () => {
  const stream = ': hello\n\nid: r-1\ndata: {"a":1}\n\nevent: lagged\ndata:\n\nid: r-2\r\ndata: x\r\ndata: y\r\n\r\n';
  const whole = [
    { id: "r-1", event: "message", data: '{"a":1}' },
    { id: null, event: "lagged", data: "" },
    { id: "r-2", event: "message", data: "x\ny" },
  ];

  test("are the same however they are cut", () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const reader = new FrameReader();
      expect([...reader.push(stream.slice(0, cut)), ...reader.push(stream.slice(cut))], `cut at ${cut}`).toEqual(whole);
    }
    const reader = new FrameReader();
    expect([...stream].flatMap((sign) => reader.push(sign))).toEqual(whole);
  });
});

describe("roles", () => {
  test.each([
    ["*opus*", "claude-opus-5", true],
    ["CLAUDE-*", "claude-opus-5", true],
    ["claude-opus", "claude-opus-5", false],
    ["a.c", "abc", false],
    ["*", "anything", true],
  ])("%s and %s", (pattern, name, fit) => expect(fits(pattern, name)).toBe(fit));

  test("the first map that fits answers, else the default", () => {
    const maps = [
      { name: "*opus*", target: "a/b", fallback: [], conformance: null },
      { name: "*", target: "c/d", fallback: [], conformance: null },
    ];
    expect(ROLES.map((role) => answers(role, maps))).toEqual(["a/b", "c/d", "c/d"]);
    expect(ROLES.map((role) => answers(role, []))).toEqual(["openai/gpt-5.6-terra", "openai/gpt-5.6-luna", "openai/gpt-5.6-luna"]);
  });
});

describe("series of a chart", () => {
  test("five are drawn apart, and those that tell nothing never", () => {
    const sums = ["a", null, "b", "c", "d", "e", "f"].map((key, n) => ({ key, cost_nanos: 10 - n }));
    expect(drawn(sums)).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("a model keeps its colour from visit to visit", () => {
    const first = assign(["a", "b", "c"], {});
    const second = assign(["x", "b", "a"], first);
    expect([second["a"], second["b"]]).toEqual([first["a"], first["b"]]);
    expect(new Set(Object.values(second)).size).toBe(3);
    expect(Object.values(first)).not.toContain(second["x"]);
    expect(assign(["a", "b"], { a: 2, b: 2 })["b"]).not.toBe(2);
  });

  test("a day without requests is there as a gap", () => {
    expect(steps(["2026-10-30", "2026-11-02"], "day")).toEqual(["2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02"]);
    expect(steps(["2026-11", "2027-01"], "month")).toEqual(["2026-11", "2026-12", "2027-01"]);
    expect(steps([], "day")).toEqual([]);
  });

  test("layers add up to the total, with the rest on top", () => {
    const layers = stack(10, new Map([["a", 3], ["b", 0], ["c", 4]]), ["a", "b", "c"]);
    expect(layers).toEqual([
      { name: "a", from: 0, to: 3 },
      { name: "c", from: 3, to: 7 },
      { name: "", from: 7, to: 10 },
    ]);
  });

  test("labels do not overlap and stay inside", () => {
    expect(apart([10, 11, 12], 16, 0, 100)).toEqual([10, 26, 42]);
    const low = apart([95, 10, 99], 16, 0, 100);
    expect(low).toEqual([84, 10, 100]);
  });
});

test("an address says what is shown, and is read back", () => {
  const query = { since: "30d", model: "a/b c&d" };
  expect(parse(address("spend", query))).toEqual({ view: "spend", query });
  expect(parse("#/nowhere")).toEqual({ view: "overview", query: {} });
  expect(address("spend", { since: "" })).toBe("#/spend");
  const known = [{ by: "model", is: "a/b" }, { by: "project", is: "" }];
  expect(facts.read(facts.query(known))).toEqual(known);
});

test("a table as CSV survives a spreadsheet", () => {
  const lines = [{ key: 'a,"b"', cost: 1 }, { key: "=HYPERLINK(1)", cost: 2 }];
  expect(csv(lines)).toBe('key,cost\r\n"a,""b""",1\r\n\'=HYPERLINK(1),2\r\n');
  expect(csv([])).toBe("\r\n");
});

test("the service's words become sentences, and addresses stay as they are", () => {
  expect(["there is no key", "Done.", "http://127.0.0.1:1 answers", "/tmp/x is sound", "ok"].map(sentence)).toEqual([
    "There is no key.",
    "Done.",
    "http://127.0.0.1:1 answers.",
    "/tmp/x is sound.",
    "Ok.",
  ]);
});

test("a decision is told in one sentence", () => {
  const row = { requested_model: "claude-opus-5", served_model: "z-ai/glm-5.2", target: null, status: "ok" } as ActivityRow;
  const details = (decision: string | null, attempts: string | null) => ({ row, decision, attempts }) as RequestDetailsReply;
  const tried = '[{"target":"a/b","outcome":"overloaded","status":529,"at_ms":420},{"target":"z-ai/glm-5.2","outcome":"ok"}]';
  expect(decision.sentence(details('{"by":"map","map":"*opus*"}', tried))).toBe(
    "“claude-opus-5” was asked for, and the map *opus* decided; glm-5.2 answered, after 1 attempt that failed.",
  );
  expect(decision.sentence(details("no JSON", null))).toContain("what decided is not known");
  expect(decision.attempts(details(null, tried)).map(decision.attemptWords)).toEqual(["b: overloaded (529) after 420 ms", "glm-5.2: ok"]);
  expect(decision.words('["top_k","seed"]')).toEqual(["top_k", "seed"]);
});
