"""OpenAI's Python SDK, one task a run.

    completions.py ask|models|refusal BASE_URL TOKEN < request.json

ask      the completion whole and streamed: {"created": …, "streamed": …, "text": …, "events": …, "usage": …}
models   the ids of the models on offer
refusal  what a refused request raises: {"name": …, "status": …, "code": …, "message": …}
"""

import json
import sys

from openai import APIStatusError, OpenAI


def ask(client: OpenAI, request: dict) -> dict:
    created = client.chat.completions.create(**request)
    text, events, usage = [], 0, None
    with client.chat.completions.stream(**request, stream_options={"include_usage": True}) as stream:
        for event in stream:
            if event.type == "content.delta":
                text.append(event.delta)
            if event.type == "chunk":
                events += 1
                usage = event.chunk.usage or usage
        streamed = stream.get_final_completion()
    return {
        "created": created.to_dict(mode="json"),
        "streamed": streamed.to_dict(mode="json"),
        "text": "".join(text),
        "events": events,
        "usage": usage and usage.to_dict(mode="json"),
    }


def models(client: OpenAI, _: dict) -> list:
    return [model.id for model in client.models.list()]


def refusal(client: OpenAI, request: dict) -> dict:
    try:
        client.chat.completions.create(**request)
    except APIStatusError as error:
        return {
            "name": type(error).__name__,
            "status": error.status_code,
            "code": error.code,
            "message": error.message,
        }
    raise SystemExit(f"{request['model']}: answered, though it should be refused")


def main() -> None:
    task, base_url, token = sys.argv[1:]
    client = OpenAI(base_url=f"{base_url}/v1", api_key=token, max_retries=0, timeout=30)
    tasks = {"ask": ask, "models": models, "refusal": refusal}
    print(json.dumps(tasks[task](client, json.load(sys.stdin))))


if __name__ == "__main__":
    main()
