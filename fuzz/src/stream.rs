//! Answers of chat completions, as chunks that somebody made up and as any bytes at all.

mod served;
mod written;

use arbitrary::Arbitrary;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use turnpike_translate::answer::{Assembler, ChatStream, Sink, read_whole};
use turnpike_translate::failure::Failure;
use turnpike_translate::names::ToolNames;
use turnpike_translate::offered::OfferedTools;
use turnpike_translate::stream::{AnswerContext, Repairs, StreamMachine};

use crate::cut::{pieces, seeded};
use crate::legal;
use served::{Ran, Source};
use written::Written;

/// An answer in chunks, in any order and with any piece missing.
#[derive(Arbitrary, Debug)]
pub struct Answer<'a> {
    seed: u8,
    asked: Asked<'a>,
    chunks: Vec<Chunk<'a>>,
    done: bool,
    /// Bytes behind the end.
    after: &'a [u8],
}

/// What the request said that matters for its answer.
#[derive(Arbitrary, Debug)]
struct Asked<'a> {
    omit_thinking: bool,
    web_search: bool,
    stop_sequence: Option<&'a str>,
    local_stops: Vec<&'a str>,
    long_name: bool,
    /// Names of tools on offer, by which written calls are known.
    tools: Vec<Word<'a>>,
    web_fetch: bool,
    /// Nothing is mended.
    unmended: bool,
}

#[derive(Arbitrary, Debug)]
enum Chunk<'a> {
    Text(&'a str),
    Parts(Vec<(bool, &'a str)>),
    Reasoning(&'a str),
    ReasoningContent(&'a str),
    Details(Option<&'a str>, Vec<Detail<'a>>),
    Calls(Vec<Call<'a>>),
    Refusal(&'a str),
    Sources(Vec<Source<'a>>),
    /// A whole message that cites pages.
    Cited(&'a str, Vec<Source<'a>>),
    /// A call in a vendor's own form, said or thought.
    Written(Written<'a>, bool),
    /// OpenRouter's record of a server tool: fetch or search, arguments, result.
    Ran(bool, Word<'a>, Ran<'a>),
    Finish(Reason<'a>, Option<Reason<'a>>),
    Usage {
        prompt: u32,
        cached: u32,
        written: u32,
        completion: u32,
        searches: Option<u8>,
    },
    Error {
        code: u16,
        message: &'a str,
        in_choice: bool,
    },
    Served(&'a str, &'a str),
    /// A whole message where a delta is expected.
    Message(&'a str, Vec<Call<'a>>),
    Comment,
    Line(&'a str),
}

/// A piece of a call, each part there or not.
#[derive(Arbitrary, Debug)]
struct Call<'a> {
    index: Option<u8>,
    id: Option<Word<'a>>,
    name: Option<Word<'a>>,
    arguments: Option<Arguments<'a>>,
}

#[derive(Arbitrary, Debug)]
enum Arguments<'a> {
    Piece(&'a str),
    Token(u8),
    NoString(i8),
}

/// A word that is likely to come again, or any.
#[derive(Arbitrary, Debug)]
enum Word<'a> {
    Known(u8),
    Any(&'a str),
}

#[derive(Arbitrary, Debug)]
enum Reason<'a> {
    Known(u8),
    Any(&'a str),
}

#[derive(Arbitrary, Debug)]
struct Detail<'a> {
    kind: u8,
    text: Option<&'a str>,
    signature: Option<&'a str>,
    id: Option<Word<'a>>,
    index: Option<u8>,
    format: Option<u8>,
}

const WORDS: [&str; 8] = ["", "c1", "c2", "functions.Bash:0", "Bash", "Read", "web_search", "ü.x"];
const REASONS: [&str; 8] = [
    "stop",
    "tool_calls",
    "length",
    "content_filter",
    "error",
    "MALFORMED_FUNCTION_CALL",
    "max_tokens",
    "refusal",
];
const TOKENS: [&str; 12] = ["{", "}", "\"", ":", ",", "[", "]", "null", "\"a\"", "{}", "\\", "<tool_call>"];
const KINDS: [&str; 4] = ["reasoning.text", "reasoning.summary", "reasoning.encrypted", "unknown"];
const FORMATS: [&str; 3] = ["anthropic-claude-v1", "openai-responses-v1", "unknown"];

fn pick<'w>(words: &[&'w str], at: u8) -> &'w str {
    words[usize::from(at) % words.len()]
}

// === impl Answer ===

impl Asked<'_> {
    fn context(&self) -> AnswerContext {
        let mut names = ToolNames::default();
        if self.long_name {
            names.to_upstream("find.files/v2");
            names.to_upstream(&"long_".repeat(20));
        }
        let schema =
            json!({"type": "object", "properties": {"Bash": {"type": "integer"}, "c1": {"type": "string"}}});
        let schema = RawValue::from_string(schema.to_string()).expect("JSON");
        let offered = self.tools.iter().map(Word::text).filter(|name| !name.is_empty());
        AnswerContext {
            tools: OfferedTools::new(offered.map(|name| (name, schema.as_ref()))),
            repairs: Repairs { arguments: !self.unmended, written_calls: !self.unmended },
            web_fetch: self.web_fetch.then(|| "web_fetch".to_owned()),
            message_id: "msg_1".to_owned(),
            model: "m".to_owned(),
            target: "author/slug".to_owned(),
            names,
            omit_thinking: self.omit_thinking,
            web_search: self.web_search.then(|| "web_search".to_owned()),
            stop_sequence: self.stop_sequence.map(str::to_owned),
            local_stops: self.local_stops.iter().map(|stop| (*stop).to_owned()).collect(),
            window: Some(1000),
            ..AnswerContext::default()
        }
    }
}

impl Answer<'_> {
    fn bytes(&self) -> Vec<u8> {
        let mut stream = String::new();
        for chunk in &self.chunks {
            match chunk.json() {
                Ok(json) => stream.push_str(&format!("data: {json}\n\n")),
                Err(line) => stream.push_str(line),
            }
        }
        if self.done {
            stream.push_str("data: [DONE]\n\n");
        }
        let mut stream = stream.into_bytes();
        stream.extend_from_slice(self.after);
        stream
    }
}

impl Word<'_> {
    fn text(&self) -> &str {
        match self {
            Self::Known(at) => pick(&WORDS, *at),
            Self::Any(text) => text,
        }
    }
}

impl Reason<'_> {
    fn text(&self) -> &str {
        match self {
            Self::Known(at) => pick(&REASONS, *at),
            Self::Any(text) => text,
        }
    }
}

impl Call<'_> {
    fn json(&self) -> Value {
        let arguments = self.arguments.as_ref().map(|arguments| match arguments {
            Arguments::Piece(text) => json!(text),
            Arguments::Token(at) => json!(pick(&TOKENS, *at)),
            Arguments::NoString(number) => json!({ "n": number }),
        });
        let (id, name) = (self.id.as_ref().map(Word::text), self.name.as_ref().map(Word::text));
        json!({"index": self.index, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
    }
}

impl Detail<'_> {
    fn json(&self) -> Value {
        let kind = pick(&KINDS, self.kind);
        let field = match kind {
            "reasoning.summary" => "summary",
            "reasoning.encrypted" => "data",
            _ => "text",
        };
        let format = self.format.map(|at| pick(&FORMATS, at));
        let id = self.id.as_ref().map(Word::text);
        json!({"type": kind, field: self.text, "signature": self.signature, "id": id, "index": self.index, "format": format})
    }
}

impl Chunk<'_> {
    /// The chunk, or a line that is none.
    fn json(&self) -> Result<Value, &str> {
        let delta = |delta: Value| json!({"id": "gen-1", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]});
        let calls = |calls: &[Call<'_>]| calls.iter().map(Call::json).collect::<Value>();
        Ok(match self {
            Self::Text(text) => delta(json!({"role": "assistant", "content": text})),
            Self::Parts(parts) => {
                let part = |(thinks, text): &(bool, &str)| match thinks {
                    true => json!({"type": "thinking", "thinking": [{"type": "text", "text": text}]}),
                    false => json!({"type": "text", "text": text}),
                };
                delta(json!({"content": parts.iter().map(part).collect::<Value>()}))
            }
            Self::Reasoning(text) => delta(json!({"content": "", "reasoning": text})),
            Self::ReasoningContent(text) => delta(json!({"reasoning_content": text})),
            Self::Details(text, details) => {
                let details: Value = details.iter().map(Detail::json).collect();
                delta(json!({"content": "", "reasoning": text, "reasoning_details": details}))
            }
            Self::Calls(list) => delta(json!({"content": null, "tool_calls": calls(list)})),
            Self::Refusal(text) => delta(json!({"refusal": text})),
            Self::Sources(sources) => {
                delta(json!({"annotations": sources.iter().map(Source::json).collect::<Value>()}))
            }
            Self::Cited(text, sources) => {
                let annotations: Value = sources.iter().map(Source::json).collect();
                json!({"choices": [{"message": {"content": text, "annotations": annotations}}]})
            }
            Self::Written(call, false) => delta(json!({"content": call.text()})),
            Self::Written(call, true) => delta(json!({"content": "", "reasoning": call.text()})),
            Self::Ran(fetches, about, ran) => {
                let (tool, arguments) = match fetches {
                    true => ("openrouter:web_fetch", json!({"url": about.text()})),
                    false => ("openrouter:web_search", json!({"query": about.text()})),
                };
                let record = json!({"type": "reasoning.server_tool_call", "tool_name": tool,
                    "arguments": arguments.to_string(), "result": ran.text()});
                delta(json!({"reasoning_details": [record]}))
            }
            Self::Finish(reason, native) => {
                let native = native.as_ref().map(Reason::text);
                json!({"choices": [{"delta": {}, "finish_reason": reason.text(), "native_finish_reason": native}]})
            }
            Self::Usage { prompt, cached, written, completion, searches } => json!({"choices": [], "usage": {
                "prompt_tokens": prompt, "completion_tokens": completion, "cost": 0.001,
                "prompt_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
                "server_tool_use": searches.map(|count| json!({"web_search_requests": count})),
            }}),
            Self::Error { code, message, in_choice } => {
                let error = json!({"code": code, "message": message});
                match in_choice {
                    true => {
                        json!({"choices": [{"delta": {"content": ""}, "finish_reason": "error", "error": error}]})
                    }
                    false => json!({"error": error, "choices": []}),
                }
            }
            Self::Served(model, provider) => json!({"model": model, "provider": provider, "choices": []}),
            Self::Message(text, list) => {
                json!({"choices": [{"message": {"role": "assistant", "content": text, "tool_calls": calls(list)}}]})
            }
            Self::Comment => return Err(": OPENROUTER PROCESSING\n\n"),
            Self::Line(line) => return Err(line),
        })
    }
}

/// Chunks that look like an answer.
pub fn stream_machine(answer: &Answer<'_>) {
    judge_stream(&answer.asked.context(), &answer.bytes(), answer.seed);
}

/// Any bytes: the first one makes the cuts, the rest is read as a stream and as a whole answer.
pub fn answer_bytes(input: &[u8]) {
    let (seed, bytes) = seeded(input);
    let asked = Asked {
        omit_thinking: false,
        web_search: true,
        stop_sequence: Some("END"),
        local_stops: vec!["STOP", "OP"],
        long_name: false,
        tools: vec![Word::Any("Bash"), Word::Any("Read")],
        web_fetch: true,
        unmended: false,
    };
    judge_stream(&asked.context(), bytes, seed);
    judge_whole(&asked.context(), bytes);
}

fn feed<'a>(
    context: &AnswerContext,
    reads: impl IntoIterator<Item = &'a [u8]>,
    sink: &mut impl Sink,
) -> (Result<(), Failure>, ChatStream) {
    let mut chat = ChatStream::new(StreamMachine::new(context.clone()));
    let mut fed = reads.into_iter().try_for_each(|bytes| chat.feed(bytes, sink));
    if fed.is_ok() {
        fed = chat.end(sink);
    }
    (fed, chat)
}

/// The events are legal, the same at any cuts, and make the same message as when it is asked for whole.
fn judge_stream(context: &AnswerContext, bytes: &[u8], seed: u8) {
    let mut events = Vec::new();
    let (ended, chat) = feed(context, pieces(seed, bytes), &mut events);
    let mut uncut = Vec::new();
    let (ended_uncut, _) = feed(context, [bytes], &mut uncut);
    assert_eq!((&ended, &events), (&ended_uncut, &uncut), "any cuts give the same");
    let answer = legal::read(&events);
    assert_eq!(answer.complete, ended.is_ok(), "an end is an end: {ended:?}");
    if let (Some(usage), true) = (chat.machine().served().usage, answer.complete) {
        let [input, read, created, _] = answer.usage;
        assert_eq!(input + read + created, usage.prompt_tokens, "usage adds up");
    }
    let mut assembler = Assembler::default();
    let (assembled, _) = feed(context, [bytes], &mut assembler);
    assert_eq!(assembled, ended);
    judge_message(assembler, &answer, &context.local_stops);
}

/// A whole answer becomes legal events and a message, or a failure in words.
fn judge_whole(context: &AnswerContext, body: &[u8]) {
    let mut events = Vec::new();
    let read = read_whole(&mut StreamMachine::new(context.clone()), body, &mut events);
    let answer = legal::read(&events);
    assert_eq!(answer.complete, read.is_ok());
    let mut assembler = Assembler::default();
    let again = read_whole(&mut StreamMachine::new(context.clone()), body, &mut assembler);
    assert_eq!(again, read);
    judge_message(assembler, &answer, &context.local_stops);
}

fn judge_message(assembler: Assembler, answer: &legal::Answer, stops: &[String]) {
    let Some(message) = assembler.into_message() else {
        assert!(!answer.complete, "a complete stream is a message");
        return;
    };
    let message = serde_json::to_value(message).expect("a message is JSON");
    let blocks = message["content"].as_array().expect("content");
    let texts: Vec<&str> = blocks.iter().filter_map(|block| block["text"].as_str()).collect();
    assert_eq!(texts.concat(), answer.text);
    for stop in stops.iter().filter(|stop| !stop.is_empty()) {
        assert!(!texts.iter().any(|text| text.contains(stop.as_str())), "{stop:?} was to end {texts:?}");
    }
    let calls: Vec<&Value> = blocks.iter().filter(|block| block["type"] == "tool_use").collect();
    assert_eq!(calls.len(), answer.calls.len());
    assert!(calls.iter().all(|call| call["input"].is_object()), "{message}");
}
