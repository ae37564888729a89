"""Conversations that Anthropic's Python SDK would have the server hold: its tool runner, and its threads.

    threads.py run|talk BASE_URL TOKEN < [BODY, TOOL or TEXTS]

Prints {"stops": […], "calls": […]} for `run`, and why each answer ended for `talk`.
"""

import json
import sys

from anthropic import Anthropic, beta_tool


def run_tools(client: Anthropic, body: dict, tool: dict) -> dict:
    stream = body.pop("stream", False)
    calls = []

    @beta_tool(name=tool["name"], description=tool["description"], input_schema=tool["input_schema"])
    def weather(city: str) -> str:
        calls.append({"city": city})
        return "Rain."

    runner = client.beta.messages.tool_runner(**body, tools=[weather], stream=stream, max_iterations=6)
    stops = [(answer.get_final_message() if stream else answer).stop_reason for answer in runner]
    return {"stops": stops, "calls": calls}


def talk(client: Anthropic, body: dict, texts: list) -> list:
    thread = client.beta.messages.thread(**body)
    return [thread.send({"role": "user", "content": text}).stop_reason for text in texts]


def main() -> None:
    task, base_url, token = sys.argv[1:]
    client = Anthropic(base_url=base_url, auth_token=token, api_key=None, max_retries=0, timeout=30)
    body, more = json.load(sys.stdin)
    print(json.dumps(run_tools(client, body, more) if task == "run" else talk(client, body, more)))


if __name__ == "__main__":
    main()
