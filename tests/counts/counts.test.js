// Instructions and allocations of reading, translating and streaming, held against those that were kept in counts.json.
// Unlike times they are the same in each run, so a small change is seen. `make counts-keep` keeps the new ones.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { freshFolder } from "../e2e/harness/places.js";
import { run } from "../e2e/harness/program.js";
import { Scope } from "../e2e/harness/scope.js";
import { count } from "./callgrind.js";

const TOP = path.resolve(import.meta.dirname, "../..");
const PROGRAM = path.join(TOP, "target/counts/examples/counted");
const KEPT = path.join(import.meta.dirname, "counts.json");
/** How far a count may lie from the kept one. Less counts as a change too: what was won would else be lost unseen. */
const TOLERANCE = 0.03;
/** How often each case is done, and how often where a tenth is added. */
const REPEATS = 10;
const A_TENTH_MORE = 11;
const CASES = ["facts-57k", "facts-150k", "translate-57k", "translate-150k", "stream-text", "stream-reasoning", "stream-call", "whole"];

const keeps = process.env.TURNPIKE_KEEP_COUNTS === "1";

/** What is wrong with the counts of a case: one sentence for each figure. */
function drift(kept, counted) {
  return ["instructions", "allocations"].flatMap((figure) => {
    const change = counted[figure] / kept[figure] - 1;
    const said = `${figure}: ${counted[figure]} instead of ${kept[figure]}, ${(change * 100).toFixed(1)} %`;
    return Math.abs(change) <= TOLERANCE ? [] : [said];
  });
}

describe("counts", () => {
  const scope = new Scope();
  after(() => scope.end());
  let folder, compiler;
  const counted = new Map();
  const kept = keeps ? { cases: {} } : JSON.parse(fs.readFileSync(KEPT, "utf8"));

  /** Each is counted once, whoever asks. */
  async function counts(name, repeats = REPEATS) {
    const key = `${name} ${repeats}`;
    if (!counted.has(key)) counted.set(key, await count(PROGRAM, name, repeats, folder));
    return counted.get(key);
  }

  before(async () => {
    folder = freshFolder(scope, "counts");
    const { stdout } = await run("rustc", ["--version"], { env: { PATH: process.env.PATH, HOME: process.env.HOME }, ms: 60_000 });
    compiler = stdout.trim();
  });

  test("counts: reading, translating and streaming take as many instructions and allocations as were kept", async () => {
    const wrong = [];
    for (const name of CASES) {
      const { given, made, instructions, allocations } = await counts(name);
      assert.ok(given > 1_000 && made > 1_000, `${name} did its work`);
      assert.ok(instructions > 100_000 && allocations > 0, `${name} was counted`);
      if (keeps) kept.cases[name] = { instructions, allocations };
      wrong.push(...drift(kept.cases[name], { instructions, allocations }).map((said) => `${name}: ${said}`));
    }
    if (keeps) fs.writeFileSync(KEPT, `${JSON.stringify({ compiler, cases: kept.cases }, null, 2)}\n`);
    const compilers = `Kept with ${kept.compiler}, counted with ${compiler}.`;
    assert.deepEqual(wrong, [], `${compilers} If the change is meant: make counts-keep, and say why in the commit.`);
  });

  test("counts: a tenth more work is seen in every case", async () => {
    for (const name of CASES) {
      const more = await counts(name, A_TENTH_MORE);
      assert.equal(drift(kept.cases[name], more).length, 2, `${name}: ${JSON.stringify(more)}`);
    }
  });

  test("counts: two runs give the same", async () => {
    const first = await counts("translate-150k");
    const second = await count(PROGRAM, "translate-150k", REPEATS, folder);
    assert.ok(Math.abs(second.instructions / first.instructions - 1) < TOLERANCE / 10, `${first.instructions} ${second.instructions}`);
    assert.equal(second.allocations, first.allocations);
  });
});
