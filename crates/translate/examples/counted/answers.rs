//! Answers in the shape of OpenRouter's.

use serde_json::{Value, json};

use super::requests::Babble;

fn chunk(delta: &Value, finish: Option<&str>) -> Vec<u8> {
    let choice = json!({"index": 0, "delta": delta, "finish_reason": finish, "native_finish_reason": finish, "logprobs": null});
    let chunk = json!({
        "id": "gen-1700000000-abcdefghijklmnopqrst", "object": "chat.completion.chunk", "created": 1_700_000_000,
        "model": "openai/gpt-oss-120b", "provider": "Fireworks", "choices": [choice]
    });
    format!("data: {chunk}\n\n").into_bytes()
}

/// A stream of such deltas, with a comment in front and usage at its end.
fn stream(deltas: impl Iterator<Item = Value>, finish: &str) -> Vec<Vec<u8>> {
    let mut chunks = vec![b": OPENROUTER PROCESSING\n\n".to_vec()];
    chunks.extend(deltas.map(|delta| chunk(&delta, None)));
    chunks.push(chunk(&json!({"role": "assistant", "content": ""}), Some(finish)));
    let usage = json!({
        "id": "gen-1700000000-abcdefghijklmnopqrst", "object": "chat.completion.chunk", "created": 1_700_000_000,
        "model": "openai/gpt-oss-120b", "provider": "Fireworks", "choices": [], "usage": usage()
    });
    chunks.push(format!("data: {usage}\n\n").into_bytes());
    chunks.push(b"data: [DONE]\n\n".to_vec());
    chunks
}

fn usage() -> Value {
    json!({
        "prompt_tokens": 30_000, "completion_tokens": 500, "total_tokens": 30_500, "cost": 0.012_345, "is_byok": false,
        "prompt_tokens_details": {"cached_tokens": 25_000, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 20}
    })
}

fn words(count: usize) -> impl Iterator<Item = String> {
    let mut babble = Babble::new(11);
    (0..count).map(move |at| format!("{}{}", babble.word(), if at % 17 == 16 { "\n" } else { " " }))
}

pub(super) fn text(chunks: usize) -> Vec<Vec<u8>> {
    stream(words(chunks).map(|word| json!({"role": "assistant", "content": word})), "stop")
}

pub(super) fn reasoning(chunks: usize) -> Vec<Vec<u8>> {
    let thought = |word: String| {
        let detail = json!({"type": "reasoning.text", "text": word, "format": "unknown", "index": 0});
        json!({"role": "assistant", "content": "", "reasoning": word, "reasoning_details": [detail]})
    };
    let said = std::iter::once(json!({"role": "assistant", "content": "Done."}));
    stream(words(chunks - 1).map(thought).chain(said), "stop")
}

pub(super) fn call(chunks: usize) -> Vec<Vec<u8>> {
    let piece = |arguments: &str| json!({"content": null, "tool_calls": [{"index": 0, "function": {"arguments": arguments}}]});
    let begin = json!({"role": "assistant", "content": null, "tool_calls": [
        {"index": 0, "id": "call_0123456789", "type": "function", "function": {"name": "Edit", "arguments": ""}}
    ]});
    let quoted = |word: String| word.replace('"', "\\\"").replace('\n', "\\n");
    let pieces = words(chunks - 3).map(|word| piece(&quoted(word)));
    let deltas = [begin, piece("{\"text\": \"")].into_iter().chain(pieces).chain([piece("\"}")]);
    stream(deltas.collect::<Vec<_>>().into_iter(), "tool_calls")
}

pub(super) fn whole(words_of_it: usize) -> Vec<u8> {
    let message = json!({"role": "assistant", "content": words(words_of_it).collect::<String>(), "refusal": null, "reasoning": null});
    json!({
        "id": "gen-1700000000-abcdefghijklmnopqrst", "object": "chat.completion", "created": 1_700_000_000,
        "model": "openai/gpt-oss-120b", "provider": "Fireworks", "usage": usage(),
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "native_finish_reason": "stop", "logprobs": null}]
    })
    .to_string()
    .into_bytes()
}
