// Conversations that Anthropic would hold between turns: the SDKs' tool runners and threads send only what is new, are told
// that nothing is held here, and send the whole conversation.

import assert from "node:assert/strict";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { emptyEnvironment, freshFolder, python } from "./harness/places.js";
import { run } from "./harness/program.js";
import { Scope } from "./harness/scope.js";
import { startWorld } from "./harness/world.js";
import * as typescript from "./sdk/threads.js";

const WEATHER = {
  name: "get_weather",
  description: "The weather of a city now.",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const TEXTS = ["The first.", "The second.", "The third."];
const question = { max_tokens: 1024, messages: [{ role: "user", content: "What is the weather?" }] };

describe("threads", { timeout: 180_000 }, () => {
  const scope = new Scope();
  after(() => scope.end());
  let world;
  before(async () => (world = await startWorld(scope)));

  async function inPython(task, { url, token }, ...input) {
    const script = path.join(import.meta.dirname, "sdk/threads.py");
    const env = emptyEnvironment(freshFolder(scope, "python-home"));
    const { code, stdout, stderr } = await run(python(), [script, task, url, token], { env, input: JSON.stringify(input) });
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  }
  const viaPython = {
    runTools: (world, body, tool) => inPython("run", world, body, tool),
    talk: (world, body, texts) => inPython("talk", world, body, texts),
  };

  /** What `ask` made the simulator hear: the roles of each request's messages. */
  async function heard(ask) {
    const before = (await world.simulator.requests()).length;
    const answered = await ask();
    const requests = (await world.simulator.requests()).slice(before).filter(({ method }) => method === "POST");
    for (const { seq, faults } of requests) assert.deepEqual(faults, [], `request ${seq}`);
    return { answered, roles: requests.map(({ body }) => body.messages.map(({ role }) => role).join(" ")) };
  }

  async function runsTools(sdk) {
    for (const stream of [false, true]) {
      const body = { ...question, model: "sim/tool", stream };
      const { answered, roles } = await heard(() => sdk.runTools(world.turnpike, body, WEATHER));
      assert.deepEqual(answered.stops, ["tool_use", "end_turn"], `stream: ${stream}`);
      assert.equal(answered.calls.length, 1);
      assert.equal(typeof answered.calls[0].city, "string");
      assert.deepEqual(roles, ["user", "user assistant tool"], "the result comes with what it is the result of");
    }
  }

  async function talks(sdk) {
    const body = { model: "sim/text", max_tokens: 1024 };
    const { answered, roles } = await heard(() => sdk.talk(world.turnpike, body, TEXTS));
    assert.deepEqual(answered, ["end_turn", "end_turn", "end_turn"]);
    assert.deepEqual(roles, ["user", "user assistant user", "user assistant user assistant user"]);
  }

  test("TypeScript SDK: the tool runner has its results understood and ends", () => runsTools(typescript));
  test("Python SDK: the tool runner has its results understood and ends", () => runsTools(viaPython));
  test("TypeScript SDK: each turn of a thread brings the whole conversation", () => talks(typescript));
  test("Python SDK: each turn of a thread brings the whole conversation", () => talks(viaPython));
});
