// One query of Claude's Agent SDK, with a tool of this process.

import { createSdkMcpServer, query, tool } from "@anthropic-ai/claude-agent-sdk";
import { z } from "zod";

/** The name by which the model calls the tool of this process. */
export const LANTERNS = "mcp__quay__count_lanterns";

/** What that tool answers. */
export const COUNTED = "Seven lanterns hang on the quay.";

/** A server with the one tool; each call's arguments go to `calls`. */
function quay(calls) {
  const countLanterns = tool("count_lanterns", "Counts the lanterns of a place.", { place: z.string() }, async (input) => {
    calls.push(input);
    return { content: [{ type: "text", text: COUNTED }] };
  });
  return createSdkMcpServer({ name: "quay", version: "1.0.0", tools: [countLanterns] });
}

/**
 * Runs the query to its end: `{messages, calls, stderr}`, all that the SDK gave, what the tool was called with, and
 * what the client said beside. `options` are the SDK's own.
 */
export async function agentRun(prompt, options) {
  const calls = [];
  let stderr = "";
  const all = {
    permissionMode: "dontAsk",
    settingSources: [],
    mcpServers: { quay: quay(calls) },
    stderr: (text) => (stderr += text),
    ...options,
  };
  const messages = [];
  for await (const message of query({ prompt, options: all })) messages.push(message);
  return { messages, calls, stderr };
}
