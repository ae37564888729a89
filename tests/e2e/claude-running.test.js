// Sessions of Claude Code that run when it is connected or disconnected. They read their settings anew within moments, and set the
// variables that stand there; a variable that stands there no more keeps its value, unless another one takes its place.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";

import { eventually } from "./harness/deadline.js";
import { answerFirstStart, leave, say } from "./harness/dialogs.js";
import { claudeBinary, emptyEnvironment, freshFolder } from "./harness/places.js";
import { Terminal } from "./harness/terminal.js";
import { mapAll } from "./harness/turnpike.js";
import { Scope } from "./harness/scope.js";
import { startWorld } from "./harness/world.js";

/** Main conversations that were answered. */
const answered = async (turnpike) => (await turnpike.ledger()).filter((row) => row.class === "main" && row.status === "ok").length;

/** What a person has answered long ago. */
function settledIn(home, folder) {
  const projects = { [folder]: { hasTrustDialogAccepted: true } };
  fs.writeFileSync(path.join(home, ".claude.json"), JSON.stringify({ hasCompletedOnboarding: true, theme: "dark", projects }));
}

/** A session in a terminal: `ask()` is one more prompt, and gives the gateway that has answered it. */
async function startSession(scope, home, env, gateways) {
  const folder = freshFolder(scope, "project");
  settledIn(home, folder);
  const terminal = new Terminal(claudeBinary(), [], { env: { ...emptyEnvironment(home), TERM: "xterm-256color", ...env }, cwd: folder });
  scope.after(() => terminal.close());
  await answerFirstStart(terminal);
  let count = 0;
  const ask = async () => {
    const before = await Promise.all(gateways.map(answered));
    count += 1;
    await say(terminal, `Say something, number${count}`);
    const look = async () => {
      const after = await Promise.all(gateways.map(answered));
      return gateways.find((_, at) => after[at] > before[at]);
    };
    return eventually(look, { what: () => `an answer; on the screen stands:\n${terminal.text()}`, ms: 60_000, every: 100 });
  };
  const end = async () => {
    await leave(terminal);
  };
  return { ask, end };
}

/** A user's session that runs at another gateway, whose variables stand in the settings or are exported in the shell. */
async function startUser(t, { isExported }) {
  const scope = Scope.of(t);
  const { turnpike: other } = await startWorld(scope, { config: mapAll("sim/text") });
  const { turnpike } = await startWorld(scope, { config: mapAll("sim/text") });
  const home = turnpike.env.HOME;
  const env = { ANTHROPIC_BASE_URL: other.url, ANTHROPIC_AUTH_TOKEN: other.token, ANTHROPIC_API_KEY: "", CLAUDE_CODE_GATEWAY_HINT_HEADERS: "1" };
  fs.mkdirSync(path.join(home, ".claude"));
  fs.writeFileSync(path.join(home, ".claude/settings.json"), JSON.stringify(isExported ? {} : { env }));
  const { ask, end } = await startSession(scope, home, isExported ? env : {}, [other, turnpike]);
  assert.equal(await ask(), other);
  const told = async (...args) => {
    const { code, stdout, stderr } = await turnpike.cli(...args);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  /** What is under way while the settings change may still go the way it went. */
  const switchesTo = (gateway) => eventually(async () => (await ask()) === gateway, { what: `the session to be at ${gateway.url}`, ms: 120_000, every: 200 });
  return { other, turnpike, ask, end, told, switchesTo };
}

test("a session that runs switches when Claude Code is connected, and back where another gateway stood in its settings", { timeout: 300_000 }, async (t) => {
  const { other, turnpike, ask, end, told, switchesTo } = await startUser(t, { isExported: false });
  const shown = await told("claude", "apply", "--yes");
  assert.match(shown, /running sessions? switch(es)? now/);
  await switchesTo(turnpike);
  assert.equal(await ask(), turnpike);
  await told("claude", "undo");
  await switchesTo(other);
  await end();
});

test("a session that runs stays here when Claude Code is disconnected and nothing takes our place, which is said", { timeout: 300_000 }, async (t) => {
  const { turnpike, ask, end, told, switchesTo } = await startUser(t, { isExported: true });
  await told("claude", "apply", "--yes");
  await switchesTo(turnpike);
  assert.match(await told("claude", "undo"), /Sessions that run stay with Turnpike until they are started again/);
  for (let asked = 0; asked < 3; asked += 1) assert.equal(await ask(), turnpike);
  await end();
});
