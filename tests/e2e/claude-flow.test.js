// Claude Flow in a throw-away folder and home with the client's environment: it sets up, notes its agents and tells
// of them; its hive starts the pinned Claude Code, whose requests come through Turnpike with the hive's tools.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { clientEnvironment } from "./harness/claude.js";
import { claudeBinary, claudeFlowBinary, freshFolder } from "./harness/places.js";
import { run } from "./harness/program.js";
import { Scope } from "./harness/scope.js";
import { mapAll } from "./harness/turnpike.js";
import { startWorld } from "./harness/world.js";

/** What keeps it here: no look-ups at a registry, no service left running, no sign-up. */
const STAY_HERE = {
  CI: "true",
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  CLAUDE_FLOW_AUTO_UPDATE: "false",
  RUFLO_DAEMON_AUTOSTART: "0",
};
/** Without `.claude/`: this release cannot find its own template for the status line. */
const INIT = ["init", "--skip-claude", "--no-signup", "--no-skills-sh", "--no-global", "--no-codex-detect"];

const OBJECTIVE = "Count-the-lanterns";
const LAST_WORD = "ALL DONE";

const toolNames = ({ body }) => (body.tools ?? []).map((tool) => tool.function?.name ?? tool.type);

describe("Claude Flow", { timeout: 300_000 }, () => {
  const scope = new Scope();
  after(() => scope.end());
  let simulator, turnpike, folder, env;

  before(async () => {
    ({ simulator, turnpike } = await startWorld(scope, { config: mapAll("sim/agent") }));
    folder = freshFolder(scope, "project");
    // Claude Flow looks for `claude` in the path; all tools of its server are offered at once.
    const found = { PATH: `${path.dirname(claudeBinary())}${path.delimiter}${process.env.PATH}`, ENABLE_TOOL_SEARCH: "false" };
    env = clientEnvironment(turnpike, freshFolder(scope, "client-home"), { ...STAY_HERE, ...found });
    await flow(...INIT);
  });

  /** Runs it to its end, which must be a good one: what it printed. */
  async function flow(...args) {
    const { code, stdout, stderr } = await run(claudeFlowBinary(), args, { env, cwd: folder, ms: 120_000 });
    assert.equal(code, 0, `${args.join(" ")}: ${stderr || stdout}`);
    return stdout;
  }
  const json = async (...args) => JSON.parse(await flow(...args, "--format", "json"));

  test("Claude Flow: init, spawn and status work and ask nothing of a model", async () => {
    assert.ok(fs.existsSync(path.join(folder, ".claude-flow/config.yaml")), "it is set up");
    await flow("swarm", "init");
    await flow("agent", "spawn", "-t", "coder", "--name", "quay");
    const { agents, total } = await json("agent", "list");
    assert.deepEqual([total, agents.map((agent) => [agent.agentType, agent.status])], [1, [["coder", "idle"]]]);
    const swarm = await json("swarm", "status");
    assert.deepEqual([swarm.status, swarm.hasActiveSwarm, swarm.agents.total], ["ready", true, 1]);
    assert.match(await flow("status"), /RuFlo V3 \[STOPPED\]/);
    assert.deepEqual(await simulator.chats(), []);
  });

  test("Claude Flow: its hive runs Claude Code through Turnpike, with the hive's tools", async () => {
    const server = { command: claudeFlowBinary(), args: ["mcp", "start"] };
    fs.writeFileSync(path.join(folder, ".mcp.json"), JSON.stringify({ mcpServers: { ruflo: server } }));
    await flow("hive-mind", "init");
    const known = (await turnpike.ledger()).length;
    const said = await flow("hive-mind", "spawn", "--claude", "--non-interactive", "--no-auto-permissions", "-n", "2", "-o", OBJECTIVE);
    const lines = said.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    const result = lines.find((line) => line.type === "result");
    assert.deepEqual([result?.subtype, result?.result], ["success", LAST_WORD], said.slice(-2_000));
    const hive = await json("hive-mind", "status");
    assert.deepEqual([hive.status, hive.workers.length], ["active", 2]);

    const chats = await simulator.chats();
    for (const { seq, faults } of chats) assert.deepEqual(faults, [], `request ${seq}`);
    const [first] = chats;
    assert.ok(JSON.stringify(first.body.messages).includes(OBJECTIVE), "the hive's prompt reaches the model");
    const tools = toolNames(first).filter((name) => name.startsWith("mcp__ruflo__"));
    assert.ok(tools.includes("mcp__ruflo__hive-mind_status"), `the hive's tools: ${tools}`);
    const rows = await turnpike.settledLedger(known + chats.length);
    for (const row of rows) assert.deepEqual([row.target, row.status, row.session], ["sim/agent", "ok", result.session_id]);
    assert.equal(rows.reduce((sum, row) => sum + row.cost_nanos, 0), (await simulator.bill()).total);
  });
});
