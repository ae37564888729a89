//! The plainest reading of a recorded answer: whole lines, whole JSON values, no state machine.

use serde_json::Value;

/// What an answer says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) thinking: String,
    /// Name and JSON text of the arguments.
    pub(crate) calls: Vec<(String, String)>,
    pub(crate) stop: &'static str,
    /// input, cache read, cache write, output.
    pub(crate) usage: [u64; 4],
    /// The answer is an error, or no answer.
    pub(crate) failed: bool,
}

#[derive(Default)]
struct Reading {
    said: Said,
    ids: Vec<String>,
    indices: Vec<Option<u64>>,
    reason: String,
    native: String,
    refused: bool,
    error: bool,
}

/// Reads a stream.
pub(crate) fn of_stream(body: &str) -> Said {
    let mut reading = Reading::default();
    let mut done = false;
    for line in body.split(['\n', '\r']) {
        let Some(data) = line.strip_prefix("data:").map(str::trim) else { continue };
        if data == "[DONE]" {
            done = true;
            break;
        }
        match serde_json::from_str::<Value>(data) {
            Ok(chunk) => reading.take(&chunk, "delta"),
            Err(_) => reading.error = true,
        }
        if reading.error {
            break;
        }
    }
    reading.conclude(done)
}

/// Reads a whole answer.
pub(crate) fn of_whole(body: &str) -> Said {
    let mut reading = Reading::default();
    match serde_json::from_str::<Value>(body) {
        Ok(answer) if answer["choices"].is_array() || answer["error"].is_object() => {
            reading.take(&answer, "message")
        }
        _ => reading.error = true,
    }
    reading.conclude(true)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

impl Reading {
    fn take(&mut self, chunk: &Value, key: &str) {
        let choice = &chunk["choices"][0];
        self.error |= !chunk["error"].is_null() || !choice["error"].is_null();
        if chunk["usage"].is_object() {
            let usage = &chunk["usage"];
            let n = |value: &Value| value.as_u64().unwrap_or(0);
            let details = &chunk["usage"]["prompt_tokens_details"];
            let prompt = n(&usage["prompt_tokens"]);
            let read = n(&details["cached_tokens"]).min(prompt);
            let write = n(&details["cache_write_tokens"]).min(prompt - read);
            self.said.usage = [prompt - read - write, read, write, n(&usage["completion_tokens"])];
        }
        for (slot, name) in [(&mut self.reason, "finish_reason"), (&mut self.native, "native_finish_reason")]
        {
            if !text(&choice[name]).is_empty() {
                text(&choice[name]).clone_into(slot);
            }
        }
        self.take_text(&choice[key]);
        for call in choice[key]["tool_calls"].as_array().into_iter().flatten() {
            self.take_call(call);
        }
    }

    fn take_text(&mut self, delta: &Value) {
        self.said.text.push_str(text(&delta["content"]));
        self.said.text.push_str(text(&delta["refusal"]));
        self.refused |= !text(&delta["refusal"]).is_empty();
        for part in delta["content"].as_array().into_iter().flatten() {
            self.said.text.push_str(text(&part["text"]));
            for thought in part["thinking"].as_array().into_iter().flatten() {
                self.said.thinking.push_str(text(&thought["text"]));
            }
        }
        let plain = [text(&delta["reasoning"]), text(&delta["reasoning_content"])];
        match plain.iter().find(|text| !text.is_empty()) {
            Some(text) => self.said.thinking.push_str(text),
            None => {
                for detail in delta["reasoning_details"].as_array().into_iter().flatten() {
                    self.said.thinking.push_str(text(&detail["text"]));
                    self.said.thinking.push_str(text(&detail["summary"]));
                }
            }
        }
    }

    fn take_call(&mut self, call: &Value) {
        let id = text(&call["id"]);
        let index = call["index"].as_u64();
        let known = self.ids.iter().position(|known| known == id);
        let at = match known {
            Some(at) if !id.is_empty() => at,
            _ if !id.is_empty() => {
                self.ids.push(id.to_owned());
                self.indices.push(index);
                self.said.calls.push((String::new(), String::new()));
                self.ids.len() - 1
            }
            _ => self
                .indices
                .iter()
                .rposition(|known| *known == index)
                .unwrap_or(self.ids.len().saturating_sub(1)),
        };
        let Some((name, arguments)) = self.said.calls.get_mut(at) else { return };
        if name.is_empty() {
            text(&call["function"]["name"]).clone_into(name);
        }
        arguments.push_str(text(&call["function"]["arguments"]));
    }

    fn conclude(mut self, done: bool) -> Said {
        let whole = |json: &String| json.trim().is_empty() || serde_json::from_str::<Value>(json).is_ok();
        let cut = self.reason == "length"
            || ["length", "max_output_tokens", "MAX_TOKENS", "max_tokens"].contains(&self.native.as_str());
        let calls = &self.said.calls;
        let nothing = self.said.text.is_empty() && self.said.thinking.is_empty() && calls.is_empty();
        self.said.stop = match self.reason.as_str() {
            _ if !calls.is_empty()
                && (cut || calls.last().is_some_and(|(_, arguments)| !whole(arguments))) =>
            {
                "max_tokens"
            }
            "content_filter" => "refusal",
            _ if !calls.is_empty() => "tool_use",
            _ if cut => "max_tokens",
            _ if self.refused => "refusal",
            _ => "end_turn",
        };
        let empty = nothing && !cut && self.reason != "content_filter";
        let malformed = self.native == "MALFORMED_FUNCTION_CALL" && calls.is_empty();
        let unfinished = !done && self.reason.is_empty() && self.native.is_empty();
        self.said.failed = self.error || empty || malformed || unfinished || self.reason == "error";
        self.said
    }
}
