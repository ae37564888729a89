// The real client when things go wrong on the way: it compacts, it asks again, and it ends well.

import assert from "node:assert/strict";
import test from "node:test";

import { printRun } from "./harness/claude.js";
import { eventually } from "./harness/deadline.js";
import { freshFolder } from "./harness/places.js";
import { mapAll } from "./harness/turnpike.js";
import { startWorld } from "./harness/world.js";

/** What the simulator's text answers begin with. */
const WORDS = "The simulated model answers with plain wörds";

/** Starts everything; `ask(options)` is one `claude -p`. */
async function startClient(t, options) {
  const { simulator, turnpike } = await startWorld(t, options);
  const [home, folder] = [freshFolder(t, "client-home"), freshFolder(t, "project")];
  return { simulator, turnpike, ask: (more) => printRun(turnpike, { home, folder, prompt: "Say it.", ...more }) };
}

/** The columns of the main conversation's rows. */
const told = (rows, ...columns) => rows.map((row) => columns.map((column) => row[column]));

test("a prompt that is too long makes the client compact and go on to its end", { timeout: 120_000 }, async (t) => {
  const { simulator, turnpike, ask } = await startClient(t, { config: mapAll("sim/overflow") });
  const { code, stdout, stderr } = await ask({ tools: ["Bash"] });
  assert.equal(code, 0, stderr || stdout);
  assert.equal(stdout.trim(), "ALL DONE AFTER THE SUMMARY");

  const rows = await turnpike.settledLedger(4);
  assert.deepEqual(told(rows, "class", "http_status", "error_message"), [
    ["main", 200, null],
    ["main", 400, "prompt is too long: 250021 tokens > 200000 maximum"],
    ["compaction", 200, null],
    ["main", 200, null],
  ]);
  const chats = await simulator.chats();
  for (const { seq, faults } of chats) assert.deepEqual(faults, [], `request ${seq}`);
  const last = JSON.stringify(chats.at(-1).body.messages);
  assert.ok(last.includes("simulated-summary"), "the summary stands for the conversation");
  assert.ok(!last.includes("before the summary"), "and what it sums up is gone");
});

test("an error in the middle of a stream is repeated whole and shown once", { timeout: 120_000 }, async (t) => {
  const { simulator, turnpike, ask } = await startClient(t);
  const { code, stdout, stderr } = await ask({ model: "sim/error-midstream+times=1" });
  assert.equal(code, 0, stderr || stdout);
  assert.ok(stdout.startsWith(WORDS), stdout);
  assert.equal(stdout.split(WORDS).length, 2, "shown once");
  const asked = (await simulator.chats()).map(({ body, faults }) => [body.stream, faults]);
  assert.deepEqual(asked, [[true, []], [false, []]], "first as a stream, then whole");
  assert.deepEqual(told(await turnpike.settledLedger(2), "stream", "status", "error_type"), [
    [1, "error", "api_error"],
    [0, "ok", null],
  ]);
});

test("a stream of the upstream's that breaks off is repeated", { timeout: 120_000 }, async (t) => {
  for (const [fault, status] of [["cut=1500", "truncated"], ["rst=1500", "truncated"], ["end=1500", "truncated"]]) {
    const { turnpike, ask } = await startClient(t);
    const { code, stdout, stderr } = await ask({ model: `sim/${fault}+words=26+times=1` });
    assert.equal(code, 0, `${fault}: ${stderr || stdout}`);
    assert.ok(stdout.startsWith(WORDS), stdout);
    assert.equal(stdout.split(WORDS).length, 2, `${fault}: shown once`);
    assert.deepEqual(told(await turnpike.settledLedger(2), "status"), [[status], ["ok"]], fault);
  }
});

test("a stream that ends without message_stop, because Turnpike was killed, is asked for again", { timeout: 120_000 }, async (t) => {
  const { simulator, turnpike, ask } = await startClient(t);
  const run = ask({ model: "sim/text+words=26+delay=150ms" });
  const begun = async () => (await turnpike.ledger()).some((row) => row.generation_id);
  await eventually(begun, { what: "an answer that has begun", ms: 30_000 });
  const { port } = turnpike;
  await turnpike.kill();
  await turnpike.start({ port });
  const { code, stdout, stderr } = await run;
  assert.equal(code, 0, stderr || stdout);
  assert.ok(stdout.startsWith(WORDS), stdout);
  assert.equal(stdout.split(WORDS).length, 2, "shown once");
  const asked = (await simulator.chats()).map(({ body }) => body.stream);
  assert.ok(asked.length >= 2 && asked.every((stream) => stream === true), `as a stream each time: ${asked}`);
  const statuses = told(await turnpike.settledLedger(asked.length), "status").flat();
  assert.deepEqual([statuses[0], statuses.at(-1)], ["interrupted", "ok"]);
});

test("what a model cannot do is told in words that the person sees, after one request", { timeout: 120_000 }, async (t) => {
  for (const [model, status, ...words] of [
    ["sim/error-404-privacy", 410, "openrouter.ai/settings/privacy"],
    ["sim/error-404-tools", 410, "No endpoints found that support tool use", "turnpike map add"],
    ["sim/error-400-model", 410, "is not a valid model ID", "turnpike map add"],
    ["sim/error-403-moderation", 451, "Your input was flagged (violence)"],
  ]) {
    const { turnpike, ask } = await startClient(t);
    const { code, stdout } = await ask({ model });
    assert.equal(code, 1, stdout);
    for (const word of words) assert.ok(stdout.includes(word), `${model}: ${stdout}`);
    assert.ok(!/log ?in|authenticate|issue with the selected model/.test(stdout), `${model}: ${stdout}`);
    assert.deepEqual(told(await turnpike.settledLedger(1), "class", "http_status"), [["main", status]], model);
  }
});
