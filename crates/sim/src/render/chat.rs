//! Chat completions as an event stream.

use serde_json::{Value, json};

use super::{Event, Identity, quoted, usage};
use crate::clock;
use crate::meter::Produced;
use crate::script::{Act, Chunk, Ending, Fetch, Script, Search};
use crate::slug::UsageShape;

/// What comes next in the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Acts,
    Finish,
    Usage,
    Done,
    Over,
}

/// The events of a streamed chat completion.
pub(crate) struct ChatStream {
    identity: Identity,
    acts: Box<dyn Iterator<Item = Act> + Send>,
    ending: Ending,
    /// `{"id":…,"provider":…,` of each chunk, and the same with what stands before a common delta.
    head: String,
    common: String,
    stage: Stage,
}

// === impl ChatStream ===

impl ChatStream {
    pub(crate) fn new(identity: Identity, script: Script) -> Self {
        let head = format!(
            r#"{{"id":{},"object":"chat.completion.chunk","created":{},"model":{},"provider":{},"#,
            quoted(&identity.id),
            identity.created,
            quoted(&identity.model),
            quoted(&identity.provider),
        );
        let common = format!(r#"data: {head}"choices":[{{"index":0,"delta":"#);
        Self { identity, acts: script.acts, ending: script.ending, head, common, stage: Stage::Acts }
    }

    /// A chunk of the common pattern: `delta` is JSON text, the finish reasons are null.
    fn chunk(&self, delta: &str) -> String {
        const TAIL: &str = ",\"finish_reason\":null,\"native_finish_reason\":null}]}\n\n";
        let mut text = String::with_capacity(self.common.len() + delta.len() + TAIL.len());
        text.push_str(&self.common);
        text.push_str(delta);
        text.push_str(TAIL);
        text
    }

    fn act(&mut self, act: &Act) -> Event {
        let produced = act.produced();
        self.identity.meter.add(produced);
        match act {
            Act::Line(line) => Event::plain(line.clone()),
            Act::Chunk(chunk) => Event { produced, ..Event::plain(self.odd(chunk)) },
            Act::Search(search) => {
                let text: String = citations(search).map(|delta| self.chunk(&delta.to_string())).collect();
                Event::content(text, produced)
            }
            Act::Stamp(sequence) => {
                let stamp = format!("{sequence}:{} ", clock::monotonic_nanos());
                let chunk = self.chunk(&delta(&Act::Text(stamp)));
                Event { flush: true, ..Event::content(chunk, produced) }
            }
            _ => Event::content(self.chunk(&delta(act)), produced),
        }
    }

    /// A chunk with finish reasons, an error or the usage.
    fn odd(&self, chunk: &Chunk) -> String {
        let delta = if chunk.delta.is_null() { empty_delta() } else { chunk.delta.clone() };
        let choice = choice(&delta, chunk.finish, chunk.native);
        let mut text = format!("data: {}\"choices\":[{choice}]", self.head);
        if let Some(error) = &chunk.error {
            text.push_str(&format!(",\"error\":{error}"));
        }
        if chunk.usage {
            text.push_str(&format!(",\"usage\":{}", usage::chat(&self.identity.meter, self.identity.usage)));
        }
        text.push_str("}\n\n");
        text
    }

    fn finish(&self) -> String {
        let mut delta = empty_delta();
        delta["reasoning"] = Value::Null;
        self.odd(&Chunk { delta, finish: self.ending.finish, native: self.ending.native, ..Chunk::default() })
    }

    fn usage(&self) -> String {
        let meter = &self.identity.meter;
        let shape = self.identity.usage;
        let usage = usage::chat(meter, shape);
        let head = &self.head;
        let chunk = match shape {
            UsageShape::Y2025 => {
                format!(
                    "data: {head}\"choices\":[{}],\"usage\":{usage}}}\n\n",
                    choice(&empty_delta(), None, None)
                )
            }
            UsageShape::EmptyChoices => format!("data: {head}\"choices\":[],\"usage\":{usage}}}\n\n"),
            _ => {
                let choice = choice(&empty_delta(), self.ending.finish, self.ending.native);
                format!("data: {head}\"service_tier\":null,\"choices\":[{choice}],\"usage\":{usage}}}\n\n")
            }
        };
        if shape == UsageShape::Twice { chunk.repeat(2) } else { chunk }
    }
}

impl Iterator for ChatStream {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        loop {
            match self.stage {
                Stage::Acts => {
                    if let Some(act) = self.acts.next() {
                        return Some(self.act(&act));
                    }
                    if !self.ending.billed {
                        self.identity.meter = self.identity.meter.clone().unbilled();
                    }
                    self.stage = Stage::Finish;
                }
                Stage::Finish => {
                    self.stage = Stage::Usage;
                    if self.ending.finish_chunk {
                        return Some(Event::plain(self.finish()));
                    }
                }
                Stage::Usage => {
                    self.stage = Stage::Done;
                    if self.ending.usage_chunk && self.identity.usage != UsageShape::None {
                        return Some(Event::plain(self.usage()));
                    }
                }
                Stage::Done => {
                    self.stage = Stage::Over;
                    let done = if self.ending.done { "data: [DONE]\n\n" } else { "" };
                    let last = format!("{done}{}", self.ending.after);
                    if !last.is_empty() {
                        return Some(Event { produced: Produced::default(), ..Event::plain(last) });
                    }
                }
                Stage::Over => return None,
            }
        }
    }
}

fn empty_delta() -> Value {
    json!({"content": "", "role": "assistant"})
}

fn choice(delta: &Value, finish: Option<&str>, native: Option<&str>) -> Value {
    json!({"index": 0, "delta": delta, "finish_reason": finish, "native_finish_reason": native})
}

/// The delta of one act as JSON text.
fn delta(act: &Act) -> String {
    match act {
        Act::Text(text) => format!(r#"{{"content":{},"role":"assistant"}}"#, quoted(text)),
        Act::Args { index, fragment } => format!(
            r#"{{"content":null,"role":"assistant","tool_calls":[{{"index":{index},"function":{{"arguments":{}}}}}]}}"#,
            quoted(fragment)
        ),
        Act::Call { index, id, name } => json!({
            "content": null,
            "role": "assistant",
            "tool_calls": [{"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""}}],
        })
        .to_string(),
        Act::Think(text, format) => json!({
            "content": "",
            "role": "assistant",
            "reasoning": text,
            "reasoning_details": [{"type": "reasoning.text", "text": text, "format": format_of(format), "index": 0}],
        })
        .to_string(),
        Act::Sign(signature) => json!({
            "content": "",
            "role": "assistant",
            "reasoning": null,
            "reasoning_details":
                [{"type": "reasoning.text", "signature": signature, "format": "anthropic-claude-v1", "index": 0}],
        })
        .to_string(),
        Act::Redacted(data) => json!({
            "content": "",
            "role": "assistant",
            "reasoning": null,
            "reasoning_details":
                [{"type": "reasoning.encrypted", "data": data, "format": "anthropic-claude-v1", "index": 0}],
        })
        .to_string(),
        Act::Fetch(fetch) => fetched(fetch).to_string(),
        Act::Delta(delta) => delta.to_string(),
        Act::Stamp(_) | Act::Search(_) | Act::Chunk(_) | Act::Line(_) => empty_delta().to_string(),
    }
}

/// An empty name stands for a null format.
fn format_of(format: &str) -> Value {
    if format.is_empty() { Value::Null } else { Value::from(format) }
}

/// One delta per search result, as the upstream sends them: before the text, at position 0.
fn citations(search: &Search) -> impl Iterator<Item = Value> {
    citation_values(search)
        .map(|citation| json!({"content": "", "role": "assistant", "annotations": [citation]}))
}

/// The results as `annotations` entries.
pub(super) fn citation_values(search: &Search) -> impl Iterator<Item = Value> {
    search.hits.iter().map(|hit| {
        json!({"type": "url_citation", "url_citation": {
            "url": hit.url, "title": hit.title, "content": hit.content, "start_index": 0, "end_index": 0,
        }})
    })
}

/// A fetch as the upstream records it: among the details of the reasoning, arguments and result as JSON text.
pub(super) fn fetched(fetch: &Fetch) -> Value {
    let mut result = json!({"url": fetch.url});
    match fetch.content {
        Ok(text) => {
            result["title"] = fetch.title.into();
            result["content"] = text.into();
            result["status"] = "completed".into();
            result["retrieved_at"] = "2026-07-15T14:30:00.000Z".into();
        }
        Err(error) => {
            result["status"] = "failed".into();
            result["error"] = error.into();
        }
    }
    json!({"content": "", "role": "assistant", "reasoning": null, "reasoning_details": [{
        "type": "reasoning.server_tool_call", "tool_call_id": "fetch_sim", "tool_name": "openrouter:web_fetch",
        "arguments": json!({"url": fetch.url}).to_string(), "result": result.to_string(),
    }]})
}
