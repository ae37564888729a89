"""Asks for one message twice with Anthropic's Python SDK: whole, and through its streaming helper.

    messages.py BASE_URL TOKEN < request.json

Prints {"created": …, "streamed": …, "text": …, "events": […]}.
"""

import json
import sys

from anthropic import Anthropic


def main() -> None:
    base_url, token = sys.argv[1:]
    request = json.load(sys.stdin)
    client = Anthropic(base_url=base_url, auth_token=token, api_key=None, max_retries=0, timeout=30)
    created = client.messages.create(**request)
    events, text = [], []
    with client.messages.stream(**request) as stream:
        for event in stream:
            events.append(event.type)
            if event.type == "text":
                text.append(event.text)
        streamed = stream.get_final_message()
    answer = {
        "created": created.to_dict(mode="json"),
        "streamed": streamed.to_dict(mode="json"),
        "text": "".join(text),
        "events": events,
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
