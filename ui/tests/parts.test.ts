import { describe, expect, test } from "vitest";

import { sentence } from "../src/api/client.ts";
import { FrameReader } from "../src/api/frames.ts";
import type { ActivityRow, Model, RequestDetailsReply } from "../src/api/types.ts";
import * as decision from "../src/decision.ts";
import * as facts from "../src/facts.ts";
import { holds, standing } from "../src/notices.ts";
import * as fields from "../src/route-fields.ts";
import { found } from "../src/search.ts";
import { apart, assign, drawn, estimated, isPartial, namer, stack, steps } from "../src/series.ts";
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

describe("notices", () => {
  const others = Array.from({ length: 10 }, (_, n) => ({ text: `the daily budget of client ${n} is used up` }));
  const limited = "a/b is rate limited until 12:00:00";
  const told = [...others, { text: `${limited}; c/d answers instead` }, { text: limited }];

  test("what holds stands above for as long as it is not shown among what was told", () => {
    expect(standing([limited], [])).toEqual([limited]);
    expect(standing([limited], told.slice(0, 10))).toEqual([limited]);
    expect(standing([limited], told)).toEqual([]);
    expect(standing(["a/b is rate limited"], told)).toEqual(["a/b is rate limited"]);
  });

  test("of what was told twice the newest alone still holds", () => {
    expect(told.map((_, n) => n).filter((n) => holds([limited], told, n))).toEqual([10]);
  });
});

describe("forms of maps and rules", () => {
  const before = [
    { name: "name", json: '"*opus*"' },
    { name: "target", json: '"a/b"' },
    { name: "fallback", json: '["c/d","e/f"]' },
    { name: "params.temperature", json: "0.5" },
    { name: "provider.max_price.image", json: "0.1" },
  ];
  const texts = Object.fromEntries(before.map((value) => [value.name, fields.shown(value.json)]));

  test("what nobody touched goes back as it came, and what the form does not show stays", () => {
    expect(fields.values("map", before, texts)).toEqual(before);
    expect(texts["fallback"]).toBe("c/d, e/f");
  });

  test("what was typed is sent as what it is", () => {
    const changed = { ...texts, fallback: " x/y ,, z/w ", "params.temperature": "", "params.top_k": "many", "provider.zdr": "true", "params.seed": "-7" };
    const told = Object.fromEntries(fields.values("map", before, changed).map((value) => [value.name, value.json]));
    expect(told).toEqual({
      name: '"*opus*"',
      target: '"a/b"',
      fallback: '["x/y","z/w"]',
      "params.top_k": '"many"',
      "params.seed": "-7",
      "provider.zdr": "true",
      "provider.max_price.image": "0.1",
    });
  });

  test("a route is told in few words", () => {
    const rule = { conformance: null, values: [{ name: "when.class", json: '"side_reply"' }, { name: "when.has_image", json: "false" }, { name: "provider.sort", json: '"price"' }] };
    expect([fields.conditions(rule), fields.extras(rule)]).toEqual([["class side_reply", "not has image"], ["sort price"]]);
  });
});

describe("models of the catalogue", () => {
  const model = (slug: string, more: Partial<Model>): Model => ({
    slug,
    name: slug,
    window: null,
    input_nanos_per_million: null,
    output_nanos_per_million: null,
    abilities: [],
    max_output: null,
    is_free: false,
    expires: null,
    conformance: null,
    last_week_nanos: null,
    first_token_ms: null,
    tokens_per_second: null,
    ...more,
  });
  const models = [
    model("a/dear", { output_nanos_per_million: 9, window: 200, abilities: ["tools", "image"], last_week_nanos: 1 }),
    model("b/free", { output_nanos_per_million: 0, window: 900, abilities: ["tools"], is_free: true, first_token_ms: 30 }),
    model("c/unknown", {}),
  ];
  const none = { words: "", isFree: false, abilities: [], sort: "name" } as const;

  test.each([
    ["by name", none, ["a/dear", "b/free", "c/unknown"]],
    ["by words", { ...none, words: "TOOLS dear" }, ["a/dear"]],
    ["free ones", { ...none, isFree: true }, ["b/free"]],
    ["that see", { ...none, abilities: ["image"] }, ["a/dear"]],
    ["the cheapest first, unknown ones last", { ...none, sort: "price" as const }, ["b/free", "a/dear", "c/unknown"]],
    ["the largest window first", { ...none, sort: "window" as const }, ["b/free", "a/dear", "c/unknown"]],
    ["the quickest first", { ...none, sort: "latency" as const }, ["b/free", "a/dear", "c/unknown"]],
    ["the own week's cheapest first", { ...none, sort: "week" as const }, ["a/dear", "b/free", "c/unknown"]],
  ])("%s", (_, wanted, slugs) => expect(found(models, wanted).map((model) => model.slug)).toEqual(slugs));
});

describe("what happened to a request", () => {
  const details = (decision: unknown) => ({ decision: JSON.stringify(decision) }) as RequestDetailsReply;

  test("those passed over are told with their reason, and a rule that a safety check did not follow", () => {
    const told = details({ by: "map", passed: [{ target: "a/b", why: "no_images" }], overridden: "cheap" });
    expect([decision.passed(told), decision.overridden(told)]).toEqual([["a/b: no images"], "cheap"]);
    const plain = details({ by: "slug" });
    expect([decision.passed(plain), decision.overridden(plain)]).toEqual([[], null]);
  });

  test("an attempt tells its waits, its cost and its reason", () => {
    const attempt = { target: "a/b", outcome: "rate_limited", status: 429, at_ms: 900, waited_ms: 2_000, cost_nanos: 10_000_000, why: "Come back later." };
    expect(decision.attemptWords(attempt)).toBe("b: rate limited (429) after 900 ms, waited for 2.0 s first, $0.01: Come back later.");
    expect(decision.attemptWords({ target: "a/b", outcome: "ok" })).toBe("b: ok");
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

  test("an hour without requests is there as a gap, by the clock of its zone", () => {
    expect(steps(["2026-11-01T23:00+05:30", "2026-11-02T01:00+05:30"], "hour")).toEqual(["2026-11-01T23:00+05:30", "2026-11-02T00:00+05:30", "2026-11-02T01:00+05:30"]);
    // The hour that comes twice when summer time ends, and the one that is left out when it begins.
    const autumn = ["2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00", "2026-10-25T03:00+01:00"];
    expect(steps(autumn.toReversed(), "hour")).toEqual(autumn);
    expect(steps(["2026-03-29T01:00+01:00", "2026-03-29T03:00+02:00"], "hour")).toHaveLength(2);
  });

  test("of more steps than can be drawn none with requests is left out", () => {
    expect(steps(["2020-01-01", "2026-01-01", "2026-01-02"], "day")).toEqual(["2020-01-01", "2026-01-01", "2026-01-02"]);
    expect(steps(["2026-01-01T00:00+00:00", "2026-09-01T00:00+00:00"], "hour")).toHaveLength(2);
  });

  test("hours of one day are told by the clock, of several with their day", () => {
    const [first, second] = ["2026-11-01T23:00+01:00", "2026-11-02T00:00+01:00"];
    expect(namer([first], "hour", null)(first)).toBe("23:00");
    expect([first, second].map(namer([first, second], "hour", null))).toEqual(["1 Nov, 23:00", "2 Nov, 00:00"]);
  });

  test("a first step of which only a part is told says so", () => {
    const begin = new Date(2026, 10, 14, 17, 50).getTime();
    expect(["2026-11-14", "2026-11-15"].map(namer(["2026-11-14", "2026-11-15"], "day", begin))).toEqual(["14 Nov, from 17:50", "15 Nov"]);
    expect(["2026-11-09"].map(namer(["2026-11-09"], "week", begin))).toEqual(["9 Nov, from 14 Nov, 17:50"]);
    expect(["2026-11"].map(namer(["2026-11"], "month", begin))).toEqual(["Nov 2026, from 14 Nov, 17:50"]);
    expect([isPartial("2026-11-15", "day", begin), isPartial("2026-11-14", "day", null), isPartial("2026-11-14T17:00+00:00", "hour", begin)]).toEqual([false, false, false]);
  });

  test("layers add up to the total, with the rest on top", () => {
    const layers = stack(10, new Map([["a", 3], ["b", 0], ["c", 4]]), ["a", "b", "c"]);
    expect(layers).toEqual([
      { name: "a", from: 0, to: 3 },
      { name: "c", from: 3, to: 7 },
      { name: "", from: 7, to: 10 },
    ]);
  });

  test.each([
    ["nothing", [0, 0], [0, 0], []],
    ["a model's own", [1, 0], [1, 0], ["a"]],
    ["a model's own that was taken out", [0, 7], [0, 7], ["a"]],
    ["one of another model", [1, 0], [0, 0], [""]],
    ["one of another model that was taken out", [0, 7], [0, 0], [""]],
    ["both", [0, 7], [0, 5], ["a", ""]],
  ])("of estimates, %s marks its part", (_, [estimates = 0, estimated_nanos = 0], [own = 0, own_nanos = 0], marked) => {
    const parts = new Map([["a", { estimates: own, estimated_nanos: own_nanos }], ["b", undefined]]);
    expect([...estimated({ estimates, estimated_nanos }, parts)]).toEqual(marked);
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
