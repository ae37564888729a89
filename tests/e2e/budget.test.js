// A budget that stops: sixteen agents at once, and the real client, which shows the message and does not ask again.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";

import Anthropic from "@anthropic-ai/sdk";

import { printRun } from "./harness/claude.js";
import { freshFolder } from "./harness/places.js";
import { mapAll } from "./harness/turnpike.js";
import { startWorld } from "./harness/world.js";

const AGENTS = 16;
/** Nano-dollars of the cap and of one request. */
const CAP = 1_000_000_000;
const COST = 30_000_000;
const CONFIG = `${mapAll("sim/text+words=5+cost=0.03")}
[budget]
daily_usd = 1.00
action = "stop"
`;

/** What a command of the control plane answers. */
async function control(turnpike, name) {
  const { address, secret } = JSON.parse(fs.readFileSync(path.join(turnpike.dataDir, "control.json"), "utf8"));
  const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
  const answer = await fetch(`http://${address}/api/${name}`, { method: "POST", headers, body: "{}" });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

/** An agent of Anthropic's SDK that asks until it is refused; gives how it was refused. */
async function agent(turnpike) {
  const client = new Anthropic({ baseURL: turnpike.url, authToken: turnpike.token, apiKey: null });
  const messages = [{ role: "user", content: "Go on." }];
  for (;;) {
    try {
      await client.messages.create({ model: "claude-opus-4-8", max_tokens: 100, messages });
    } catch (error) {
      return error;
    }
  }
}

test("a $1.00 budget stops sixteen agents and the real client, until it is raised", { timeout: 180_000 }, async (t) => {
  const { simulator, turnpike } = await startWorld(t, { config: CONFIG });
  const refusals = await Promise.all(Array.from({ length: AGENTS }, () => agent(turnpike)));
  for (const refusal of refusals) {
    assert.equal(refusal.status, 429, `${refusal}`);
    assert.match(refusal.message, /The daily budget of \$1\.00 is used up/);
  }
  const spent = async () => (await simulator.bill()).total;
  const stopped = await spent();
  assert.ok(stopped >= CAP, `the budget is used: ${stopped}`);
  assert.ok(stopped < CAP + AGENTS * COST, `no more than what was in flight: ${stopped}`);
  const rows = await turnpike.settledLedger((await simulator.chats()).length);
  assert.equal(rows.reduce((sum, row) => sum + row.cost_nanos, 0), stopped, "the ledger's bill is the simulator's");
  assert.equal((await control(turnpike, "budget.list")).refused, AGENTS, "no agent asked again");

  const [home, folder] = [freshFolder(t, "client-home"), freshFolder(t, "project")];
  const claude = () => printRun(turnpike, { home, folder, prompt: "Say it." });
  const refused = await claude();
  assert.notEqual(refused.code, 0, "the real client ends with an error");
  const shown = refused.stdout + refused.stderr;
  assert.match(shown, /The daily budget of \$1\.00 is used up: \$\d+\.\d\d spent/);
  assert.match(shown, /turnpike budget raise 5 --period daily/);
  assert.equal((await control(turnpike, "budget.list")).refused, AGENTS + 1, "it asked once and not again");
  assert.equal(await spent(), stopped, "nothing was sent for it");

  const raised = await turnpike.cli("budget", "raise", "5");
  assert.equal(raised.code, 0, raised.stderr);
  const answered = await claude();
  assert.equal(answered.code, 0, answered.stderr || answered.stdout);
  assert.match(answered.stdout, /^The simulated model answers/);
  assert.ok((await spent()) > stopped, "and requests go on");
});
