// What the real client takes from a picture, a PDF and the web: what it gets and shows, and what the model is given.

import assert from "node:assert/strict";
import test from "node:test";

import { jsonRun, project } from "./harness/claude.js";
import { freshFolder } from "./harness/places.js";
import { mapAll } from "./harness/turnpike.js";
import { startWorld } from "./harness/world.js";

const LAST_WORD = "ALL DONE";

/** What the simulated search finds and says. */
const QUERY = "Rust programming language";
const PAGES = [
  { title: "Rust Programming Language", url: "https://www.rust-lang.org/" },
  { title: "", url: "https://doc.rust-lang.org/book/" },
];
const SUMMARY = "The simulated search found two pages: the language's own site and its book.";

/** One run of `claude -p` on the scripted model; `prompt` is made of the project's files. */
async function runClient(t, prompt, tools) {
  const { simulator, turnpike } = await startWorld(t, { config: mapAll("sim/agent") });
  const { folder, files, picture, paper } = project(t);
  const home = freshFolder(t, "client-home");
  const { code, stderr, messages } = await jsonRun(turnpike, { home, folder, prompt: prompt(files), tools });
  assert.equal(code, 0, stderr);
  const chats = await simulator.chats();
  for (const { seq, faults } of chats) assert.deepEqual(faults, [], `request ${seq}`);
  const rows = await turnpike.settledLedger(chats.length);
  assert.deepEqual(rows.map((row) => row.status), chats.map(() => "ok"));
  const ended = messages.at(-1);
  assert.deepEqual([ended.type, ended.subtype, ended.result], ["result", "success", LAST_WORD]);
  return { files, picture, paper, messages, ended, chats, rows, conversation: chats.at(-1).body.messages };
}

/** The call of a tool that the client shows, with its result beside it. */
function shown(messages, name) {
  const blocks = messages.flatMap(({ message }) => (Array.isArray(message?.content) ? message.content : []));
  const calls = blocks.filter((block) => block.type === "tool_use" && block.name === name);
  assert.equal(calls.length, 1, `one call of ${name} is shown`);
  const result = blocks.find((block) => block.tool_use_id === calls[0].id);
  assert.ok(result && !result.is_error, `${name} worked: ${JSON.stringify(result)}`);
  const told = messages.find(({ message }) => message?.content?.includes?.(result)).tool_use_result;
  return { call: calls[0], result, told };
}

/** Where the answer to a call stands in what the model is given. */
function given(conversation, { id }) {
  const at = conversation.findIndex((message) => message.tool_call_id === id);
  assert.notEqual(at, -1, "the model is given the call's answer");
  assert.ok(conversation[at - 1].tool_calls.some((call) => call.id === id), "right after the call");
  return at;
}

const words = ({ content }) => (typeof content === "string" ? content : content.map((part) => part.text ?? "").join("\n"));

test("claude reads a picture: the client shows it and the model is given its bytes", { timeout: 120_000 }, async (t) => {
  const run = await runClient(t, (files) => `Look at it. png=${files.png}`, ["Bash", "Read"]);
  const { call, result } = shown(run.messages, "Read");
  assert.equal(call.input.file_path, run.files.png);
  const [{ type, source }] = result.content;
  const data = run.picture.toString("base64");
  assert.deepEqual([type, source], ["image", { type: "base64", media_type: "image/png", data }]);

  const at = given(run.conversation, call);
  const parts = run.conversation[at + 1].content;
  assert.equal(run.conversation[at + 1].role, "user", "a picture follows in a user's turn");
  assert.deepEqual(
    parts.filter((part) => part.type === "image_url").map((part) => part.image_url.url),
    [`data:image/png;base64,${data}`],
  );
  assert.ok(words(run.conversation[at + 1]).includes(call.id), "and says whose it is");
});

test("claude reads a PDF: the client shows it and the model is given its bytes", { timeout: 120_000 }, async (t) => {
  const run = await runClient(t, (files) => `Read it. pdf=${files.pdf}`, ["Bash", "Read"]);
  const { call, result } = shown(run.messages, "Read");
  assert.equal(call.input.file_path, run.files.pdf);
  const data = run.paper.toString("base64");
  const papers = result.content.filter((block) => block.type === "document").map((block) => block.source);
  assert.deepEqual(papers, [{ type: "base64", media_type: "application/pdf", data }]);

  const at = given(run.conversation, call);
  assert.match(words(run.conversation[at]), /PDF file read: .*paper\.pdf/, "what the client says of it");
  const parts = run.conversation[at + 1].content;
  assert.equal(run.conversation[at + 1].role, "user", "a file follows in a user's turn");
  assert.deepEqual(
    parts.filter((part) => part.type === "file").map((part) => part.file.file_data),
    [`data:application/pdf;base64,${data}`],
  );
  assert.ok(words(run.conversation[at + 1]).includes(call.id), "and says whose it is");
});

test("claude searches the web: the upstream's search runs, is shown with its pages and is counted", { timeout: 120_000 }, async (t) => {
  const run = await runClient(t, () => "Find it.", ["Bash", "ToolSearch", "WebSearch"]);
  const searches = run.chats.filter(({ body }) => JSON.stringify(body.tools ?? []).includes("openrouter:web_search"));
  assert.equal(searches.length, 1, "one request searches");
  const [{ body }] = searches;
  assert.deepEqual(body.tools.map((tool) => tool.type), ["openrouter:web_search"]);
  assert.ok(body.tools[0].parameters.max_uses > 0, "with the client's limit");
  assert.ok(words(body.messages.at(-1)).includes(QUERY));
  assert.ok(!JSON.stringify(run.chats.map((chat) => chat.body.tools)).includes("web_search_2025"));

  const { call, result, told } = shown(run.messages, "WebSearch");
  assert.equal(call.input.query, QUERY);
  assert.deepEqual([told.query, told.searchCount], [QUERY, 1]);
  assert.deepEqual(told.results.find((found) => found.content)?.content, PAGES, "the pages, as the client keeps them");
  assert.ok(told.results.includes(SUMMARY), "and the words about them");
  const counted = Object.values(run.ended.modelUsage).reduce((sum, usage) => sum + usage.webSearchRequests, 0);
  assert.equal(counted, 1, "in the client's own usage");
  const [row] = run.rows.filter((row) => row.web_searches > 0);
  assert.deepEqual([row.class, row.web_searches], ["auxiliary", 1], "and in the ledger");

  const at = given(run.conversation, call);
  assert.equal(words(run.conversation[at]), result.content, "the model is given what the client shows");
  for (const { url } of PAGES) assert.ok(result.content.includes(url), url);
});
