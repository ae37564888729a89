// Asks for one message twice with Anthropic's TypeScript SDK: whole, and through its streaming helper.

import Anthropic from "@anthropic-ai/sdk";

/** `{created, streamed, text, events}` for the request `body`. */
export async function ask({ url, token }, body) {
  const client = new Anthropic({ baseURL: url, authToken: token, apiKey: null, maxRetries: 0, timeout: 30_000 });
  const created = await client.messages.create(body);
  const events = [];
  let text = "";
  const stream = client.messages.stream(body);
  stream.on("streamEvent", (event) => events.push(event.type));
  stream.on("text", (delta) => (text += delta));
  const streamed = await stream.finalMessage();
  return { created, streamed, text, events };
}
