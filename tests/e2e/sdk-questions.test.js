// Anthropic's SDKs beside messages: tokens are counted, models are listed, and a refusal is the SDK's own kind of error.

import assert from "node:assert/strict";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { emptyEnvironment, freshFolder, python } from "./harness/places.js";
import { run } from "./harness/program.js";
import { Scope } from "./harness/scope.js";
import { startWorld } from "./harness/world.js";
import * as typescript from "./sdk/questions.js";

/** The names on offer: more than a page of two. */
const NAMES = ["first", "second", "third"];
const CONFIG = NAMES.map((name) => `[[map]]\nname = "${name}"\ntarget = "sim/text"\n`).join("\n");

const messages = (text) => [{ role: "user", content: text }];

/** What is refused, and the class that both SDKs have for it. */
const REFUSALS = [
  { model: "sim/text", token: "wrong", name: "AuthenticationError", status: 401, type: "authentication_error" },
  { model: "no-such-model", name: "NotFoundError", status: 404, type: "not_found_error" },
  { model: "sim/error-429+retry-after=0", name: "RateLimitError", status: 429, type: "rate_limit_error" },
  { model: "sim/error-400-context", name: "BadRequestError", status: 400, type: "invalid_request_error" },
];

describe("Anthropic's SDKs", { timeout: 180_000 }, () => {
  const scope = new Scope();
  after(() => scope.end());
  let turnpike;
  before(async () => ({ turnpike } = await startWorld(scope, { config: CONFIG })));

  async function inPython(task, { url, token }, body = {}) {
    const script = path.join(import.meta.dirname, "sdk/questions.py");
    const env = emptyEnvironment(freshFolder(scope, "python-home"));
    const { code, stdout, stderr } = await run(python(), [script, task, url, token], { env, input: JSON.stringify(body) });
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  }
  const viaPython = {
    count: (world, body) => inPython("count", world, body),
    models: (world) => inPython("models", world),
    refusal: (world, body) => inPython("refusal", world, body),
  };

  async function refuses(sdk) {
    for (const { model, token = turnpike.token, ...expected } of REFUSALS) {
      const body = { model, max_tokens: 100, messages: messages("Hello") };
      const { message, ...refusal } = await sdk.refusal({ url: turnpike.url, token }, body);
      assert.deepEqual(refusal, expected, message);
    }
  }

  test("Anthropic's SDKs: both are told the same count, and a longer request counts more", async () => {
    const short = { model: "first", messages: messages("Hello") };
    const long = { model: "first", messages: messages("The lanterns hang on the quay. ".repeat(50)) };
    const [few, many] = [await typescript.count(turnpike, short), await typescript.count(turnpike, long)];
    assert.ok(few > 0 && many > few + 200, `${few}, ${many}`);
    assert.deepEqual([await viaPython.count(turnpike, short), await viaPython.count(turnpike, long)], [few, many]);
  });

  test("Anthropic's SDKs: both list every model once, page by page", async () => {
    const ids = await typescript.models(turnpike);
    assert.equal(new Set(ids).size, ids.length, `${ids}`);
    for (const name of NAMES) assert.ok(ids.some((id) => id.endsWith(name)), `${name} is missing: ${ids}`);
    assert.deepEqual(await viaPython.models(turnpike), ids);
  });

  test("Anthropic's TypeScript SDK: what is refused is the SDK's own kind of error", () => refuses(typescript));
  test("Anthropic's Python SDK: what is refused is the SDK's own kind of error", () => refuses(viaPython));
});
