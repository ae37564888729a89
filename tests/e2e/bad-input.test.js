// What is wrong is said in a sentence that tells what to do: on the data plane in the Messages API's error shape, on the
// command line with an exit code. Nothing is half written.

import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import { once } from "node:events";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { turnpikeBinary } from "./harness/places.js";
import { run } from "./harness/program.js";
import { Scope } from "./harness/scope.js";
import { Turnpike } from "./harness/turnpike.js";
import { startWorld } from "./harness/world.js";

const hello = [{ role: "user", content: "Hello" }];

/** Requests that are wrong, and what the answer must say. */
const WRONG = [
  ["bad input: invalid JSON", '{"model": "sim/text", ', 400, "invalid_request_error", /JSON/],
  ["bad input: an empty body", "", 400, "invalid_request_error", /JSON|empty|body/i],
  ["bad input: a body that is no object", "[1]", 400, "invalid_request_error", /object|model/],
  ["bad input: a wrong type", { model: "sim/text", max_tokens: "many", messages: hello }, 400, "invalid_request_error", /max_tokens/],
  ["bad input: no max_tokens", { model: "sim/text", messages: hello }, 400, "invalid_request_error", /max_tokens/],
  ["bad input: no messages", { model: "sim/text", max_tokens: 9 }, 400, "invalid_request_error", /messages/],
  ["bad input: no model", { max_tokens: 9, messages: hello }, 400, "invalid_request_error", /model/],
  ["bad input: a role nobody has", { model: "sim/text", max_tokens: 9, messages: [{ role: "robot", content: "x" }] }, 400,
    "invalid_request_error", /messages\.0|role/],
];

describe("bad input", () => {
  const scope = new Scope();
  after(() => scope.end());
  let simulator, turnpike;
  before(async () => ({ simulator, turnpike } = await startWorld(scope)));

  for (const [name, body, status, type, says] of WRONG) {
    test(name, async () => {
      for (const more of [{}, { stream: true }]) {
        const whole = typeof body === "string" ? body : { ...body, ...more };
        const answer = await turnpike.ask("/v1/messages", { body: whole });
        const text = await answer.text();
        assert.equal(answer.status, status, text);
        assert.match(answer.headers.get("content-type"), /^application\/json/);
        const { type: shape, error } = JSON.parse(text);
        assert.deepEqual([shape, error.type], ["error", type]);
        assert.match(error.message, says);
      }
      assert.deepEqual(await simulator.chats(), [], "nothing went upstream");
    });
  }

  test("bad input: an unknown model is 404 with the three nearest names", async () => {
    fs.writeFileSync(
      path.join(turnpike.dataDir, "config.toml"),
      ["quick", "quiet", "quite", "zebra"].map((name) => `[[map]]\nname = "${name}"\ntarget = "sim/text"\n`).join(""),
    );
    await turnpike.stop();
    await turnpike.start();
    const answer = await turnpike.messages({ model: "quick2" });
    const { error } = await answer.json();
    assert.equal(answer.status, 404, error.message);
    assert.equal(error.type, "not_found_error");
    for (const near of ["quick", "quiet", "quite"]) assert.ok(error.message.includes(near), error.message);
    assert.ok(!error.message.includes("zebra"), error.message);
  });
});

/** Starts the service where it cannot start: `{code, stdout, stderr}`. */
function cannotServe(turnpike, listen = "127.0.0.1:0") {
  const args = ["serve", "--listen", listen, "--upstream", turnpike.upstream, "--data-dir", turnpike.dataDir];
  return run(turnpikeBinary(), args, { env: turnpike.env, ms: 20_000 });
}

test("a broken config is refused with its line and key", async (t) => {
  const rows = [
    ["[proxy]\nlisten = 4117\n", /config\.toml:2|line 2/, /listen/],
    ['[proxy]\nlisten = "127.0.0.1:0"\n\n[budget]\ndaily_used = 5.0\n', /config\.toml:5|line 5/, /daily_used/],
    ['[[map]]\nname = "a"\n', /config\.toml:1|line 1/, /target/],
    ["[proxy\n", /config\.toml:1|line 1/, /./],
  ];
  for (const [config, line, key] of rows) {
    const turnpike = new Turnpike(t, { upstream: "http://127.0.0.1:9/api/v1", config });
    const { code, stdout, stderr } = await cannotServe(turnpike);
    assert.ok(Number.isInteger(code) && code !== 0, `exit code ${code} for ${config}`);
    assert.match(stderr, line);
    assert.match(stderr, key);
    assert.doesNotMatch(stdout, /listening/);
    assert.equal(fs.readFileSync(path.join(turnpike.dataDir, "config.toml"), "utf8"), config, "left as it was");
  }
});

test("a taken port is refused with the process that holds it", async (t) => {
  const holder = net.createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  t.after(() => holder.close());
  const turnpike = new Turnpike(t, { upstream: "http://127.0.0.1:9/api/v1" });
  const { code, stderr } = await cannotServe(turnpike, `127.0.0.1:${holder.address().port}`);
  assert.ok(Number.isInteger(code) && code !== 0, `exit code ${code}`);
  assert.ok(stderr.includes(String(holder.address().port)), stderr);
  assert.ok(stderr.includes(String(process.pid)), `names process ${process.pid}:\n${stderr}`);
});

test("without a key a request says how to set one", async (t) => {
  const { simulator, turnpike } = await startWorld(t, { env: {} });
  const answer = await turnpike.messages({ model: "sim/text" });
  const { type, error } = await answer.json();
  assert.equal(type, "error");
  assert.equal(answer.status, 401, error.message);
  assert.match(error.message, /turnpike key set/);
  assert.equal(answer.headers.get("x-should-retry"), "false");
  assert.deepEqual(await simulator.chats(), [], "nothing went upstream");
});

test("an upstream that is down is an error that names it", async (t) => {
  const { simulator, turnpike } = await startWorld(t);
  await simulator.stop();
  for (const stream of [false, true]) {
    const answer = await turnpike.messages({ model: "sim/text", stream });
    const { type, error } = await answer.json();
    assert.ok([502, 503].includes(answer.status), `${answer.status} ${error.message}`);
    assert.deepEqual([type, error.type], ["error", "api_error"]);
    assert.ok(error.message.includes(simulator.address), error.message);
  }
});

test("a command that cannot be carried out ends with a sentence and an exit code", async (t) => {
  const { turnpike } = await startWorld(t);
  const rows = [
    [["no-such-command"], /no-such-command/],
    [["map", "rm", "never-added"], /never-added/],
    [["spend", "--by", "colour"], /colour/],
    [["serve", "--listen", "nonsense"], /nonsense/],
    [["serve", "--upstream", "http://example.org/api/v1"], /https/],
  ];
  for (const [args, says] of rows) {
    const { code, stderr } = await turnpike.cli(...args);
    assert.ok(Number.isInteger(code) && code !== 0, `turnpike ${args.join(" ")}: exit code ${code}`);
    assert.match(stderr, says);
    assert.doesNotMatch(stderr, /panicked|RUST_BACKTRACE|Error \{/);
  }
});
