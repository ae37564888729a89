// Claude Code connected by its own settings: plain `claude`, no variable set, and settings that come back to the byte.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";

import { eventually } from "./harness/deadline.js";
import { claudeBinary, emptyEnvironment, freshFolder } from "./harness/places.js";
import { run } from "./harness/program.js";
import { mapAll } from "./harness/turnpike.js";
import { startWorld } from "./harness/world.js";

/** Settings as a person writes them: nothing of it is laid out as a program would. */
const BEFORE = '{ "includeCoAuthoredBy":false,\r\n\t"env" : {"EDITOR": "vi"} ,\r\n\r\n  "cleanupPeriodDays": 30 }';

/** A service, and a user with these settings whose Claude Code is not logged in anywhere. */
async function startUser(t) {
  const world = await startWorld(t, { config: mapAll("sim/text") });
  const home = world.turnpike.env.HOME;
  const settings = path.join(home, ".claude/settings.json");
  fs.mkdirSync(path.dirname(settings));
  fs.writeFileSync(settings, BEFORE);
  const folder = freshFolder(t, "project");
  const claude = () => run(claudeBinary(), ["-p", "Say something."], { env: { ...emptyEnvironment(home), TERM: "xterm-256color" }, cwd: folder, ms: 120_000 });
  const read = () => fs.readFileSync(settings, "utf8");
  const told = async (...args) => {
    const { code, stdout, stderr } = await world.turnpike.cli(...args);
    assert.equal(code, 0, `turnpike ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  return { ...world, claude, read, told };
}

/** Plain `claude` runs, and all it asks comes here. */
async function assertComesHere({ simulator, turnpike, claude }) {
  const before = (await turnpike.ledger()).length;
  const { code, stdout, stderr } = await claude();
  assert.equal(code, 0, stdout + stderr);
  assert.notEqual(stdout.trim(), "");
  const rows = (await turnpike.settledLedger(before + 1)).slice(before);
  assert.deepEqual(rows.map((row) => row.status), rows.map(() => "ok"));
  assert.ok(rows.some((row) => row.class === "main"), "the hints are sent");
  for (const { seq, faults } of await simulator.requests()) assert.deepEqual(faults, [], `request ${seq}`);
}

test("plain claude comes here once it is connected, and its settings come back to the byte", { timeout: 180_000 }, async (t) => {
  const user = await startUser(t);
  assert.match(await user.told("claude", "apply", "--yes"), /Claude Code stops using your Claude plan and bills OpenRouter\./);
  assert.ok(user.read().includes('"EDITOR": "vi"'));
  await assertComesHere(user);
  await user.told("claude", "undo");
  assert.equal(user.read(), BEFORE);
});

test("the token can come from a command, which then tells the one that is valid", { timeout: 240_000 }, async (t) => {
  const user = await startUser(t);
  await user.told("claude", "apply", "--yes", "--token-by-command");
  assert.ok(!user.read().includes(user.turnpike.token), "no token in the file");
  await assertComesHere(user);
  await user.told("token", "rotate");
  await assertComesHere(user);
  await user.told("claude", "undo");
  assert.equal(user.read(), BEFORE);
});

test("a new token is where the old one was, which is refused at once", { timeout: 180_000 }, async (t) => {
  const user = await startUser(t);
  await user.told("claude", "apply", "--yes");
  const old = user.turnpike.token;
  const token = (await user.told("token", "rotate")).trim();
  assert.ok(token !== old && user.read().includes(token) && !user.read().includes(old));
  assert.equal((await user.turnpike.messages({ model: "x" })).status, 401, "the old one");
  user.turnpike.token = token;
  assert.equal((await user.turnpike.messages({ model: "x" })).status, 200, "the new one");
  await assertComesHere(user);
  assert.match(await user.told("doctor"), /✓ token +the local token: `env\.ANTHROPIC_AUTH_TOKEN` in ~\/\.claude\/settings\.json/);
});

test("the end of the service leaves no port behind that nobody listens on", { timeout: 120_000 }, async (t) => {
  const user = await startUser(t);
  await user.told("claude", "apply", "--yes");
  const port = user.turnpike.port;
  assert.ok(user.read().includes(`:${port}`));
  await user.turnpike.stop();
  assert.equal(user.read(), BEFORE);
  await user.turnpike.start();
  await assertConnectedAgain(user);
  await user.turnpike.kill();
  assert.ok(user.read().includes(`:${user.turnpike.port}`), "a killed service cannot take anything back");
  const { code, stdout } = await user.turnpike.cli("doctor");
  assert.equal(code, 1);
  assert.match(stdout, /sends Claude Code to http:\/\/127\.0\.0\.1:\d+, where nobody listens/);
  await user.told("claude", "undo");
  assert.equal(user.read(), BEFORE);
});

/** The start has connected it again, to its own port. */
async function assertConnectedAgain({ told, read, turnpike }) {
  const isConnected = async () => JSON.parse(await told("claude", "show", "--json")).state === "connected";
  await eventually(isConnected, { what: "the settings to be connected again", ms: 30_000 });
  assert.ok(read().includes(`:${turnpike.port}`));
}
