// The real client goes on, without its user doing anything, whatever happens to a model before its first byte.

import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";

import { clientEnvironment, project } from "./harness/claude.js";
import { eventually } from "./harness/deadline.js";
import { claudeBinary, freshFolder } from "./harness/places.js";
import { run } from "./harness/program.js";
import { Scope } from "./harness/scope.js";
import { startWorld } from "./harness/world.js";

const SPARE = "sim/text+words=5";
const FIRST_WORDS = "The simulated model answers with";

/** What the simulator plays, and the outcomes that the log entry must show. */
const TROUBLES = {
  limited: ["sim/error-429+retry-after=1+times=1+words=5", ["rate_limited", "ok"]],
  overloaded: ["sim/error-529", ["overloaded", "ok"]],
  page: ["sim/error-502-html", ["provider", "ok"]],
  closed: ["sim/close", ["unreachable", "unreachable", "ok"]],
  gone: ["sim/error-400-model", ["model_gone", "ok"]],
  toolless: ["sim/error-404-tools", ["no_tools", "ok"]],
  blind: ["sim/error-404-images", ["no_images", "ok"]],
  short: ["sim/error-400-context", ["context_too_long", "ok"]],
};
const map = (name, target) => `[[map]]\nname = "${name}"\ntarget = "${target}"\nfallback = ["${SPARE}"]\n`;

describe("routing", { timeout: 240_000 }, () => {
  const scope = new Scope();
  after(() => scope.end());
  let turnpike, simulator;

  before(async () => {
    const maps = Object.entries(TROUBLES).map(([name, [target]]) => map(name, target));
    const config = `${maps.join("")}[[map]]\nname = "claude-*"\ntarget = "${SPARE}"\n`;
    ({ turnpike, simulator } = await startWorld(scope, { config }));
  });

  /** One run of the client; `prompt` and `cwd` are those of a project where the request needs one. */
  async function goesOn(name, { prompt = "Say hello", cwd = freshFolder(scope, "project") } = {}) {
    const [target, outcomes] = TROUBLES[name];
    const more = { ANTHROPIC_MODEL: name, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1" };
    const env = clientEnvironment(turnpike, freshFolder(scope, "client-home"), more);
    const { code, stdout, stderr } = await run(claudeBinary(), ["-p", prompt], { env, cwd, ms: 60_000 });
    assert.equal(code, 0, stderr || stdout);
    assert.ok(stdout.startsWith(FIRST_WORDS), stdout);
    const settled = async () => {
      const rows = (await turnpike.ledger()).filter((row) => row.requested_model === name);
      return rows.length > 0 && rows.every((row) => row.attempts) && rows;
    };
    const rows = await eventually(settled, { what: `the row of ${name}` });
    assert.equal(rows.length, 1, "the client asked once and got one answer");
    const tries = JSON.parse(rows[0].attempts);
    assert.deepEqual(tries.map((attempt) => attempt.outcome), outcomes);
    assert.equal(tries[0].target, target);
    const decision = JSON.parse(rows[0].decision);
    assert.deepEqual([decision.by, decision.map, decision.targets], ["map", name, [target, SPARE]]);
    return chatsOf(name);
  }

  /** What the simulator was asked by the run, oldest first. */
  const chatsOf = async (name) => {
    const all = await simulator.chats();
    return all.filter(({ model }) => model === TROUBLES[name][0] || model === SPARE);
  };

  test("routing: claude -p goes on: 429 with Retry-After", () => goesOn("limited"));
  test("routing: claude -p goes on: 529", () => goesOn("overloaded"));
  test("routing: claude -p goes on: 502 with a web page", () => goesOn("page"));
  test("routing: claude -p goes on: closed before the first byte", () => goesOn("closed"));
  test("routing: claude -p goes on: the model is taken away", () => goesOn("gone"));

  test("routing: claude -p goes on: tools are refused", async () => {
    await simulator.reset();
    const chats = await goesOn("toolless");
    assert.equal(chats.length, 2);
    for (const { body } of chats) assert.ok(body.tools.length > 0, "tools were offered");
  });

  test("routing: claude -p goes on: images are refused", async () => {
    await simulator.reset();
    const { folder, files } = project(scope);
    const chats = await goesOn("blind", { prompt: `What is on @${files.png} ?`, cwd: folder });
    assert.equal(chats.length, 2);
    for (const { body } of chats) assert.ok(JSON.stringify(body.messages).includes("data:image/png;base64,"), "with the picture");
  });

  test("routing: claude -p goes on: the context is too long", () => goesOn("short"));
});
