"""What Anthropic's Python SDK asks beside messages, one task a run.

    questions.py count|models|refusal BASE_URL TOKEN < request.json

count    how many tokens the request has
models   the ids of the models on offer, gathered page by page
refusal  what a refused request raises: {"name": …, "status": …, "type": …, "message": …}
"""

import json
import sys

from anthropic import Anthropic, APIStatusError


def count(client: Anthropic, request: dict) -> int:
    return client.messages.count_tokens(**request).input_tokens


def models(client: Anthropic, _: dict) -> list:
    return [model.id for model in client.models.list(limit=2)]


def refusal(client: Anthropic, request: dict) -> dict:
    try:
        client.messages.create(**request)
    except APIStatusError as error:
        return {
            "name": type(error).__name__,
            "status": error.status_code,
            "type": error.body["error"]["type"],
            "message": error.message,
        }
    raise SystemExit(f"{request['model']}: answered, though it should be refused")


def main() -> None:
    task, base_url, token = sys.argv[1:]
    client = Anthropic(base_url=base_url, auth_token=token, api_key=None, max_retries=0, timeout=30)
    tasks = {"count": count, "models": models, "refusal": refusal}
    print(json.dumps(tasks[task](client, json.load(sys.stdin))))


if __name__ == "__main__":
    main()
