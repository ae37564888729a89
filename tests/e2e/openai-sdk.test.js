// OpenAI's SDKs on /v1/chat/completions: the answer whole and streamed is the same, errors are theirs, the bill agrees.

import assert from "node:assert/strict";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { emptyEnvironment, freshFolder, python } from "./harness/places.js";
import { run } from "./harness/program.js";
import { Scope } from "./harness/scope.js";
import { startWorld } from "./harness/world.js";
import * as node from "./sdk/completions.js";

const WEATHER = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather of a city now.",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

/** Each scripted model, how many tools it calls and how it ends. */
const MODELS = [
  { model: "sim/text", calls: 0, finish: "stop" },
  { model: "sim/tool", calls: 1, finish: "tool_calls" },
  { model: "sim/parallel", calls: 2, finish: "tool_calls" },
];

/** What is refused, and the class that both SDKs have for it. */
const REFUSALS = [
  { model: "sim/text", token: "wrong", name: "AuthenticationError", status: 401, code: "invalid_api_key" },
  { model: "gpt-no-such", name: "NotFoundError", status: 404, code: "model_not_found" },
  { model: "sim/error-429+retry-after=0", name: "RateLimitError", status: 429, code: "rate_limit_exceeded" },
  { model: "sim/error-400-context", name: "BadRequestError", status: 400, code: "context_length_exceeded" },
];

const request = (model) => ({
  model,
  max_completion_tokens: 4096,
  tools: [WEATHER],
  messages: [{ role: "user", content: "What is the weather in Łódź and in 東京?" }],
});

/** A choice in what both ways must agree on; ids are each request's own. */
function comparable({ object, model, choices }) {
  return {
    object,
    model,
    choices: choices.map(({ index, finish_reason, message }) => ({
      index,
      finish_reason,
      // The upstream names the role in each chunk, and Python's helper strings the names together.
      role: message.role.replace(/^(assistant)+$/, "assistant"),
      content: message.content || null, // no text: null in an answer, what pieces come to in a stream
      calls: (message.tool_calls ?? []).map((call) => [call.type, call.function.name, call.function.arguments]),
    })),
  };
}

function sameBothWays({ created, streamed, text, events, usage }, { model, calls, finish }) {
  assert.deepEqual(comparable(streamed), comparable(created), model);
  const [choice] = created.choices;
  assert.equal(choice.finish_reason, finish);
  assert.equal(choice.message.tool_calls?.length ?? 0, calls);
  for (const call of choice.message.tool_calls ?? []) {
    assert.equal(call.function.name, "get_weather");
    assert.equal(typeof JSON.parse(call.function.arguments).city, "string");
  }
  assert.equal(text, choice.message.content ?? "", "the text that was streamed is the text of the answer");
  assert.ok(events > 1, "it came in pieces");
  for (const { prompt_tokens, completion_tokens, total_tokens } of [created.usage, usage]) {
    assert.ok(prompt_tokens > 0 && completion_tokens > 0, "usage is counted");
    assert.equal(total_tokens, prompt_tokens + completion_tokens);
  }
  assert.equal(usage.completion_tokens, created.usage.completion_tokens, "as much was said both ways");
}

describe("OpenAI's SDKs", { timeout: 180_000 }, () => {
  const scope = new Scope();
  after(() => scope.end());
  let simulator, turnpike;
  before(async () => ({ simulator, turnpike } = await startWorld(scope)));

  async function inPython(task, { url, token }, body = {}) {
    const script = path.join(import.meta.dirname, "sdk/completions.py");
    const env = emptyEnvironment(freshFolder(scope, "python-home"));
    const { code, stdout, stderr } = await run(python(), [script, task, url, token], { env, input: JSON.stringify(body) });
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  }
  const viaPython = {
    ask: (world, body) => inPython("ask", world, body),
    models: (world) => inPython("models", world),
    refusal: (world, body) => inPython("refusal", world, body),
  };

  async function refusedAs(sdk, { model, token = turnpike.token, name, status, code }) {
    const refusal = await sdk.refusal({ url: turnpike.url, token }, request(model));
    assert.deepEqual([refusal.name, refusal.status, refusal.code], [name, status, code], refusal.message);
    assert.ok(refusal.message.length > 20, "a sentence");
  }

  /** The same answer both ways, from each scripted model. */
  async function answers(sdk) {
    for (const row of MODELS) sameBothWays(await sdk.ask(turnpike, request(row.model)), row);
  }

  async function listsModels(sdk) {
    const ids = await sdk.models(turnpike);
    assert.ok(ids.length > 0 && ids.every((id) => typeof id === "string" && id.length > 0), `${ids}`);
  }

  async function refuses(sdk) {
    for (const row of REFUSALS) await refusedAs(sdk, row);
  }

  test("OpenAI's Node SDK: plain and streamed answers are the same, with tool calls and usage", () => answers(node));
  test("OpenAI's Node SDK: the models on offer are listed", () => listsModels(node));
  test("OpenAI's Node SDK: what is refused is the SDK's own kind of error", () => refuses(node));
  test("OpenAI's Python SDK: plain and streamed answers are the same, with tool calls and usage", () => answers(viaPython));
  test("OpenAI's Python SDK: the models on offer are listed", () => listsModels(viaPython));
  test("OpenAI's Python SDK: what is refused is the SDK's own kind of error", () => refuses(viaPython));

  test("OpenAI's SDKs: the ledger's bill is the simulator's, and no request is faulty", async () => {
    const known = (await turnpike.ledger()).length;
    for (const sdk of [node, viaPython]) await sdk.ask(turnpike, request("sim/tool+cost=0.000123456789"));
    const rows = await turnpike.settledLedger(known + 4);
    const last = rows.slice(known).map((row) => [row.stream, row.cost_nanos, row.cost_source, row.status]);
    const [whole, streamed] = [0, 1].map((stream) => [stream, 123_457, "upstream", "ok"]);
    assert.deepEqual(last, [whole, streamed, whole, streamed]);
    const { total } = await simulator.bill();
    assert.equal(rows.reduce((sum, row) => sum + (row.cost_nanos ?? 0), 0), total);
    for (const { seq, faults } of await simulator.chats()) assert.deepEqual(faults, [], `request ${seq}`);
  });
});
