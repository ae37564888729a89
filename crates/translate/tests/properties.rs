//! What holds for every conversation, not only for those that somebody thought of.

#![cfg(test)]

#[path = "properties/chunks.rs"]
mod chunks;
#[path = "shared/contract.rs"]
mod contract;
#[path = "properties/conversation.rs"]
mod conversation;
#[path = "recordings/legal.rs"]
mod legal;
#[path = "properties/session.rs"]
mod session;

use std::fs;
use std::path::Path;

use conversation::SLUGS;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use turnpike_translate::answer::{Assembler, ChatStream};
use turnpike_translate::failure::Failure;
use turnpike_translate::profile::ModelProfile;
use turnpike_translate::request::{Overrides, Target, parse, to_chat};
use turnpike_translate::stream::{AnswerContext, StreamMachine};

fn body(request: &[u8], slug: &str) -> Result<Vec<u8>, Failure> {
    let profile = ModelProfile::new(slug, None);
    let overrides = Overrides::default();
    let target = Target { profile: &profile, overrides: &overrides, session: Some("s"), quick: false };
    Ok(to_chat(&parse(request)?, &target)?.body)
}

fn reader() -> ChatStream {
    ChatStream::new(StreamMachine::new(AnswerContext {
        message_id: "msg_1".to_owned(),
        target: "author/slug".to_owned(),
        web_search: Some("web_search".to_owned()),
        web_fetch: Some("web_fetch".to_owned()),
        ..AnswerContext::default()
    }))
}

fn request(messages: &[Value]) -> Vec<u8> {
    json!({"model": "m", "max_tokens": 4096, "system": "Be brief.", "messages": messages})
        .to_string()
        .into_bytes()
}

/// Where a conversation was when the model was asked: before one of its answers.
fn asked_at(messages: &[Value], index: Index) -> Option<usize> {
    let speaks = |at: usize| messages[at]["role"] == "assistant";
    let places: Vec<usize> = (1..messages.len()).filter(|at| speaks(*at) && !speaks(at - 1)).collect();
    (!places.is_empty()).then(|| places[index.index(places.len())])
}

/// The messages without breakpoints: a single text in parts is then the same as a plain string.
fn unmarked(body: &[u8]) -> Vec<Value> {
    let mut body: Value = serde_json::from_slice(body).unwrap();
    for message in body["messages"].as_array_mut().unwrap() {
        let Some(parts) = message["content"].as_array_mut() else { continue };
        parts.iter_mut().filter_map(Value::as_object_mut).for_each(|part| {
            part.remove("cache_control");
        });
        if let [only] = parts.as_slice()
            && only["type"] == "text"
        {
            message["content"] = only["text"].clone();
        }
    }
    body["messages"].as_array().unwrap().clone()
}

fn without_marks(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().map(without_marks).collect(),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .filter(|(name, _)| *name != "cache_control")
                .map(|(name, value)| (name.clone(), without_marks(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// The body up to its last tool, and its messages up to the last: what may grow at its end.
fn halves(body: &str) -> (&str, &str) {
    let (head, messages) = body.split_once("],\"messages\":[").unwrap();
    (head, messages.strip_suffix("]}").unwrap())
}

/// The body without the breakpoints, where a text alone is a plain string.
fn plain(body: &[u8]) -> String {
    let mut value: Value = without_marks(&serde_json::from_slice(body).unwrap());
    let (tools, messages) = (value["tools"].take(), Value::from(unmarked(body)));
    value["messages"].take();
    format!("{value}{{\"tools\":{tools},\"messages\":{messages}}}")
}

/// Bytes that were a request before something happened to them.
struct Damaged(Vec<u8>);

impl std::fmt::Debug for Damaged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

fn damaged() -> impl Strategy<Value = Damaged> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/requests");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut requests: Vec<Vec<u8>> = files
        .filter(|path| path.to_string_lossy().ends_with(".in.json"))
        .map(|path| {
            let pair: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            pair["request"].to_string().into_bytes()
        })
        .collect();
    requests.sort_unstable();
    let pieces =
        select(vec!["", "\"", "\\", "{", "}", "[", "]", ",", ":", "null", "0", "-", "\\ud800", "\u{1}", "é"]);
    let harm = (any::<Index>(), 0..4_usize, pieces);
    (select(requests), proptest::collection::vec(harm, 1..4)).prop_map(|(mut bytes, harms)| {
        for (place, cut, piece) in harms {
            let at = place.index(bytes.len() + 1);
            let end = (at + cut).min(bytes.len());
            bytes.splice(at..end, piece.bytes());
        }
        Damaged(bytes)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_conversation_obeys_the_contract(request in conversation::request(), slug in select(SLUGS.as_slice())) {
        let body = body(request.to_string().as_bytes(), slug).map_err(|failure| failure.message);
        let body: Value = serde_json::from_slice(&body.unwrap()).unwrap();
        let faults = contract::faults(&body);
        prop_assert!(faults.is_empty(), "{faults:#?}\nrequest {request:#}\nbody {body:#}");
    }

    #[test]
    fn a_longer_conversation_begins_with_the_shorter_ones_bytes(
        messages in conversation::conversation(),
        place in any::<Index>(),
        slug in select(SLUGS.as_slice()),
    ) {
        let messages: Vec<Value> = messages.iter().map(without_marks).collect();
        let Some(at) = asked_at(&messages, place) else { return Ok(()) };
        let shorter = body(&request(&messages[..at]), slug).unwrap();
        let longer = body(&request(&messages), slug).unwrap();
        let kept = shorter.strip_suffix(b"]}").unwrap();
        prop_assert!(
            longer.starts_with(kept),
            "shorter {}\nlonger {}", String::from_utf8_lossy(&shorter), String::from_utf8_lossy(&longer)
        );
    }

    /// Breakpoints move from turn to turn; what they mark does not.
    #[test]
    fn moving_breakpoints_change_nothing_else(
        messages in conversation::conversation(),
        place in any::<Index>(),
        slug in select(SLUGS.as_slice()),
    ) {
        let Some(at) = asked_at(&messages, place) else { return Ok(()) };
        let old: Vec<Value> = messages[..at].iter().map(without_marks).collect();
        let shorter = unmarked(&body(&request(&old), slug).unwrap());
        let longer = unmarked(&body(&request(&messages), slug).unwrap());
        prop_assert_eq!(&shorter[..], &longer[..shorter.len()]);
    }

    /// A whole session: system, tools, thoughts, parallel calls, pictures, reminders, tools that are loaded late,
    /// breakpoints that move. Each body begins with all of the one before it; a turn that loads tools puts them
    /// behind those that were there, and changes nothing else.
    #[test]
    fn a_session_keeps_its_prefix_from_turn_to_turn(turns in session::turns(), slug in select(SLUGS.as_slice())) {
        let bodies: Vec<Vec<u8>> =
            session::requests(&turns, slug).iter().map(|request| body(request, slug).unwrap()).collect();
        for (at, pair) in bodies.windows(2).enumerate() {
            // Breakpoints that are kept move with the turns; all else is compared as bytes.
            let text = |body: &[u8]| String::from_utf8(body.to_vec()).unwrap();
            let (old, new) = match text(&pair[0]).contains("cache_control") {
                true => (plain(&pair[0]), plain(&pair[1])),
                false => (text(&pair[0]), text(&pair[1])),
            };
            if !session::loads(&turns[at]) {
                prop_assert!(new.starts_with(old.strip_suffix("]}").unwrap()), "turn {at}\n{old}\n{new}");
            }
            let ((head, said), (new_head, new_said)) = (halves(&old), halves(&new));
            prop_assert!(new_head.starts_with(head), "turn {at}\n{head}\n{new_head}");
            prop_assert!(new_said.starts_with(said), "turn {at}\n{said}\n{new_said}");
        }
    }

    #[test]
    fn the_same_request_gives_the_same_bytes(request in conversation::request(), slug in select(SLUGS.as_slice())) {
        let request = request.to_string();
        prop_assert_eq!(body(request.as_bytes(), slug), body(request.as_bytes(), slug));
    }

    #[test]
    fn arbitrary_bytes_are_refused_in_words(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let failure = parse(&bytes).map(|_| ()).unwrap_err();
        prop_assert_eq!(failure.status, 400);
        prop_assert!(failure.message.ends_with('.') && failure.message.len() < 400, "{}", failure.message);
    }

    #[test]
    fn a_damaged_request_is_refused_or_obeys_the_contract(request in damaged(), slug in select(SLUGS.as_slice())) {
        match body(&request.0, slug) {
            Ok(body) => {
                let body: Value = serde_json::from_slice(&body).unwrap();
                let faults = contract::faults(&body);
                prop_assert!(faults.is_empty(), "{faults:#?}");
            }
            Err(failure) => prop_assert!((400..500).contains(&failure.status) && !failure.message.is_empty()),
        }
    }

    /// However the chunks are mixed, the events are legal, and a whole message is made of the same answer.
    #[test]
    fn every_stream_is_legal_and_makes_a_message(stream in chunks::stream()) {
        let mut events = Vec::new();
        let mut chat = reader();
        let ended = chat.feed(stream.as_bytes(), &mut events).and_then(|()| chat.end(&mut events));
        let answer = legal::read(&events);
        prop_assert_eq!(answer.complete, ended.is_ok());
        let mut assembler = Assembler::default();
        let mut chat = reader();
        let assembled = chat.feed(stream.as_bytes(), &mut assembler).and_then(|()| chat.end(&mut assembler));
        prop_assert_eq!(&assembled, &ended);
        let Some(message) = assembler.into_message() else {
            prop_assert!(ended.is_err());
            return Ok(());
        };
        let message = serde_json::to_value(message).unwrap();
        let blocks = message["content"].as_array().unwrap();
        let texts: String = blocks.iter().filter_map(|block| block["text"].as_str()).collect();
        prop_assert_eq!(texts, answer.text);
        let calls: Vec<&Value> = blocks.iter().filter(|block| block["type"] == "tool_use").collect();
        prop_assert_eq!(calls.len(), answer.calls.len());
        prop_assert!(calls.iter().all(|call| call["input"].is_object()), "{}", message);
    }
}
