// What must be true of the scripted agent walk (the simulator's model `sim/agent`), read from the requests that
// reached the simulator. The walk: thinking and two Bash calls at once, Read of a picture, Read of a PDF, ToolSearch,
// WebSearch, Write, and a last word.

import assert from "node:assert/strict";
import fs from "node:fs";

import { WRITTEN } from "./claude.js";

/** The tools that the walk uses. */
export const TOOLS = ["Bash", "Read", "Write", "ToolSearch", "WebSearch"];

/** The word that ends it. */
export const LAST_WORD = "ALL DONE";

/** The scripted model. */
export const MODEL = "sim/agent";

const list = (value) => (Array.isArray(value) ? value : []);
const toolNames = (body) => list(body.tools).map((tool) => tool.function?.name ?? tool.type);
const toolCalls = (body) => body.messages.flatMap((message) => list(message.tool_calls));
const parts = (body) => body.messages.flatMap((message) => list(message.content));

/** All text of a message, whichever shape it has. */
const textOf = ({ content }) =>
  typeof content === "string" ? content : list(content).map((part) => part.text ?? "").join("\n");

/** The turns of the main conversation: the requests that offer Bash. */
function turns(walk) {
  const found = walk.chats.map((chat) => chat.body).filter((body) => toolNames(body).includes("Bash"));
  assert.ok(found.length >= 7, `the walk has at least seven turns, the simulator saw ${found.length}`);
  return found;
}

/** The last turn, which carries the whole conversation. */
const lastTurn = (walk) => turns(walk).at(-1);

export function noRequestIsFaulty(walk) {
  for (const { seq, path, faults } of walk.requests) assert.deepEqual(faults, [], `request ${seq} (${path})`);
}

export function fileIsByteExact(walk) {
  assert.deepEqual(fs.readFileSync(walk.project.files.out), Buffer.from(WRITTEN));
}

export function parallelCallsAreAnsweredTogether(walk) {
  const { messages } = lastTurn(walk);
  const at = messages.findIndex((m) => list(m.tool_calls).filter((call) => call.function.name === "Bash").length === 2);
  assert.notEqual(at, -1, "no assistant turn holds two Bash calls");
  for (const call of messages[at].tool_calls) assert.ok(JSON.parse(call.function.arguments).command, "a command to run");
  const answers = messages.slice(at + 1, at + 3);
  assert.deepEqual(answers.map((m) => m.role), ["tool", "tool"]);
  const asked = messages[at].tool_calls.map((call) => call.id);
  assert.deepEqual(answers.map((m) => m.tool_call_id).sort(), asked.sort(), "each call has its own answer");
}

export function pictureAndPaperReachTheModel(walk) {
  const all = parts(lastTurn(walk));
  const pictures = all.filter((part) => part.type === "image_url").map((part) => part.image_url.url);
  assert.deepEqual(pictures, [`data:image/png;base64,${walk.project.picture.toString("base64")}`]);
  const papers = all.filter((part) => part.type === "file").map((part) => part.file.file_data);
  assert.deepEqual(papers, [`data:application/pdf;base64,${walk.project.paper.toString("base64")}`]);
}

export function webSearchIsMapped(walk) {
  const searches = walk.chats.filter((chat) => toolNames(chat.body).includes("openrouter:web_search"));
  assert.equal(searches.length, 1, "one request searches the web, with the upstream's own tool");
  assert.ok(!JSON.stringify(walk.chats.map((chat) => chat.body.tools)).includes("web_search_20250305"));
}

export function deferredToolComesAfterToolSearch(walk) {
  const searched = (body) => toolCalls(body).some((call) => call.function.name === "ToolSearch");
  const before = turns(walk).filter((body) => !searched(body));
  const after = turns(walk).filter(searched);
  assert.ok(before.length > 0 && after.length > 0, "turns on both sides of ToolSearch");
  for (const body of before) assert.ok(!toolNames(body).includes("WebSearch"), "WebSearch was offered too early");
  for (const body of after) assert.ok(toolNames(body).includes("WebSearch"), "WebSearch is missing after ToolSearch");
}

export function placeholderNeverLeaves(walk) {
  for (const { seq, body } of walk.chats) {
    assert.ok(!toolNames(body).includes("DeferredToolPlaceholder"), `request ${seq} offers the placeholder`);
  }
}

/** The client says where it works in a system message behind the first user message. */
export function systemTextKeepsItsPlace(walk) {
  for (const { messages } of turns(walk)) {
    const prompt = messages.findIndex((m) => m.role === "user" && textOf(m).includes(walk.project.prompt));
    const place = messages.findIndex((m) => textOf(m).includes(`Primary working directory: ${walk.project.folder}`));
    const answer = messages.findIndex((m) => m.role === "assistant");
    assert.notEqual(prompt, -1, "the prompt is there");
    assert.ok(place >= prompt, `the system text (${place}) stands behind the prompt (${prompt})`);
    assert.ok(answer === -1 || place < answer, `the system text (${place}) stands before the answer (${answer})`);
  }
}

export function thinkingIsAskedForAndReplayed(walk) {
  for (const body of turns(walk)) assert.ok(body.reasoning, "each turn asks for reasoning");
  const thought = turns(walk)
    .slice(1)
    .map(({ messages }) => messages.find((m) => m.role === "assistant"));
  for (const message of thought) {
    assert.ok(message.reasoning || list(message.reasoning_details).length > 0, "the first answer's thinking comes back");
  }
}

export function identityStaysHere(walk) {
  assert.match(walk.deviceId, /^[0-9a-f]{64}$/, "the client has made itself an identity");
  for (const request of walk.requests) {
    const sent = JSON.stringify(request);
    assert.ok(!sent.includes("x-anthropic-billing-header"), `request ${request.seq} carries the billing block`);
    assert.ok(!sent.includes(walk.deviceId), `request ${request.seq} carries the device id`);
  }
}
