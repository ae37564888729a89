// One session of the real client in a terminal, in auto mode: its background work, a sub-agent, a web search, the checks of
// its commands and the summary of its conversation land on five different models by rule, and the conversation on a sixth.

import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";

import { clientEnvironment, project } from "./harness/claude.js";
import { eventually } from "./harness/deadline.js";
import { answerFirstStart, answerUntilSaid, leave, say } from "./harness/dialogs.js";
import { claudeBinary, freshFolder } from "./harness/places.js";
import { Scope } from "./harness/scope.js";
import { Terminal } from "./harness/terminal.js";
import { mapAll } from "./harness/turnpike.js";
import { startWorld } from "./harness/world.js";

/** Its test, name, condition and target of each rule; the first that holds decides, and a search is background work too. */
const RULES = [
  ["classes: verdicts land on a model of their own by rule", "verdicts", 'class = "safety_check"', "sim/verdict"],
  ["classes: summaries land on a model of their own by rule", "summaries", 'class = "compaction"', "sim/overflow"],
  ["classes: helpers land on a model of their own by rule", "helpers", 'class = "subagent"', "sim/sub-agent"],
  ["classes: searches land on a model of their own by rule", "searches", 'web_search = true, class = "auxiliary"', "sim/web-search"],
  ["classes: background work lands on a model of their own by rule", "background", 'class = "auxiliary"', "sim/assistant"],
];
const MAIN = "sim/agent";
const rule = ([, name, when, target]) => `[[rule]]\nname = "${name}"\nwhen = { ${when} }\ntarget = "${target}"\n\n`;

describe("classes", { timeout: 240_000 }, () => {
  const scope = new Scope();
  after(() => scope.end());
  let rows, chats;

  before(async () => {
    const { simulator, turnpike } = await startWorld(scope, { config: RULES.map(rule).join("") + mapAll(MAIN) });
    const walked = project(scope);
    const terminal = new Terminal(claudeBinary(), [], {
      env: clientEnvironment(turnpike, freshFolder(scope, "client-home")),
      cwd: walked.folder,
      columns: 260,
      rows: 60,
    });
    scope.after(() => terminal.close());
    await answerFirstStart(terminal);
    await say(terminal, `${walked.prompt} agent=yes`);
    await answerUntilSaid(terminal, "ALL DONE", { ms: 150_000 });
    await say(terminal, "/compact");
    const summed = async () => (await turnpike.ledger()).some((row) => row.class === "compaction" && row.status === "ok");
    await eventually(summed, { what: "a summary of the conversation", ms: 60_000 });
    assert.equal(await leave(terminal), 0);
    rows = await turnpike.settledLedger(1);
    chats = await simulator.chats();
  });

  const ruleOf = (row) => JSON.parse(row.decision ?? "{}").rule;

  for (const [title, name, when, target] of RULES) {
    test(title, () => {
      const [, kind] = /class = "(\w+)"/.exec(when);
      const there = rows.filter((row) => row.target === target);
      assert.ok(there.length > 0, `none of ${rows.map((row) => `${row.class} → ${row.target}`).join(", ")}`);
      for (const row of there) assert.deepEqual([row.class, row.status, ruleOf(row)], [kind, "ok", name]);
      assert.equal(chats.filter(({ model }) => model === target).length, there.length, "each row is one request");
    });
  }

  test("classes: the conversation itself stays on its map, and all is one session", () => {
    const others = RULES.map(([, , , target]) => target);
    const main = rows.filter((row) => !others.includes(row.target) && row.http_status === 200);
    assert.ok(main.length >= 7, `${main.length} turns`);
    for (const row of main) assert.deepEqual([row.target, row.class], [MAIN, "main"]);
    assert.equal(new Set(rows.map((row) => row.session)).size, 1, "one session");
    for (const { seq, faults } of chats) assert.deepEqual(faults, [], `request ${seq}`);
  });
});
