// Claude's Agent SDK through Turnpike: a tool of the asking process and a tool of the client's own are called, and
// what they say reaches the model.

import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";

import { clientEnvironment } from "./harness/claude.js";
import { within } from "./harness/deadline.js";
import { freshFolder } from "./harness/places.js";
import { Scope } from "./harness/scope.js";
import { startWorld } from "./harness/world.js";
import { agentRun, COUNTED, LANTERNS } from "./sdk/agent.js";

/** Calls Bash if it is on offer, else the first tool, and then says its last words. */
const MODEL = "sim/tool";
const LAST_WORDS = "The tools answered, and the simulated model is content.";

/** What each query offers, what the model calls, and what the tool answers. */
const QUERIES = [
  { tools: [], called: LANTERNS, answer: COUNTED },
  { tools: ["Bash"], called: "Bash", answer: "call 1" },
];

const blocks = (messages, type) =>
  messages.filter((message) => message.type === type).flatMap((message) => message.message.content);

/** What the model was told by tools in a request, as text. */
const toolWords = ({ body }) =>
  body.messages
    .filter((message) => message.role === "tool")
    .flatMap(({ content }) => (typeof content === "string" ? [content] : content.map((part) => part.text)));

describe("Agent SDK", { timeout: 180_000 }, () => {
  const scope = new Scope();
  after(() => scope.end());
  let simulator, turnpike, env;
  before(async () => {
    ({ simulator, turnpike } = await startWorld(scope));
    env = clientEnvironment(turnpike, freshFolder(scope, "client-home"), { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1" });
  });

  /** One query, which is broken off when it takes too long. */
  async function ask(prompt, { tools, allowed }) {
    const abortController = new AbortController();
    const cwd = freshFolder(scope, "project");
    const options = { model: MODEL, env, cwd, tools, allowedTools: allowed, abortController };
    try {
      return await within(agentRun(prompt, options), 60_000, "the query to end");
    } finally {
      abortController.abort();
    }
  }

  /** The model calls the tool once, hears its answer, and ends. */
  async function callsAndHears({ tools, called, answer }) {
    const known = (await simulator.chats()).length;
    const { messages, calls, stderr } = await ask("Count the lanterns.", { tools, allowed: [called] });

    const result = messages.at(-1);
    assert.deepEqual([result.type, result.subtype, result.result], ["result", "success", LAST_WORDS], stderr);
    const uses = blocks(messages, "assistant").filter((block) => block.type === "tool_use");
    assert.deepEqual(uses.map((use) => use.name), [called]);
    assert.deepEqual(calls, called === LANTERNS ? [uses[0].input] : [], "this process was asked when it should be");
    const [given] = blocks(messages, "user").filter((block) => block.type === "tool_result");
    assert.equal(given.tool_use_id, uses[0].id);

    const chats = (await simulator.chats()).slice(known);
    assert.equal(chats.length, 2, "the call, and the last words");
    for (const { seq, faults } of chats) assert.deepEqual(faults, [], `request ${seq}`);
    assert.deepEqual(chats.map(toolWords), [[], [answer]]);
  }

  test("Agent SDK: a tool of the asking process is called and answers the model", () => callsAndHears(QUERIES[0]));
  test("Agent SDK: the client's Bash is called and answers the model", () => callsAndHears(QUERIES[1]));

  test("Agent SDK: each query is a session of the ledger, and the bill is the simulator's", async () => {
    const known = (await turnpike.ledger()).length;
    const sessions = [];
    for (const { tools, called } of QUERIES) {
      const { messages } = await ask("Count once more.", { tools, allowed: [called] });
      sessions.push(messages.at(-1).session_id);
    }
    const rows = await turnpike.settledLedger(known + 4);
    const told = rows.slice(known).map((row) => [row.session, row.class, row.target, row.status]);
    assert.deepEqual(told, sessions.flatMap((session) => Array(2).fill([session, "main", MODEL, "ok"])));
    assert.equal(rows.reduce((sum, row) => sum + row.cost_nanos, 0), (await simulator.bill()).total);
  });
});
