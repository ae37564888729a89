//! The Messages API as OpenRouter streams it: zero usage at the start, the real one with its cost in
//! `message_delta`, and a stray `data: [DONE]` behind `message_stop`.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::{Event, Identity, usage};
use crate::clock;
use crate::meter::Produced;
use crate::script::{Act, Ending, Fetch, Script, Search};

/// The block that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    Text,
    Thinking,
}

/// A tool call that is collected: its fragments may be interleaved with another call's.
struct Call {
    index: u64,
    id: String,
    name: String,
    fragments: Vec<String>,
}

/// The events of a streamed message.
pub(crate) struct MessagesStream {
    identity: Identity,
    acts: Box<dyn Iterator<Item = Act> + Send>,
    ending: Ending,
    open: Open,
    /// The index of the next block.
    index: u64,
    calls: Vec<Call>,
    queue: VecDeque<Event>,
    over: bool,
}

// === impl MessagesStream ===

impl MessagesStream {
    pub(crate) fn new(identity: Identity, script: Script) -> Self {
        let start = json!({"type": "message_start", "message": {
            "container": null, "content": [], "id": message_id(&identity.id), "model": identity.model,
            "provider": identity.provider, "role": "assistant", "stop_details": null, "stop_reason": null,
            "stop_sequence": null, "type": "message",
            "usage": {
                "cache_creation": null, "cache_creation_input_tokens": null, "cache_read_input_tokens": null,
                "inference_geo": null, "input_tokens": 0, "output_tokens": 0, "server_tool_use": null,
                "service_tier": null, "speed": "standard",
            },
        }});
        Self {
            identity,
            acts: script.acts,
            ending: script.ending,
            open: Open::Nothing,
            index: 0,
            calls: Vec::new(),
            queue: VecDeque::from([Event::plain(frame("message_start", &start))]),
            over: false,
        }
    }

    fn act(&mut self, act: Act) {
        let produced = act.produced();
        self.identity.meter.add(produced);
        if !matches!(act, Act::Call { .. } | Act::Args { .. }) {
            self.flush_calls();
        }
        match act {
            Act::Text(text) => self.text(&text, produced, false),
            Act::Stamp(sequence) => {
                self.text(&format!("{sequence}:{} ", clock::monotonic_nanos()), produced, true);
            }
            Act::Think(text, _) => {
                self.open(Open::Thinking);
                self.delta(&json!({"type": "thinking_delta", "thinking": text}), produced, false);
            }
            Act::Sign(signature) => {
                self.open(Open::Thinking);
                self.delta(&json!({"type": "signature_delta", "signature": signature}), produced, false);
            }
            Act::Redacted(data) => self.whole(&json!({"type": "redacted_thinking", "data": data}), produced),
            Act::Call { index, id, name } => {
                self.calls.push(Call { index, id, name, fragments: Vec::new() });
                self.count(produced);
            }
            Act::Args { index, fragment } => {
                if let Some(call) = self.calls.iter_mut().rfind(|call| call.index == index) {
                    call.fragments.push(fragment);
                }
                self.count(produced);
            }
            Act::Search(search) => {
                for block in search_blocks(&search, &self.identity.id) {
                    self.whole(&block, Produced::default());
                }
                self.count(produced);
            }
            Act::Fetch(fetch) => {
                for block in fetch_blocks(&fetch, &self.identity.id) {
                    self.whole(&block, Produced::default());
                }
            }
            Act::Delta(delta) => self.text(delta["content"].as_str().unwrap_or_default(), produced, false),
            Act::Chunk(chunk) => {
                if let Some(error) = chunk.error {
                    self.queue.push_back(Event::plain(error_frame(&error)));
                    self.over = true;
                }
            }
            Act::Line(line) => self.queue.push_back(Event::plain(line)),
        }
    }

    fn text(&mut self, text: &str, produced: Produced, flush: bool) {
        if !text.is_empty() {
            self.open(Open::Text);
            self.delta(&json!({"type": "text_delta", "text": text}), produced, flush);
        }
    }

    /// Tokens of an act that has no event of its own yet.
    fn count(&mut self, produced: Produced) {
        self.queue.push_back(Event { produced, ..Event::plain("") });
    }

    fn open(&mut self, kind: Open) {
        if self.open == kind {
            return;
        }
        self.close();
        let block = match kind {
            Open::Thinking => json!({"type": "thinking", "thinking": "", "signature": ""}),
            _ => json!({"type": "text", "text": "", "citations": []}),
        };
        let start = json!({"type": "content_block_start", "index": self.index, "content_block": block});
        self.queue.push_back(Event::plain(frame("content_block_start", &start)));
        self.open = kind;
    }

    fn close(&mut self) {
        if self.open != Open::Nothing {
            self.open = Open::Nothing;
            self.stop_block();
        }
    }

    fn stop_block(&mut self) {
        let stop = json!({"type": "content_block_stop", "index": self.index});
        self.queue.push_back(Event::plain(frame("content_block_stop", &stop)));
        self.index += 1;
    }

    fn delta(&mut self, delta: &Value, produced: Produced, flush: bool) {
        let event = json!({"type": "content_block_delta", "index": self.index, "delta": delta});
        let event = Event::content(frame("content_block_delta", &event), produced);
        self.queue.push_back(Event { flush, ..event });
    }

    /// A block that comes in one piece.
    fn whole(&mut self, block: &Value, produced: Produced) {
        self.close();
        let start = json!({"type": "content_block_start", "index": self.index, "content_block": block});
        self.queue.push_back(Event::content(frame("content_block_start", &start), produced));
        self.stop_block();
    }

    fn flush_calls(&mut self) {
        for call in std::mem::take(&mut self.calls) {
            self.close();
            let block = json!({"type": "tool_use", "id": call.id, "name": call.name, "input": {}});
            let start = json!({"type": "content_block_start", "index": self.index, "content_block": block});
            self.queue.push_back(Event::plain(frame("content_block_start", &start)));
            for fragment in call.fragments {
                let delta = json!({"type": "input_json_delta", "partial_json": fragment});
                self.delta(&delta, Produced::default(), false);
            }
            self.stop_block();
        }
    }

    fn end(&mut self) {
        self.flush_calls();
        self.close();
        self.over = true;
        if !self.ending.billed {
            self.identity.meter = self.identity.meter.clone().unbilled();
        }
        let delta = json!({
            "container": null, "stop_details": null, "stop_sequence": null,
            "stop_reason": stop_reason(self.ending.finish),
        });
        let usage = usage::messages(&self.identity.meter);
        let text = format!(
            "event: message_delta\ndata: {{\"context_management\":null,\"delta\":{delta},\"type\":\"message_delta\",\"usage\":{usage}}}\n\n"
        );
        self.queue.push_back(Event::plain(text));
        if self.ending.done {
            let stop = frame("message_stop", &json!({"type": "message_stop"}));
            self.queue.push_back(Event::plain(format!("{stop}event: data\ndata: [DONE]\n\n")));
        }
    }
}

impl Iterator for MessagesStream {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some(event);
            }
            if self.over {
                return None;
            }
            match self.acts.next() {
                Some(act) => self.act(act),
                None => self.end(),
            }
        }
    }
}

fn frame(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

/// `msg_…` with the generation's own token.
pub(super) fn message_id(generation: &str) -> String {
    format!("msg_{}", generation.rsplit('-').next().unwrap_or(generation))
}

pub(super) fn stop_reason(finish: Option<&str>) -> &'static str {
    match finish {
        Some("tool_calls") => "tool_use",
        Some("length") => "max_tokens",
        Some("content_filter") => "refusal",
        _ => "end_turn",
    }
}

fn error_frame(error: &Value) -> String {
    let error = crate::errors::messages_envelope(error, None);
    frame("error", &error)
}

/// A search as the Messages API shows it.
pub(super) fn search_blocks(search: &Search, generation: &str) -> [Value; 2] {
    let id = server_tool_id(generation);
    let results: Vec<Value> = search
        .hits
        .iter()
        .map(|hit| {
            json!({"type": "web_search_result", "url": hit.url, "title": hit.title, "encrypted_content": "", "page_age": null})
        })
        .collect();
    [
        json!({"type": "server_tool_use", "id": id, "name": "web_search", "input": {"query": search.query}}),
        json!({"type": "web_search_tool_result", "tool_use_id": id, "content": results}),
    ]
}

/// A fetch as the Messages API shows it.
pub(super) fn fetch_blocks(fetch: &Fetch, generation: &str) -> [Value; 2] {
    let id = server_tool_id(generation);
    let content = match fetch.content {
        Ok(text) => json!({
            "type": "web_fetch_result", "url": fetch.url, "retrieved_at": "2026-07-15T14:30:00.000Z",
            "content": {
                "type": "document", "title": fetch.title, "citations": null,
                "source": {"type": "text", "media_type": "text/plain", "data": text},
            },
        }),
        Err(_) => json!({"type": "web_fetch_tool_result_error", "error_code": "url_not_accessible"}),
    };
    [
        json!({"type": "server_tool_use", "id": id, "name": "web_fetch", "input": {"url": fetch.url}}),
        json!({"type": "web_fetch_tool_result", "tool_use_id": id, "content": content}),
    ]
}

fn server_tool_id(generation: &str) -> String {
    format!("srvtoolu_{}", generation.rsplit('-').next().unwrap_or(generation))
}
