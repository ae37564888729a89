// The bill of a service that is killed again and again.

import assert from "node:assert/strict";
import test from "node:test";
import { setTimeout as moment } from "node:timers/promises";

import { eventually } from "./harness/deadline.js";
import { startWorld } from "./harness/world.js";

const KILLS = 200;
/** Requests that are under way, or have just ended, when the service is killed. */
const AT_ONCE = 6;
/** The longest time from their beginning to the kill, in milliseconds. */
const LATEST = 200;

const MODELS = [
  "sim/text+words=40",
  "sim/text+words=300+delay=1ms+cost=0.0042",
  "sim/parallel",
  "sim/text+cost=0.000000003",
  "sim/thinking",
];

/** Numbers from 0 to 1 that look random and are the same in each run (mulberry32). */
function numbers(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Asks, and reads for as long as the service lives. */
async function ask(turnpike, model, stream) {
  try {
    await (await turnpike.messages({ model, stream })).text();
  } catch {
    // It was killed.
  }
}

/** What is in the ledger's file once nothing is open, and each cost that can be asked for has been told. */
const lookedUp = (turnpike) =>
  eventually(
    async () => {
      const rows = await turnpike.ledger();
      const isOver = (row) => row.status !== "open" && (row.cost_source !== "estimate" || !row.generation_id);
      return rows.every(isOver) && rows;
    },
    { what: "each cost that can be asked for", ms: 300_000, every: 250 },
  );

test("after kill -9 at 200 random moments the sum is the upstream's bill again", { timeout: 1_500_000 }, async (t) => {
  const { simulator, turnpike } = await startWorld(t);
  const random = numbers(2026);
  const written = new Map(); // row id → the generation id it had when the file was last read before a kill
  let newest = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const models = Array.from({ length: AT_ONCE }, (_, place) => MODELS[(kill + place) % MODELS.length]);
    const asked = models.map((model) => ask(turnpike, model, random() < 0.7));
    await moment(random() * LATEST);
    const rows = await turnpike.ledger({ after: newest });
    await turnpike.kill();
    for (const row of rows) written.set(row.id, row.generation_id);
    newest = Math.max(newest, ...rows.map((row) => row.id));
    await Promise.all(asked);
    await turnpike.start();
  }

  const rows = await lookedUp(turnpike);
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const [id, generation] of written) {
    assert.ok(byId.has(id), `row ${id} was written and is gone`);
    if (generation) assert.equal(byId.get(id).generation_id, generation);
  }
  const { items, total } = await simulator.bill();
  const unclaimed = new Map(items.map((item) => [item.generation, item]));
  const told = rows.filter((row) => row.generation_id);
  for (const row of told) {
    const item = unclaimed.get(row.generation_id);
    assert.ok(item, `the bill has no ${row.generation_id}, or two rows have it`);
    assert.equal(row.cost_nanos, item.charged, `${row.model} of row ${row.id}`);
    unclaimed.delete(row.generation_id);
  }
  // What the upstream charged in the last moments before a kill, and told nobody whose word was on the disk.
  const untold = [...unclaimed.values()];
  const known = [...written.values()].filter(Boolean).length;
  assert.ok(known > KILLS, `only ${known} requests were written before a kill`);
  assert.ok(untold.length <= KILLS * AT_ONCE - known, `${untold.length} of ${items.length} charges have no row`);
  const sum = (numbers) => numbers.reduce((whole, part) => whole + part, 0);
  assert.equal(sum(told.map((row) => row.cost_nanos)) + sum(untold.map((item) => item.charged)), total);
  const check = await turnpike.cli("ledger", "check");
  assert.match(check.stdout, /0 of them open.*sound, and its sums are those of the rows/s);
});
