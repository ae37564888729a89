// The request's way does not wait for the disk: another process holds the ledger.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import test from "node:test";

import { eventually } from "./harness/deadline.js";
import { startWorld } from "./harness/world.js";

const REQUESTS = 200;
const AT_ONCE = 16;

/** SQLite's own shell, which holds the ledger locked until `release` is called. */
async function holdLocked(t, turnpike) {
  const file = path.join(turnpike.dataDir, "ledger.sqlite");
  const shell = spawn("sqlite3", ["-cmd", ".timeout 20000", file], { env: turnpike.env, stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => shell.kill());
  shell.stdin.write("BEGIN IMMEDIATE;\nSELECT 'locked';\n");
  const [first] = await once(shell.stdout, "data");
  assert.equal(String(first).trim(), "locked");
  return {
    isHeld: () => shell.exitCode === null,
    async release() {
      shell.stdin.end("ROLLBACK;\n");
      await once(shell, "exit");
    },
  };
}

/** Asks so many times, a few at once; every answer must be whole. */
async function askAll(turnpike, count) {
  let left = count;
  const one = async () => {
    while (left > 0) {
      left -= 1;
      const answer = await turnpike.messages({ model: "sim/text+cost=0.001", stream: left % 2 === 0 });
      assert.equal(answer.status, 200);
      assert.match(await answer.text(), /end_turn/);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

async function standing(turnpike) {
  const { code, stdout, stderr } = await turnpike.cli("status", "--json");
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout).ledger;
}

test("another process that holds the ledger holds no request up, and every row arrives", { timeout: 120_000 }, async (t) => {
  const { turnpike } = await startWorld(t);
  await askAll(turnpike, 1);
  await turnpike.settledLedger(1);
  const lock = await holdLocked(t, turnpike);
  // Were one answer to wait for the disk, it would wait for ever: the lock is let go only after the last.
  await askAll(turnpike, REQUESTS);
  assert.ok(lock.isHeld());
  const stalled = await eventually(async () => {
    const ledger = await standing(turnpike);
    return ledger.problem && ledger;
  }, { what: "the status to tell of the lock" });
  assert.match(stalled.problem, /another program holds the ledger locked/);
  assert.equal(stalled.lost, 0);
  assert.ok(stalled.queued >= REQUESTS, `${stalled.queued} rows wait`);
  await lock.release();
  const rows = await turnpike.settledLedger(REQUESTS + 1);
  assert.equal(rows.reduce((sum, row) => sum + row.cost_nanos, 0), (REQUESTS + 1) * 1_000_000);
  const after = await eventually(async () => {
    const ledger = await standing(turnpike);
    return ledger.is_ok && ledger;
  }, { what: "the status to be well again" });
  assert.deepEqual([after.queued, after.lost], [0, 0]);
});
