//! A Messages stream in passing: frames go on byte for byte, the bill is read.

use serde::Deserialize;
use turnpike_wire::chat::{Usage, count};
use turnpike_wire::money::{NanoUsd, dollars};
use turnpike_wire::sse::{Frame, SseDecoder};
use turnpike_wire::text::{Text, lenient};

use crate::failure::{self, Cause, Failure};
use crate::stream::Served;

/// Reads a Messages stream and passes its frames on.
///
/// OpenRouter ends the stream with a frame that is not Anthropic's (`data: [DONE]`); it is dropped. A stream
/// that ends without `message_stop` has broken off.
#[derive(Debug, Default)]
pub struct NativeStream {
    decoder: SseDecoder,
    bill: Bill,
    /// Frames up to the first content: they do not begin the answer.
    start: Vec<u8>,
    begun: bool,
    done: bool,
}

/// What was read in passing.
#[derive(Debug, Default)]
struct Bill {
    served: Served,
    /// What `message_start` counted. OpenRouter counts nothing there, others what they have begun with: the bill is told
    /// at the end, and a stream that is cut before it has none.
    begun_with: Option<NativeUsage>,
    stop_reason: Option<String>,
}

/// The parts of an event, or of a whole message, that matter for the bill.
#[derive(Default, Deserialize)]
struct Passing<'a> {
    #[serde(borrow, default)]
    message: Option<Head<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    delta: Option<StopDelta<'a>>,
    #[serde(default, deserialize_with = "lenient")]
    usage: Option<NativeUsage>,
    #[serde(borrow, default)]
    error: Option<turnpike_wire::chat::UpstreamErrorField<'a>>,
}

#[derive(Default, Deserialize)]
struct Head<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    id: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    model: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    provider: Option<Text<'a>>,
    #[serde(default, deserialize_with = "lenient")]
    usage: Option<NativeUsage>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    stop_reason: Option<Text<'a>>,
    #[serde(borrow, default)]
    error: Option<turnpike_wire::chat::UpstreamErrorField<'a>>,
}

#[derive(Default, Deserialize)]
struct StopDelta<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    stop_reason: Option<Text<'a>>,
}

/// Anthropic's counts, with OpenRouter's cost beside them.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct NativeUsage {
    #[serde(default, deserialize_with = "count")]
    input_tokens: u64,
    #[serde(default, deserialize_with = "count")]
    output_tokens: u64,
    #[serde(default, deserialize_with = "count")]
    cache_read_input_tokens: u64,
    #[serde(default, deserialize_with = "count")]
    cache_creation_input_tokens: u64,
    #[serde(default, deserialize_with = "dollars")]
    cost: Option<NanoUsd>,
    #[serde(default, deserialize_with = "lenient")]
    is_byok: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    cost_details: Option<CostDetails>,
    #[serde(default, deserialize_with = "lenient")]
    output_tokens_details: Option<OutputDetails>,
    #[serde(default, deserialize_with = "lenient")]
    server_tool_use: Option<ServerTools>,
}

/// What the provider bills, which counts where that goes to a key of the user's own.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct CostDetails {
    #[serde(default, deserialize_with = "dollars")]
    upstream_inference_cost: Option<NanoUsd>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct OutputDetails {
    #[serde(default, deserialize_with = "count")]
    thinking_tokens: u64,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct ServerTools {
    #[serde(default, deserialize_with = "count")]
    web_search_requests: u64,
}

// === impl NativeUsage ===

impl NativeUsage {
    const fn says_something(self) -> bool {
        let prompt = self.input_tokens | self.cache_read_input_tokens | self.cache_creation_input_tokens;
        prompt | self.output_tokens > 0 || self.cost.is_some()
    }
}

// === impl NativeStream ===

impl NativeStream {
    /// A reader at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the upstream said about itself so far.
    #[must_use]
    pub const fn served(&self) -> &Served {
        &self.bill.served
    }

    /// Why the answer ended, once it has.
    #[must_use]
    pub fn stop_reason(&self) -> Option<&str> {
        self.bill.stop_reason.as_deref()
    }

    /// Whether `message_stop` has passed.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// The frames that came before the first content, to be sent in front of it.
    pub fn take_start(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.start)
    }

    /// Takes the next bytes and passes whole frames on to `out`.
    ///
    /// # Errors
    /// An `error` event, or a stream that is none.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        self.decoder.push(bytes).map_err(|error| Failure::unreadable(&error.to_string()))?;
        while let Some(frame) = self.decoder.next_frame() {
            if self.done {
                break;
            }
            let Frame::Event { name, data, raw } = frame else { continue };
            let data = data.trim_ascii();
            if data == b"[DONE]" || data.is_empty() {
                continue;
            }
            let passing: Passing<'_> =
                serde_json::from_slice(data).map_err(|_| Failure::unreadable("a line that is no JSON"))?;
            self.bill.note(&passing, name);
            if let Some(error) = &passing.error {
                return Err(failure::from_chunk(&error.0, None, 0));
            }
            // The answer begins with its first block; a keep-alive of the upstream's is replaced by ours.
            match name {
                b"ping" => {}
                b"message_start" if !self.begun => self.start.extend_from_slice(raw),
                _ => {
                    self.begun = true;
                    out.extend_from_slice(raw);
                }
            }
            self.done = name == b"message_stop";
        }
        Ok(())
    }

    /// The connection has closed. A last event that is whole but for its blank line gets one.
    ///
    /// # Errors
    /// `message_stop` had not come, or the last event is an `error`.
    pub fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        if self.done {
            return Ok(());
        }
        let Some(Frame::Event { name, data, raw }) = self.decoder.finish() else {
            return Err(Failure::ended_early());
        };
        let passing: Passing<'_> = serde_json::from_slice(data).map_err(|_| Failure::ended_early())?;
        self.bill.note(&passing, name);
        if let Some(error) = &passing.error {
            return Err(failure::from_chunk(&error.0, None, 0));
        }
        if name != b"message_stop" {
            return Err(Failure::ended_early());
        }
        out.extend_from_slice(raw.trim_ascii_end());
        out.extend_from_slice(b"\n\n");
        self.done = true;
        Ok(())
    }
}

// === impl Bill ===

impl Bill {
    fn note(&mut self, passing: &Passing<'_>, name: &[u8]) {
        if let Some(head) = &passing.message {
            note_head(&mut self.served, head);
            self.begun_with = head.usage.or(self.begun_with);
        }
        if passing.usage.is_some() || name == b"message_stop" {
            note_usage(&mut self.served, self.begun_with.take());
            note_usage(&mut self.served, passing.usage);
        }
        if let Some(reason) = passing.delta.as_ref().and_then(|delta| delta.stop_reason.as_ref()) {
            self.stop_reason = Some(reason.as_str().to_owned());
        }
    }
}

fn note_head(served: &mut Served, head: &Head<'_>) {
    let own = |text: &Option<Text<'_>>| text.as_ref().map(|text| text.as_str().to_owned());
    served.generation_id = own(&head.id).filter(|id| id.starts_with("gen-")).or(served.generation_id.take());
    served.model = own(&head.model).or(served.model.take());
    served.provider = own(&head.provider).or(served.provider.take());
}

/// Counts that are zero at the start of a stream are filled in at its end. Where nothing was counted and no cost told,
/// nothing was said.
fn note_usage(served: &mut Served, usage: Option<NativeUsage>) {
    let Some(usage) = usage.filter(|usage| usage.says_something()) else { return };
    let known = served.usage.get_or_insert_with(Usage::default);
    let cached = usage.cache_read_input_tokens.saturating_add(usage.cache_creation_input_tokens);
    let prompt = usage.input_tokens.saturating_add(cached);
    if prompt > 0 {
        known.prompt_tokens = prompt;
        known.cached_tokens = usage.cache_read_input_tokens;
        known.cache_write_tokens = usage.cache_creation_input_tokens;
    }
    known.completion_tokens = known.completion_tokens.max(usage.output_tokens);
    let thought = usage.output_tokens_details.unwrap_or_default().thinking_tokens;
    known.reasoning_tokens = known.reasoning_tokens.max(thought);
    let told = |money: Option<NanoUsd>| money.filter(|amount| *amount >= NanoUsd::ZERO);
    known.cost = told(usage.cost).or(known.cost);
    let billed = usage.cost_details.unwrap_or_default().upstream_inference_cost;
    known.upstream_inference_cost = told(billed).or(known.upstream_inference_cost);
    known.is_byok |= usage.is_byok.unwrap_or(false);
    if let Some(tools) = usage.server_tool_use {
        known.web_search_requests = tools.web_search_requests;
    }
}

/// Reads a whole message in passing: what it says about the bill, and why it ended.
///
/// # Errors
/// The body holds an error, or no message.
pub fn read_message(body: &[u8]) -> Result<(Served, Option<String>), Failure> {
    let head: Head<'_> =
        serde_json::from_slice(body).map_err(|_| Failure::unreadable("a text that is no JSON"))?;
    if let Some(error) = &head.error {
        return Err(failure::from_chunk(&error.0, None, 0));
    }
    if head.id.is_none() {
        return Err(Failure::new(
            Cause::Unreadable,
            "The upstream sent JSON without a message in it. Try again.",
        ));
    }
    let mut served = Served::default();
    let stop_reason = head.stop_reason.as_ref().map(|text| text.as_str().to_owned());
    note_head(&mut served, &head);
    note_usage(&mut served, head.usage);
    Ok((served, stop_reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"gen-1\",\"model\":\"m\",\"provider\":\"P\",\"usage\":{\"input_tokens\":0,\"output_tokens\":0}}}\n\n\
        event: ping\ndata: {\"type\":\"ping\"}\n\n\
        event: content_block_start\ndata: {\"type\": \"content_block_start\",  \"index\":0}\n\n\
        event: message_delta\ndata: {\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"input_tokens\":5,\"cache_read_input_tokens\":3,\"output_tokens\":2,\"output_tokens_details\":{\"thinking_tokens\":1},\"cost\":0.25,\"is_byok\":true,\"cost_details\":{\"upstream_inference_cost\":0.5}}}\n\n\
        event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n\
        event: data\ndata: [DONE]\n\n";

    #[test]
    fn frames_pass_and_the_bill_is_read_at_any_split() {
        let expected: String = STREAM
            .split_inclusive("\n\n")
            .map(str::trim_start)
            .filter(|frame| {
                !frame.contains("ping") && !frame.contains("[DONE]") && !frame.contains("message_start")
            })
            .collect();
        let stream = STREAM.replace("\n        ", "\n");
        for size in 1..stream.len() {
            let (mut native, mut out) = (NativeStream::new(), Vec::new());
            for bytes in stream.as_bytes().chunks(size) {
                native.feed(bytes, &mut out).unwrap();
            }
            native.end(&mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected, "reads of {size}");
            assert!(native.take_start().starts_with(b"event: message_start\ndata: {"));
            let usage = native.served().usage.unwrap();
            assert_eq!((usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens), (8, 3, 2));
            assert_eq!((usage.cost, usage.reasoning_tokens), (Some(NanoUsd(250_000_000)), 1));
            let own_key = (usage.is_byok, usage.upstream_inference_cost);
            assert_eq!(own_key, (true, Some(NanoUsd(500_000_000))), "what the provider bills to it");
            assert_eq!(native.stop_reason(), Some("end_turn"));
        }
    }

    #[test]
    fn what_a_stream_begins_with_counts_only_once_its_end_has_come() {
        let start = |usage: &str| {
            format!("event: message_start\ndata: {{\"message\":{{\"id\":\"gen-1\",\"usage\":{usage}}}}}\n\n")
        };
        let delta = |usage: &str| format!("event: message_delta\ndata: {{\"usage\":{usage}}}\n\n");
        let stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n".to_owned();
        let zeros = r#"{"input_tokens":0,"output_tokens":0}"#;
        let begun = r#"{"input_tokens":9,"output_tokens":1}"#;
        let text = "event: content_block_delta\ndata: {\"index\":0}\n\n".to_owned();
        for (label, frames, counted) in [
            ("zeros, and cut", vec![start(zeros), text.clone()], None),
            ("a first count, and cut", vec![start(begun), text.clone()], None),
            ("zeros to the end", vec![start(zeros), text.clone(), delta(zeros), stop.clone()], None),
            ("a count at the start alone", vec![start(begun), text.clone(), stop.clone()], Some((9, 1))),
            ("the rest at the end", vec![start(begun), text, delta(r#"{"output_tokens":7}"#)], Some((9, 7))),
            ("free, and told so", vec![start(zeros), delta(r#"{"output_tokens":0,"cost":0}"#)], Some((0, 0))),
        ] {
            let mut native = NativeStream::new();
            frames.iter().for_each(|frame| native.feed(frame.as_bytes(), &mut Vec::new()).unwrap());
            let told = native.served().usage.map(|usage| (usage.prompt_tokens, usage.completion_tokens));
            assert_eq!(told, counted, "{label}");
        }
        let message = format!(r#"{{"id":"gen-1","usage":{begun}}}"#);
        let usage = read_message(message.as_bytes()).unwrap().0.usage.unwrap();
        assert_eq!((usage.prompt_tokens, usage.completion_tokens), (9, 1), "a whole message has ended");
    }

    #[test]
    fn a_last_event_that_lacks_its_blank_line_counts_when_it_is_whole() {
        let stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}";
        let error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}";
        for (last, cause) in [
            (format!("{stop}\n"), None),
            (format!("{stop}\r\n"), None),
            (stop.to_owned(), None),
            (stop[..stop.len() - 1].to_owned(), Some(Cause::EndedEarly)),
            ("event: message_stop\n".to_owned(), Some(Cause::EndedEarly)),
            ("event: ping\ndata: {\"type\":\"ping\"}".to_owned(), Some(Cause::EndedEarly)),
            (error.to_owned(), Some(Cause::Overloaded)),
        ] {
            let (mut native, mut out) = (NativeStream::new(), Vec::new());
            native.feed(last.as_bytes(), &mut out).unwrap();
            assert_eq!(native.end(&mut out).map_err(|failure| failure.cause).err(), cause, "{last:?}");
            assert_eq!(native.is_done(), cause.is_none(), "{last:?}");
            let expected = if cause.is_none() { format!("{stop}\n\n") } else { String::new() };
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{last:?}");
        }
    }

    #[test]
    fn a_cut_stream_and_an_error_are_failures() {
        let mut native = NativeStream::new();
        let cut = STREAM.find("event: message_stop").unwrap();
        native.feed(&STREAM.as_bytes()[..cut], &mut Vec::new()).unwrap();
        assert_eq!(native.end(&mut Vec::new()).unwrap_err().cause, Cause::EndedEarly);
        let error = b"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}\n\n";
        assert!(NativeStream::new().feed(error, &mut Vec::new()).is_err());
    }
}
