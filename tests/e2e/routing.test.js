// The real client goes on, without its user doing anything, whatever happens to a model before its first byte.

import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";

import { clientEnvironment } from "./harness/claude.js";
import { claudeBinary, freshFolder } from "./harness/places.js";
import { run } from "./harness/program.js";
import { Scope } from "./harness/scope.js";
import { startWorld } from "./harness/world.js";

const SPARE = "sim/text+words=5";
const FIRST_WORDS = "The simulated model answers with";

/** What happens, what the simulator plays for it, and the outcomes that the log entry must show. */
const TROUBLES = [
  ["429 with Retry-After", "error-429+retry-after=1+times=1+words=5", ["rate_limited", "ok"]],
  ["529", "error-529", ["overloaded", "ok"]],
  ["502 with a web page", "error-502-html", ["provider", "ok"]],
  ["closed before the first byte", "close", ["unreachable", "unreachable", "ok"]],
  ["the model is taken away", "error-400-model", ["model_gone", "ok"]],
  ["tools are refused", "error-404-tools", ["no_tools", "ok"]],
  ["images are refused", "error-404-images", ["no_images", "ok"]],
  ["the context is too long", "error-400-context", ["context_too_long", "ok"]],
];
const nameOf = (number) => `trouble-${number}`;
const map = (name, target) => `[[map]]\nname = "${name}"\ntarget = "${target}"\nfallback = ["${SPARE}"]\n`;

describe("routing", { timeout: 240_000 }, () => {
  const scope = new Scope();
  after(() => scope.end());
  const world = {};

  before(async () => {
    const maps = TROUBLES.map(([, scenario], number) => map(nameOf(number), `sim/${scenario}`));
    const config = `${maps.join("")}[[map]]\nname = "claude-*"\ntarget = "${SPARE}"\n`;
    Object.assign(world, await startWorld(scope, { config }));
  });

  for (const [number, [label, scenario, outcomes]] of TROUBLES.entries()) {
    test(`routing: claude -p goes on: ${label}`, async () => {
      const more = { ANTHROPIC_MODEL: nameOf(number), CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1" };
      const env = clientEnvironment(world.turnpike, freshFolder(scope, "client-home"), more);
      const cwd = freshFolder(scope, "project");
      const { code, stdout, stderr } = await run(claudeBinary(), ["-p", "Say hello"], { env, cwd, ms: 60_000 });
      assert.equal(code, 0, stderr || stdout);
      assert.ok(stdout.startsWith(FIRST_WORDS), stdout);
      const rows = (await world.turnpike.ledger()).filter((row) => row.requested_model === nameOf(number));
      assert.equal(rows.length, 1, "the client asked once and got one answer");
      const tries = JSON.parse(rows[0].attempts);
      assert.deepEqual(tries.map((attempt) => attempt.outcome), outcomes);
      assert.equal(tries[0].target, `sim/${scenario}`);
      assert.equal(JSON.parse(rows[0].decision).map, nameOf(number));
    });
  }
});
