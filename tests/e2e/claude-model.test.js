// `/model` in the real client's terminal: our models stand in its picker, and the one that is picked is asked from then on.

import assert from "node:assert/strict";
import path from "node:path";
import test from "node:test";

import { clientEnvironment, printRun } from "./harness/claude.js";
import { eventually } from "./harness/deadline.js";
import { answerFirstStart, answerUntilSaid, leave, press, say } from "./harness/dialogs.js";
import { claudeBinary, freshFolder, readIfThere } from "./harness/places.js";
import { KEY, Terminal } from "./harness/terminal.js";
import { startWorld } from "./harness/world.js";

/** The client's own names go to scripted text; two more models are on offer. */
const CONFIG = `[[map]]
name = "claude*"
target = "sim/text"

[[map]]
name = "coder"
target = "qwen/qwen3-coder"
`;

const PICKED = { slug: "qwen/qwen3-coder", name: "Qwen: Qwen3 Coder 480B A35B" };
const TYPED = { slug: "openai/gpt-5.6-luna", name: "OpenAI: GPT-5.6 Luna" };
const alias = ({ slug }) => `claude-via-openrouter/${slug}`;

/** Says something and waits until the simulated model has named itself. */
async function askWho(terminal, { slug }) {
  await say(terminal, "Who are you?");
  await answerUntilSaid(terminal, `You chose ${slug}`, { ms: 60_000 });
}

test("a model picked in the client's list, or named by its alias, is asked from then on", { timeout: 180_000 }, async (t) => {
  const { simulator, turnpike } = await startWorld(t, { config: CONFIG });
  const home = freshFolder(t, "client-home");
  const terminal = new Terminal(claudeBinary(), [], {
    env: clientEnvironment(turnpike, home, { CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: "1" }),
    cwd: freshFolder(t, "project"),
    columns: 200,
    rows: 60,
  });
  t.after(() => terminal.close());
  await answerFirstStart(terminal);

  await say(terminal, "/model");
  const number = await terminal.until((screen) => new RegExp(`(\\d+)\\.\\s+${PICKED.name}`).exec(screen)?.[1], {
    what: `${PICKED.name} in the list`,
  });
  assert.match(terminal.screen(), new RegExp(`${TYPED.name}\\s+${TYPED.slug} through Turnpike`));
  await press(terminal, number, (screen) => /Set model to Qwen/.test(screen));
  const settings = () => readIfThere(path.join(home, ".claude/settings.json"))?.toString() ?? "";
  await eventually(() => settings().includes(`"model": "${alias(PICKED)}"`), { what: () => `the model in the settings, which are ${settings()}` });
  await askWho(terminal, PICKED);

  await say(terminal, `/model ${alias(TYPED)}`);
  // The conversation is cached for the other model: the client asks whether to switch.
  await terminal.until((screen) => /❯ 1\. Yes, switch to OpenAI/.test(screen), { what: "the question" });
  await press(terminal, KEY.enter, (screen) => /Set model to OpenAI/.test(screen));
  await askWho(terminal, TYPED);
  assert.equal(await leave(terminal), 0);

  const rows = (await turnpike.settledLedger(2)).filter((row) => row.class === "main" && row.status === "ok");
  assert.deepEqual(
    rows.map((row) => [row.requested_model, row.target]),
    [PICKED, TYPED].map((model) => [alias(model), model.slug]),
  );
  for (const { seq, faults } of await simulator.requests()) assert.deepEqual(faults, [], `request ${seq}`);
});

test("a conversation with calls goes on at a model of another maker, and back", { timeout: 180_000 }, async (t) => {
  const { simulator, turnpike } = await startWorld(t);
  const place = { home: freshFolder(t, "client-home"), folder: freshFolder(t, "project"), tools: ["Bash"] };
  const models = ["sim/interleaved-thinking", "google/gemini-3.7-flash", "anthropic/claude-sonnet-5", "sim/gemini-text",
    "deepseek/deepseek-v4-pro-0813", "openai/gpt-5.6-luna", "google/gemini-3.7-flash"];
  for (const [turn, model] of models.entries()) {
    const more = turn > 0 ? ["--continue"] : [];
    const { code, stdout, stderr } = await printRun(turnpike, { ...place, prompt: `Turn ${turn}.`, model, more });
    assert.equal(code, 0, `${model}: ${stderr || stdout}`);
  }
  for (const { seq, model, faults } of await simulator.requests()) assert.deepEqual(faults, [], `request ${seq}, ${model}`);
  assert.deepEqual((await turnpike.settledLedger(models.length)).filter((row) => row.status !== "ok"), []);
});
