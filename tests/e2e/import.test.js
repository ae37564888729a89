// What another tool's settings become: shown first, written when asked to, and requests land there.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test, { after, before, describe } from "node:test";

import { Scope } from "./harness/scope.js";
import { startWorld } from "./harness/world.js";

const CONFIG = "# mine\n[[map]]\nname = \"*haiku*\"\ntarget = \"sim/text+words=9\"\n";
const KEY = "sk-or-v1-0000000000000000000000000000000000000000000000000000imported";
const CCR = {
  CUSTOM_ROUTER_PATH: "/home/me/router.js",
  Providers: [
    { name: "or", api_base_url: "https://openrouter.ai/api/v1/chat/completions", api_key: KEY, models: ["sim/text+words=2"] },
    { name: "local", api_base_url: "http://127.0.0.1:11434/v1", api_key: "x", models: ["qwen3"] },
  ],
  Router: { default: "or,sim/error-529", think: "or,sim/text+words=3", background: "local,qwen3" },
  fallback: { default: ["or,sim/text+words=2"] },
};
const LITELLM = `model_list:
  - model_name: quick
    litellm_params: {model: openrouter/sim/text+words=4, api_key: os.environ/OPENROUTER_API_KEY}
`;

describe("import", { timeout: 120_000 }, () => {
  const scope = new Scope();
  after(() => scope.end());
  let turnpike;
  let simulator;
  const config = () => fs.readFileSync(path.join(turnpike.dataDir, "config.toml"), "utf8");

  before(async () => {
    ({ turnpike, simulator } = await startWorld(scope, { config: CONFIG }));
    const folder = path.join(turnpike.env.HOME, ".claude-code-router");
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, "config.json"), JSON.stringify(CCR));
  });

  test("a preview writes nothing and shows no key", async () => {
    const { code, stdout, stderr } = await turnpike.cli("import");
    assert.equal(code, 0, stderr);
    for (const part of ["claude-code-router", "[[map]]", "sim/error-529", "router script", "••••rted", "--apply", "qwen3"]) {
      assert.ok(stdout.includes(part), `${part}\n${stdout}`);
    }
    assert.ok(!stdout.includes("000000"), stdout);
    assert.equal(config(), CONFIG);
  });

  test("what is imported is in force: the target, then its fallback", async () => {
    const { code, stdout, stderr } = await turnpike.cli("import", "--from", "ccr", "--apply");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Written: 1 map, 1 rule\./);
    assert.ok(config().startsWith(CONFIG) && !config().includes("sk-or-"), config());
    await simulator.reset();
    const answer = await turnpike.messages({ model: "claude-opus-5" });
    assert.equal(answer.status, 200, await answer.text());
    const thinking = { type: "enabled", budget_tokens: 1024 };
    assert.equal((await turnpike.messages({ model: "claude-opus-5", max_tokens: 4096, thinking })).status, 200);
    const asked = (await simulator.chats()).map((chat) => chat.body.model);
    assert.deepEqual(asked, ["sim/error-529", "sim/text+words=2", "sim/text+words=3"]);
  });

  test("maps that are there stay, and the service's own are not doubled", async () => {
    const before = config();
    const { code, stdout } = await turnpike.cli("import", "--from", "ccr", "--apply");
    assert.equal(code, 0);
    assert.match(stdout, /Left out:/);
    assert.equal(config(), before);
  });

  test("a file that is named, without a service", async () => {
    await turnpike.stop();
    const file = path.join(turnpike.dataDir, "litellm.yaml");
    fs.writeFileSync(file, LITELLM);
    const { code, stdout, stderr } = await turnpike.cli("import", file, "--apply");
    assert.equal(code, 0, stderr + stdout);
    await turnpike.start();
    await simulator.reset();
    assert.equal((await turnpike.messages({ model: "quick" })).status, 200);
    assert.equal((await simulator.chats())[0].body.model, "sim/text+words=4");
  });

  test("a malformed file is told with its place, and nothing is changed", async () => {
    const before = config();
    const file = path.join(turnpike.dataDir, "broken.yaml");
    fs.writeFileSync(file, "model_list:\n  - model_name: a\n broken: sk-or-v1-secret\n");
    const { code, stdout, stderr } = await turnpike.cli("import", file, "--apply");
    assert.notEqual(code, 0);
    assert.match(stderr, /broken\.yaml, line 3/);
    assert.ok(!(stdout + stderr).includes("secret"), stderr);
    assert.equal(config(), before);
  });
});
