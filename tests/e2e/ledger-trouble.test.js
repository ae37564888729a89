// The request's way does not wait for the disk: another process holds the ledger.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";

import { eventually } from "./harness/deadline.js";
import { run } from "./harness/program.js";
import { startWorld } from "./harness/world.js";

const REQUESTS = 200;
const AT_ONCE = 16;
/** Requests of a turn, and turns. */
const ROUND = 64;
const ROUNDS = 5;
/** How much longer the p99 may be, and milliseconds that any machine may take: a wait for the lock would last for ever. */
const RATIO = 3;
const FLOOR = 200;
/** A machine that stops for a moment may spoil a measurement, not each of them. */
const ATTEMPTS = 3;
/** Fills pages that no question reads, until the ledger is too large to be looked through before it is opened. */
const MARK = "nothing but this. ";
const BALLAST = `CREATE TABLE ballast (x TEXT);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
INSERT INTO ballast SELECT replace(hex(zeroblob(160)), '00', '${MARK}') FROM n;`;

const ledgerOf = (turnpike) => path.join(turnpike.dataDir, "ledger.sqlite");

/** SQLite's own shell, which holds the ledger locked from `hold` to `release`. */
class Lock {
  #shell;

  constructor(t, turnpike) {
    const stdio = ["pipe", "pipe", "inherit"];
    this.#shell = spawn("sqlite3", ["-cmd", ".timeout 20000", ledgerOf(turnpike)], { env: turnpike.env, stdio });
    t.after(() => this.#shell.kill());
  }

  async #says(commands, word) {
    this.#shell.stdin.write(`${commands}\nSELECT '${word}';\n`);
    const [told] = await once(this.#shell.stdout, "data");
    assert.equal(String(told).trim(), word);
  }

  hold = () => this.#says("BEGIN IMMEDIATE;", "locked");

  release = () => this.#says("ROLLBACK;", "free");

  isHeld = () => this.#shell.exitCode === null;
}

/** Asks so many times, a few at once; every answer must be whole. Gives how long each took, in milliseconds. */
async function askAll(turnpike, count) {
  let left = count;
  const times = [];
  const one = async () => {
    while (left > 0) {
      left -= 1;
      const begun = performance.now();
      const answer = await turnpike.messages({ model: "sim/text+cost=0.001", stream: left % 2 === 0 });
      assert.equal(answer.status, 200);
      assert.match(await answer.text(), /end_turn/);
      times.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return times;
}

const p99 = (times) => times.sort((a, b) => a - b)[Math.floor((times.length * 99) / 100)];

/** The p99 of requests while the ledger is free and while it is locked, in turns: what else the machine does is shared. */
async function freeAndLocked(turnpike, lock) {
  const [free, locked] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    free.push(...(await askAll(turnpike, ROUND)));
    await lock.hold();
    locked.push(...(await askAll(turnpike, ROUND)));
    await lock.release();
  }
  return { free: p99(free), locked: p99(locked) };
}

async function status(turnpike) {
  const { code, stdout, stderr } = await turnpike.cli("status", "--json");
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

const standing = async (turnpike) => (await status(turnpike)).ledger;

async function sqlite(turnpike, sql) {
  const { code, stdout, stderr } = await run("sqlite3", ["-cmd", ".timeout 20000", ledgerOf(turnpike), sql], { env: turnpike.env });
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

/** Writes over the head of each page of ballast. */
function damage(file) {
  const bytes = fs.readFileSync(file);
  let damaged = 0;
  for (let page = 4096; page < bytes.length; page += 4096) {
    if (bytes.subarray(page + 3000, page + 3000 + 2 * MARK.length).includes(MARK)) {
      bytes.fill(0xee, page, page + 8);
      damaged += 1;
    }
  }
  assert.ok(damaged > 1000, `${damaged} pages of ballast`);
  fs.writeFileSync(file, bytes);
}

test("another process that holds the ledger holds no request up, and every row arrives", { timeout: 120_000 }, async (t) => {
  const { turnpike } = await startWorld(t);
  await askAll(turnpike, 1);
  await turnpike.settledLedger(1);
  const lock = new Lock(t, turnpike);
  await lock.hold();
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

test("requests take no longer while another process holds the ledger", { timeout: 300_000 }, async (t) => {
  const { turnpike } = await startWorld(t);
  await askAll(turnpike, ROUND);
  const lock = new Lock(t, turnpike);
  const measured = [];
  const holds = ({ free, locked }) => locked <= Math.max(RATIO * free, FLOOR);
  while (measured.length < ATTEMPTS && !measured.some(holds)) {
    measured.push(await freeAndLocked(turnpike, lock));
  }
  t.diagnostic(`p99 in ms: ${JSON.stringify(measured)}`);
  assert.ok(measured.some(holds), JSON.stringify(measured));
  await turnpike.settledLedger(ROUND + measured.length * ROUNDS * ROUND * 2);
});

test("after kill -9 a large ledger is in use at once, and damage in it is found afterwards", { timeout: 120_000 }, async (t) => {
  const { turnpike } = await startWorld(t);
  await askAll(turnpike, 10);
  await turnpike.settledLedger(10);
  await sqlite(turnpike, BALLAST);
  await turnpike.kill();
  await turnpike.start();
  await askAll(turnpike, 10);
  assert.equal((await turnpike.settledLedger(20)).length, 20, "rows of before and after");
  assert.deepEqual((await status(turnpike)).notices.filter((notice) => /damaged/.test(notice)), []);

  await turnpike.kill();
  await sqlite(turnpike, "PRAGMA wal_checkpoint(TRUNCATE)");
  damage(ledgerOf(turnpike));
  await turnpike.start();
  await askAll(turnpike, 10);
  const told = await eventually(async () => (await status(turnpike)).notices.find((notice) => /the ledger was damaged/.test(notice)), {
    what: "the status to tell of the damage",
  });
  const kept = told.split("kept at ").at(-1);
  assert.ok(fs.statSync(kept).size > 4 * 1024 * 1024, `the damaged ledger is kept: ${told}`);
  await eventually(() => turnpike.log.includes("the ledger was damaged"), { what: "the damage in the log" });
  const { log } = turnpike;
  assert.ok(log.indexOf("started") < log.indexOf("the ledger was damaged"), "requests were answered before the look");
  await askAll(turnpike, 10);
  const rows = await turnpike.settledLedger(10);
  assert.ok(rows.length <= 20 && rows.every((row) => row.status === "ok"), "a new ledger goes on");
  assert.equal(await sqlite(turnpike, "PRAGMA integrity_check"), "ok");
});
