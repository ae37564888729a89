//! What an answer says, whichever API it speaks and whether it is streamed: for the gate of correctness.

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::connection::Reply;
use super::{Dialect, stream};

/// An answer's content.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// All text.
    pub text: String,
    /// Name and arguments of each tool call.
    pub calls: Vec<(String, Value)>,
    /// Why it ended, in the Messages API's words.
    pub stop: String,
    /// Tokens of the prompt, cached ones included.
    pub input_tokens: u64,
    /// Tokens of the answer.
    pub output_tokens: u64,
}

/// Reads an answer; a stream must be legal to the letter.
///
/// # Errors
/// What is wrong with it.
pub fn read(dialect: Dialect, reply: &Reply) -> Result<Answer> {
    reply.expect_ok()?;
    match (dialect, reply.events) {
        (Dialect::Chat, false) => {
            let json: Value = serde_json::from_slice(&reply.body)?;
            chat(&[json], "/choices/0/message")
        }
        (Dialect::Chat, true) => {
            let chunks: Vec<Value> = stream::events(reply)?.into_iter().map(|event| event.json).collect();
            chat(&chunks, "/choices/0/delta")
        }
        (Dialect::Messages, false) => plain_message(&serde_json::from_slice(&reply.body)?),
        (Dialect::Messages, true) => streamed_message(&stream::events(reply)?),
    }
}

/// A chat completion: chunks, or the one object of a plain answer.
fn chat(chunks: &[Value], part: &str) -> Result<Answer> {
    let mut answer = Answer::default();
    let mut calls: Vec<(String, String)> = Vec::new();
    for chunk in chunks {
        ensure!(chunk.get("error").is_none(), "an error: {}", chunk["error"]);
        let said = chunk.pointer(part).unwrap_or(&Value::Null);
        answer.text.push_str(said["content"].as_str().unwrap_or_default());
        for (at, call) in said["tool_calls"].as_array().into_iter().flatten().enumerate() {
            let at = call["index"].as_u64().and_then(|at| usize::try_from(at).ok()).unwrap_or(at);
            calls.resize_with(calls.len().max(at + 1), Default::default);
            let function = &call["function"];
            calls[at].0.push_str(function["name"].as_str().unwrap_or_default());
            calls[at].1.push_str(function["arguments"].as_str().unwrap_or_default());
        }
        if let Some(reason) = chunk.pointer("/choices/0/finish_reason").and_then(Value::as_str) {
            answer.stop = match reason {
                "stop" => "end_turn",
                "tool_calls" => "tool_use",
                "length" => "max_tokens",
                other => other,
            }
            .to_owned();
        }
        if let Some(usage) = chunk.get("usage").filter(|usage| usage.is_object()) {
            answer.input_tokens = usage["prompt_tokens"].as_u64().unwrap_or_default();
            answer.output_tokens = usage["completion_tokens"].as_u64().unwrap_or_default();
        }
    }
    for (name, arguments) in calls {
        answer.calls.push((name, serde_json::from_str(&arguments).context("arguments are not JSON")?));
    }
    Ok(answer)
}

fn plain_message(message: &Value) -> Result<Answer> {
    let mut answer = Answer { stop: word(&message["stop_reason"]), ..Answer::default() };
    for block in message["content"].as_array().context("an answer without content")? {
        match block["type"].as_str() {
            Some("text") => answer.text.push_str(block["text"].as_str().unwrap_or_default()),
            Some("tool_use") => answer.calls.push((word(&block["name"]), block["input"].clone())),
            _ => {}
        }
    }
    count(&mut answer, &message["usage"]);
    Ok(answer)
}

fn streamed_message(events: &[stream::Event]) -> Result<Answer> {
    let mut answer = Answer::default();
    let mut open: Option<(u64, Value, String)> = None;
    let mut next = 0;
    let mut seen = Vec::new();
    for event in events {
        let event = &event.json;
        let kind = word(&event["type"]);
        ensure!(seen.last().is_none_or(|last| last != "message_stop"), "`{kind}` behind the end");
        match kind.as_str() {
            "ping" => continue,
            "message_start" => {
                ensure!(seen.is_empty(), "`message_start` is not the first event");
                count(&mut answer, &event["message"]["usage"]);
            }
            "content_block_start" => {
                ensure!(open.is_none(), "a block begins in another");
                ensure!(event["index"].as_u64() == Some(next), "block {} is not {next}", event["index"]);
                open = Some((next, event["content_block"].clone(), String::new()));
                next += 1;
            }
            "content_block_delta" => {
                let (index, _, arguments) = open.as_mut().context("a delta outside a block")?;
                ensure!(event["index"].as_u64() == Some(*index), "a delta of another block");
                answer.text.push_str(event["delta"]["text"].as_str().unwrap_or_default());
                arguments.push_str(event["delta"]["partial_json"].as_str().unwrap_or_default());
            }
            "content_block_stop" => {
                let (_, block, arguments) = open.take().context("a block ends that did not begin")?;
                if block["type"] == "tool_use" {
                    let arguments = if arguments.is_empty() { "{}" } else { &arguments };
                    answer.calls.push((word(&block["name"]), serde_json::from_str(arguments)?));
                }
            }
            "message_delta" => {
                answer.stop = word(&event["delta"]["stop_reason"]);
                count(&mut answer, &event["usage"]);
            }
            "message_stop" => {}
            other => bail!("an event `{other}`: {event}"),
        }
        seen.push(kind);
    }
    ensure!(seen.first().is_some_and(|kind| kind == "message_start"), "no `message_start`");
    ensure!(
        open.is_none() && seen.ends_with(&["message_delta".into(), "message_stop".into()]),
        "no legal end"
    );
    Ok(answer)
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Later counts replace earlier ones where they are there.
fn count(answer: &mut Answer, usage: &Value) {
    let of = |key: &str| usage[key].as_u64().unwrap_or_default();
    let input = of("input_tokens") + of("cache_read_input_tokens") + of("cache_creation_input_tokens");
    answer.input_tokens = answer.input_tokens.max(input);
    answer.output_tokens = answer.output_tokens.max(of("output_tokens"));
}
