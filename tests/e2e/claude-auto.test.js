// Auto mode, the client's default: before a tool changes something a model says whether that may run unasked. The upstream's
// own check (`safeguards`) cannot be had from other models, so the client makes one of its own, and its verdict decides.

import assert from "node:assert/strict";
import test from "node:test";

import { clientEnvironment, project } from "./harness/claude.js";
import { answerFirstStart, answerUntilSaid, leave, say } from "./harness/dialogs.js";
import { claudeBinary, freshFolder } from "./harness/places.js";
import { Terminal } from "./harness/terminal.js";
import { mapAll } from "./harness/turnpike.js";
import { startWorld } from "./harness/world.js";

/** Verdicts come from a model of their own. */
const config = (judge) => `[[rule]]
name = "verdicts"
when = { class = "safety_check" }
target = "${judge}"

${mapAll("sim/agent")}`;

/** The walk in a terminal, judged by `judge`: the ledger's rows, all requests, those of the check. */
async function walkJudgedBy(t, judge) {
  const { simulator, turnpike } = await startWorld(t, { config: config(judge) });
  const walked = project(t);
  const terminal = new Terminal(claudeBinary(), [], {
    env: clientEnvironment(turnpike, freshFolder(t, "client-home")),
    cwd: walked.folder,
    columns: 260,
    rows: 60,
  });
  t.after(() => terminal.close());
  await answerFirstStart(terminal);
  await say(terminal, walked.prompt);
  await answerUntilSaid(terminal, "ALL DONE", { ms: 120_000 });
  assert.equal(await leave(terminal), 0);
  const rows = await turnpike.settledLedger(1);
  const chats = await simulator.chats();
  return { rows, chats, checks: chats.filter(({ model }) => model === judge) };
}

/** The upstream's check was refused, which is no failed request; the client's own came instead, without thinking. */
function checkedByTheClient({ rows, checks }, judge, stages) {
  assert.deepEqual(rows.filter((row) => row.http_status >= 400), []);
  const verdicts = rows.filter((row) => row.class === "safety_check");
  assert.deepEqual(verdicts.map((row) => [row.target, row.status]), Array(stages).fill([judge, "ok"]));
  assert.equal(checks.length, stages, "no stage of the check goes anywhere else");
  assert.deepEqual([checks[0].body.stop, checks[0].body.max_tokens], [["</block>"], 64]);
  for (const { body, faults } of checks) {
    assert.deepEqual(body.reasoning, { enabled: false });
    assert.deepEqual(faults, []);
  }
}

/** Requests that searched the web: the tool that the client asks about. */
const searches = ({ chats }) => chats.filter(({ body }) => body.tools?.some((tool) => tool.type === "openrouter:web_search"));

test("auto mode: what the client's own check lets pass is done unasked", { timeout: 180_000 }, async (t) => {
  const done = await walkJudgedBy(t, "sim/verdict");
  checkedByTheClient(done, "sim/verdict", 1);
  assert.equal(searches(done).length, 1);
});

test("auto mode: what both stages of the client's own check stop is not done", { timeout: 180_000 }, async (t) => {
  const done = await walkJudgedBy(t, "sim/verdict-yes");
  checkedByTheClient(done, "sim/verdict-yes", 2);
  assert.equal(searches(done).length, 0, "nothing was searched");
});
