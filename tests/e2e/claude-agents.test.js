// The real client starts a sub-agent: its requests say so, are mapped apart, and what it found comes back.

import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";

import { printRun } from "./harness/claude.js";
import { freshFolder } from "./harness/places.js";
import { Scope } from "./harness/scope.js";
import { mapAll } from "./harness/turnpike.js";
import { startWorld } from "./harness/world.js";

/** Sub-agents of the kind that the walk starts have a model of their own. */
const CONFIG = `[[rule]]
name = "sub-agents"
when = { class = "subagent", agent_type = "general-purpose" }
target = "sim/sub-agent"

${mapAll("sim/agent")}`;

/** The last words of `sim/sub-agent` and of `sim/agent`. */
const FOUND = "SUB-AGENT DONE";
const LAST_WORD = "ALL DONE";

describe("sub-agents", { timeout: 120_000 }, () => {
  const scope = new Scope();
  after(() => scope.end());
  let run, chats, rows;

  before(async () => {
    const { simulator, turnpike } = await startWorld(scope, { config: CONFIG });
    const [home, folder] = [freshFolder(scope, "client-home"), freshFolder(scope, "project")];
    run = await printRun(turnpike, { home, folder, prompt: "Ask for help. agent=yes", tools: ["Bash", "Agent"] });
    chats = await simulator.chats();
    rows = await turnpike.settledLedger(chats.length);
  });
  const of = (target) => rows.filter((row) => row.target === target);

  test("sub-agents: the client ends well and no request is faulty", () => {
    assert.equal(run.code, 0, run.stderr || run.stdout);
    assert.equal(run.stdout.trim().split("\n").at(-1), LAST_WORD);
    for (const { seq, faults } of chats) assert.deepEqual(faults, [], `request ${seq}`);
  });

  test("sub-agents: class, kind and id of the agent arrive and stand in the ledger", () => {
    const helpers = of("sim/sub-agent");
    assert.equal(helpers.length, 2, "a call and a last word");
    for (const row of helpers) {
      assert.deepEqual([row.class, row.agent_type, row.status], ["subagent", "general-purpose", "ok"]);
      assert.ok(row.agent_id, "an id");
    }
    assert.equal(new Set(helpers.map((row) => row.agent_id)).size, 1, "one agent");
    assert.equal(new Set(rows.map((row) => row.session)).size, 1, "one session");
  });

  test("sub-agents: their requests are mapped apart from the main conversation", () => {
    for (const row of of("sim/agent")) assert.deepEqual([row.class, row.agent_id], ["main", null]);
    assert.equal(of("sim/agent").length + of("sim/sub-agent").length, rows.length);
    const prompts = chats.map(({ model, body }) => [model, JSON.stringify(body.messages).includes("simulated-sub-agent")]);
    for (const [model, given] of prompts.filter(([model]) => model === "sim/sub-agent")) assert.ok(given, model);
  });

  test("sub-agents: what they found reaches the main conversation", () => {
    const main = chats.filter(({ model }) => model === "sim/agent");
    const called = main.find(({ body }) => body.messages.some((m) => m.tool_calls?.some((c) => c.function.name === "Agent")));
    assert.ok(called, "the Agent tool was called");
    assert.ok(JSON.stringify(main.at(-1).body.messages).includes(FOUND), "its last word is in the last turn");
  });
});
