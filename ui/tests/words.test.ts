import { describe, expect, test } from "vitest";

import { details } from "../src/audit.ts";
import { called } from "../src/commands.ts";
import { soonest } from "../src/forecast.ts";
import { soon } from "../src/format.ts";
import { asked, listed, moved } from "../src/route-fields.ts";

describe("commands for a data folder", () => {
  const program = "turnpike --data-dir /d";

  test.each([
    ["turnpike run -- claude", `${program} run -- claude`],
    ['eval "$(turnpike env)"', `eval "$(${program} env)"`],
    ["for /f \"delims=\" %i in ('turnpike env --shell cmd') do %i", `for /f "delims=" %i in ('${program} env --shell cmd') do %i`],
    ["turnpike --data-dir /e ui", "turnpike --data-dir /e ui"],
    ["npm install -g @anthropic-ai/claude-code", "npm install -g @anthropic-ai/claude-code"],
    ["my-turnpike run", "my-turnpike run"],
  ])("%s", (line, expected) => expect(called(line, program)).toBe(expected));

  test("a folder with a dollar sign stays as it is", () => expect(called("turnpike ui", "turnpike --data-dir '/$&'")).toBe("turnpike --data-dir '/$&' ui"));
});

describe("what was changed, in words", () => {
  test.each([
    [null, ""],
    ["no JSON", ""],
    ['{"period":"daily","cap_nanos":7500000000,"action":"stop"}', "period daily, cap $7.50, action stop"],
    ['{"map":{"name":"*opus*","target":"a/b"}}', "name *opus*, target a/b"],
    ['{"at":0,"values":[{"name":"target","json":"\\"a/b\\""},{"name":"fallback","json":"[\\"c/d\\",\\"e/f\\"]"}]}', "at 0, target a/b, fallback c/d e/f"],
    ['{"forget":true,"models":["qwen/*"]}', "forget true, models qwen/*"],
  ])("%s", (kept, text) => expect(details(kept)).toBe(text));
});

describe("what ends first", () => {
  const line = (what: string, left_nanos: number, at: number | null) => ({ what, left_nanos, ends_at_hours_rate: at, ends_at_days_rate: null, is_approximate: false, resets_at: null });

  test.each([
    ["nothing", [line("a", 5, null)], null],
    ["what is used up does not end", [line("a", 0, 1), line("b", 5, 9)], { what: "b", at: 9 }],
    ["the sooner", [line("a", 5, 9), line("b", 5, 7)], { what: "b", at: 7 }],
  ])("%s", (_, lines, expected) => expect(soonest(lines)).toEqual(expected));

  test("of today the clock alone is told", () => {
    const now = new Date(2026, 10, 21, 9, 30).getTime();
    expect([soon(now + 3_600_000, now), soon(now + 86_400_000, now)]).toEqual(["10:30", "22 Nov, 09:30"]);
  });
});

describe("lists of models", () => {
  test("are what stands between commas", () => expect([listed(undefined), listed(" a/b ,, c/d")]).toEqual([[], ["a/b", "c/d"]]));

  test.each([
    [0, 1, ["b", "a", "c"]],
    [2, 0, ["c", "a", "b"]],
    [0, -1, ["a", "b", "c"]],
    [2, 3, ["a", "b", "c"]],
    [9, 0, ["a", "b", "c"]],
  ])("from %d to %d", (from, to, expected) => expect(moved(["a", "b", "c"], from, to)).toEqual(expected));

  test("what is said of a target has its group", () => {
    const values = [["name", '"n"'], ["params.seed", "7"], ["provider.order", '["x","y"]'], ["provider.max_price.image", "1"], ["cache", "true"]].map(([name = "", json = ""]) => ({ name, json }));
    const route = { values, conformance: null };
    expect(asked(route, "params")).toEqual([["params.seed", "7"]]);
    expect(asked(route, "provider")).toEqual([["provider.order", "x, y"], ["provider.max_price.image", "1"]]);
    expect(asked(route, "more")).toEqual([["cache", "true"]]);
  });
});
