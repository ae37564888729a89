// Asks for one chat completion twice with OpenAI's Node SDK: whole, and through its streaming helper.

import OpenAI from "openai";

export const clientOf = ({ url, token }) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0, timeout: 30_000 });

/** `{created, streamed, text, events, usage}` for the request `body`; `usage` is what the last chunk says. */
export async function ask(turnpike, body) {
  const client = clientOf(turnpike);
  const created = await client.chat.completions.create(body);
  const stream = client.chat.completions.stream({ ...body, stream_options: { include_usage: true } });
  let [text, events, usage] = ["", 0, null];
  stream.on("content", (delta) => (text += delta));
  stream.on("chunk", (chunk) => {
    events += 1;
    usage = chunk.usage ?? usage;
  });
  const streamed = await stream.finalChatCompletion();
  return { created, streamed, text, events, usage };
}

/** The ids of the models on offer. */
export async function models(turnpike) {
  const ids = [];
  for await (const model of clientOf(turnpike).models.list()) ids.push(model.id);
  return ids;
}

/** The SDK's name for what a refused request throws, with its status: `{name, status, code, message}`. */
export async function refusal(turnpike, body) {
  try {
    await clientOf(turnpike).chat.completions.create(body);
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
    const { status, code, message } = error;
    return { name: error.constructor.name, status, code: code ?? null, message };
  }
  throw new Error(`${body.model}: answered, though it should be refused`);
}
