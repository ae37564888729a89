// One exact row for each request, however it ends.

import assert from "node:assert/strict";
import test from "node:test";

import { eventually } from "./harness/deadline.js";
import { RawConnection } from "./harness/raw.js";
import { startWorld } from "./harness/world.js";

/** What the upstream says a request cost, in dollars, and the row's nano-dollars (half goes to even). */
const COSTS = [
  ["0.00123", 1_230_000],
  ["0.000123456789", 123_457],
  ["0.0000000005", 0],
  ["0.0000000015", 2],
  ["3e-7", 300],
  ["12.000000001", 12_000_000_001],
  ["0", 0],
];

/** A model that talks for a minute, a word at a time. */
const SLOW = "sim/text+words=3000+delay=20ms+cost=0.0042";

/** Begins a streamed answer over a raw socket and waits for its first text. */
async function beginStream(turnpike) {
  const messages = [{ role: "user", content: "Tell me a long story." }];
  const body = JSON.stringify({ model: SLOW, max_tokens: 4000, stream: true, messages });
  const raw = await RawConnection.open(turnpike.port);
  raw.send(
    `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:${turnpike.port}\r\nauthorization: Bearer ${turnpike.token}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  await raw.until(/content_block_delta/);
  return raw;
}

test("each row holds the upstream's own cost to the nano-dollar", { timeout: 60_000 }, async (t) => {
  const { turnpike } = await startWorld(t);
  for (const [dollars] of COSTS) {
    for (const stream of [false, true]) {
      const answer = await turnpike.messages({ model: `sim/text+cost=${dollars}`, stream });
      assert.equal(answer.status, 200, await answer.clone().text());
      await answer.text();
    }
  }
  const rows = await turnpike.settledLedger(COSTS.length * 2);
  const found = rows.map((row) => [row.requested_model, row.stream, row.cost_nanos, row.cost_source, row.status]);
  const expected = COSTS.flatMap(([dollars, nanos]) =>
    [0, 1].map((stream) => [`sim/text+cost=${dollars}`, stream, nanos, "upstream", "ok"]),
  );
  assert.deepEqual(found, expected);
});

test("a client that hangs up ends the upstream request within 100 ms and has a row", { timeout: 60_000 }, async (t) => {
  const { simulator, turnpike } = await startWorld(t);
  const waits = [];
  for (let round = 0; round < 5; round += 1) {
    const raw = await beginStream(turnpike);
    const [chat] = (await simulator.chats()).slice(-1);
    const left = performance.now();
    raw.hangUp();
    await eventually(
      async () => (await simulator.chats()).find(({ seq }) => seq === chat.seq)?.aborted_after != null,
      { what: "the simulator to see its client gone" },
    );
    waits.push(performance.now() - left);
  }
  // The middle one of five: a busy machine may delay this test itself, a timer in Turnpike would delay each round.
  const middle = waits.sort((a, b) => a - b)[2];
  assert.ok(middle < 100, `aborted after ${waits.map((ms) => ms.toFixed(1))} ms`);
  const rows = await turnpike.settledLedger(5);
  assert.deepEqual(rows.map((row) => row.status), Array(5).fill("cancelled"));
});

test("a client that only closes its sending side has hung up too", { timeout: 60_000 }, async (t) => {
  const { simulator, turnpike } = await startWorld(t);
  const raw = await beginStream(turnpike);
  raw.socket.end();
  await eventually(async () => (await simulator.chats())[0].aborted_after != null, { what: "the upstream's abort" });
  const [row] = await turnpike.settledLedger(1);
  assert.equal(row.status, "cancelled");
  raw.hangUp();
});

test("after kill -9 the row is found open and marked interrupted", { timeout: 60_000 }, async (t) => {
  const { turnpike } = await startWorld(t);
  const raw = await beginStream(turnpike);
  const rows = await eventually(async () => (await turnpike.ledger()).some((row) => row.generation_id) && turnpike.ledger(), {
    what: "the open row with its generation id",
  });
  assert.deepEqual(rows.map((row) => row.status), ["open"]);
  await turnpike.kill();
  assert.deepEqual((await turnpike.ledger()).map((row) => row.status), ["open"]);
  await turnpike.start();
  const after = await turnpike.settledLedger(1);
  assert.deepEqual(after.map((row) => [row.id, row.status]), [[rows[0].id, "interrupted"]]);
  raw.hangUp();
});
