// What Anthropic's TypeScript SDK asks beside messages: how many tokens, which models, and what a refusal is to it.

import Anthropic from "@anthropic-ai/sdk";

const clientOf = ({ url, token }) =>
  new Anthropic({ baseURL: url, authToken: token, apiKey: null, maxRetries: 0, timeout: 30_000 });

/** How many tokens the request `body` has. */
export const count = async (turnpike, body) => (await clientOf(turnpike).messages.countTokens(body)).input_tokens;

/** The ids of the models on offer, gathered page by page. */
export async function models(turnpike) {
  const ids = [];
  for await (const model of clientOf(turnpike).models.list({ limit: 2 })) ids.push(model.id);
  return ids;
}

/** What a refused request throws: `{name, status, type, message}`. */
export async function refusal(turnpike, body) {
  try {
    await clientOf(turnpike).messages.create(body);
  } catch (error) {
    if (!(error instanceof Anthropic.APIError)) throw error;
    const { status, message } = error;
    return { name: error.constructor.name, status, type: error.error.error.type, message };
  }
  throw new Error(`${body.model}: answered, though it should be refused`);
}
