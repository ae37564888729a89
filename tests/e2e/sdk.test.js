// Anthropic's SDKs through Turnpike: a message asked for whole and the same message streamed come out the same.

import assert from "node:assert/strict";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { emptyEnvironment, freshFolder, python } from "./harness/places.js";
import { run } from "./harness/program.js";
import { Scope } from "./harness/scope.js";
import { startWorld } from "./harness/world.js";
import { ask as askTypeScript } from "./sdk/messages.js";

const WEATHER = {
  name: "get_weather",
  description: "The weather of a city now.",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

/** What each scripted model answers with, as kinds of content block. */
const MODELS = [
  { model: "sim/text", blocks: ["text"], stop: "end_turn" },
  { model: "sim/thinking", blocks: ["thinking", "text"], stop: "end_turn" },
  { model: "sim/tool", blocks: ["tool_use"], stop: "tool_use" },
  { model: "sim/parallel", blocks: ["tool_use", "tool_use"], stop: "tool_use" },
];

const request = (model) => ({
  model,
  max_tokens: 4096,
  thinking: { type: "enabled", budget_tokens: 1024 },
  tools: [WEATHER],
  messages: [{ role: "user", content: "What is the weather in Łódź and in 東京?" }],
});

const ENVELOPE = "turnpike.1.";

/** What a signature of ours holds: a stream may name the same fields in another order than a whole answer. */
function opened(signature) {
  assert.ok(signature.startsWith(ENVELOPE), signature);
  return JSON.parse(Buffer.from(signature.slice(ENVELOPE.length), "base64url").toString("utf8"));
}

/** A block without what each request has of its own (ids), its signature opened. */
function comparableBlock(block) {
  if (block.type === "tool_use") return { ...block, id: "toolu" };
  if (block.type === "thinking") return { ...block, signature: opened(block.signature) };
  return block;
}

/** A message's own fields; the helpers add some. */
function comparable({ type, role, model, content, stop_reason, stop_sequence, usage }) {
  const blocks = content.map(comparableBlock);
  return { type, role, model, content: blocks, stop_reason, stop_sequence, usage };
}

function sameBothWays({ created, streamed, text, events }, { model, blocks, stop }) {
  assert.deepEqual(comparable(streamed), comparable(created));
  const kinds = created.content.map((block) => block.type);
  assert.deepEqual(kinds.filter((kind) => blocks.includes(kind)), blocks, `${model} answers with ${kinds}`);
  assert.equal(created.stop_reason, stop);
  const whole = created.content.filter((block) => block.type === "text").map((block) => block.text);
  assert.equal(text, whole.join(""), "the text that was streamed is the text of the message");
  assert.equal(events[0], "message_start");
  assert.equal(events.filter((event) => event === "message_stop").length, 1);
  assert.ok(created.usage.input_tokens > 0 && created.usage.output_tokens > 0, "usage is counted");
}

describe("SDKs", () => {
  const scope = new Scope();
  after(() => scope.end());
  let world;
  before(async () => (world = await startWorld(scope)));

  async function askPython(body) {
    const script = path.join(import.meta.dirname, "sdk/messages.py");
    const env = emptyEnvironment(freshFolder(scope, "python-home"));
    const args = [script, world.turnpike.url, world.turnpike.token];
    const { code, stdout, stderr } = await run(python(), args, { env, input: JSON.stringify(body) });
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  }

  test("TypeScript SDK: plain and streamed answers are the same message", async () => {
    for (const row of MODELS) sameBothWays(await askTypeScript(world.turnpike, request(row.model)), row);
  });

  test("Python SDK: plain and streamed answers are the same message", async () => {
    for (const row of MODELS) sameBothWays(await askPython(request(row.model)), row);
  });

  test("both SDKs read the same message", async () => {
    for (const { model } of MODELS) {
      const [theirs, ours] = [await askPython(request(model)), await askTypeScript(world.turnpike, request(model))];
      assert.deepEqual(comparable(theirs.created).content, comparable(ours.created).content, model);
    }
  });

  test("the simulator finds no fault in what the SDKs sent", async () => {
    const requests = await world.simulator.requests();
    assert.ok(requests.length > 0);
    for (const { seq, faults } of requests) assert.deepEqual(faults, [], `request ${seq}`);
  });
});
