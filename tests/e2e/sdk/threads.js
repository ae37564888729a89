// Conversations that Anthropic's TypeScript SDK would have the server hold: its tool runner, and its threads.

import Anthropic from "@anthropic-ai/sdk";

const clientOf = ({ url, token }) =>
  new Anthropic({ baseURL: url, authToken: token, apiKey: null, maxRetries: 0, timeout: 30_000 });

/** `{stops, calls}`: why each answer ended, and what the tool was called with. At most six answers. */
export async function runTools(world, { stream, ...body }, tool) {
  const calls = [];
  const run = (input) => {
    calls.push(input);
    return "Rain.";
  };
  const tools = [{ ...tool, run, parse: (input) => input }];
  const runner = clientOf(world).beta.messages.toolRunner({ ...body, tools, stream, max_iterations: 6 });
  const stops = [];
  for await (const answer of runner) {
    const message = stream ? await answer.finalMessage() : answer;
    stops.push(message.stop_reason);
  }
  return { stops, calls };
}

/** Why each answer of a thread ended that is told `texts`, one after the other. */
export async function talk(world, body, texts) {
  const thread = clientOf(world).beta.messages.thread(body);
  const stops = [];
  for (const content of texts) stops.push((await thread.send({ role: "user", content })).stop_reason);
  return stops;
}
