//! `COVERAGE.md` against the code: each field, variant and word that the types know has one row, each row is
//! filled, and each test that it names exists.

#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::value::Error;
use serde::de::{Error as _, Visitor};
use turnpike_wire::anthropic::{
    BlockType, Delta, ErrorKind, Event, MessageParam, MessageUsage, MessagesRequest, Metadata, OutBlock,
    OutputConfig, OutputFormat, SourceType, StopReason, Thinking, Thread, Tool, ToolChoice, ToolType,
    empty_object,
};

const TABLE: &str = include_str!("../COVERAGE.md");

/// Tells the fields that a struct is read from.
struct Fields<'f>(&'f mut &'static [&'static str]);

impl<'de> serde::Deserializer<'de> for Fields<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("no struct"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        Err(Error::custom("the fields are known"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

fn fields<T: Deserialize<'static>>(prefix: &str) -> Vec<String> {
    let mut found: &'static [&'static str] = &[];
    assert!(T::deserialize(Fields(&mut found)).is_err() && !found.is_empty(), "{prefix} has fields");
    found.iter().map(|name| format!("{prefix}{name}")).collect()
}

/// Name, cells and tests of each row below a heading.
fn rows(heading: &str) -> Vec<(String, Vec<String>)> {
    let (_, rest) = TABLE.split_once(&format!("\n## {heading}\n")).expect("the heading is there");
    let section = rest.split("\n## ").next().unwrap_or_default();
    let lines = section.lines().filter(|line| line.starts_with("| `"));
    lines
        .map(|line| {
            let cells: Vec<String> =
                line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
            (cells[0].trim_matches('`').to_owned(), cells[1..].to_vec())
        })
        .collect()
}

fn compare(heading: &str, known: Vec<String>) {
    let named: Vec<String> = rows(heading).into_iter().map(|(name, _)| name).collect();
    let (rows, known): (BTreeSet<_>, BTreeSet<_>) =
        (named.iter().cloned().collect(), known.into_iter().collect());
    assert_eq!(named.len(), rows.len(), "{heading}: a row stands twice");
    assert_eq!(rows, known, "{heading}: the table and the code differ");
}

/// The variants, and a match that a new one keeps from compiling.
macro_rules! all {
    ($name:ident: $($variant:ident)*) => {{
        const fn listed(variant: $name) -> $name {
            match variant { $($name::$variant => variant,)* }
        }
        [$(listed($name::$variant)),*]
    }};
}

fn word<T: serde::Serialize>(value: T) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn every_request_field_has_a_row() {
    let known = [
        fields::<MessagesRequest<'static>>(""),
        fields::<MessageParam<'static>>("messages[]."),
        fields::<Tool<'static>>("tools[]."),
        fields::<ToolChoice<'static>>("tool_choice."),
        fields::<Thinking<'static>>("thinking."),
        fields::<OutputConfig<'static>>("output_config."),
        fields::<OutputFormat<'static>>("output_config.format."),
        fields::<Metadata<'static>>("metadata."),
        fields::<Thread<'static>>("thread."),
    ];
    compare("Request fields", known.concat());
}

#[test]
fn every_content_block_and_source_has_a_row() {
    compare("Content blocks", BlockType::ALL.iter().map(|kind| kind.as_str().to_owned()).collect());
    compare("Sources", SourceType::ALL.iter().map(|kind| kind.as_str().to_owned()).collect());
}

#[test]
fn every_tool_type_has_a_row() {
    compare("Tool types", ToolType::ALL.iter().map(|kind| kind.as_str().to_owned()).collect());
}

#[test]
fn every_block_of_an_answer_has_a_row() {
    let text = || "x".into();
    let blocks = [
        OutBlock::Text { text: text(), citations: None },
        OutBlock::Thinking { thinking: text(), signature: text() },
        OutBlock::RedactedThinking { data: text() },
        OutBlock::ToolUse { id: text(), name: text(), input: empty_object() },
        OutBlock::ServerToolUse { id: text(), name: text(), input: empty_object() },
        OutBlock::WebSearchToolResult { tool_use_id: text(), content: empty_object() },
        OutBlock::WebFetchToolResult { tool_use_id: text(), content: empty_object() },
    ];
    let number = |block: &OutBlock<'_>| match block {
        OutBlock::Text { .. } => 0,
        OutBlock::Thinking { .. } => 1,
        OutBlock::RedactedThinking { .. } => 2,
        OutBlock::ToolUse { .. } => 3,
        OutBlock::ServerToolUse { .. } => 4,
        OutBlock::WebSearchToolResult { .. } => 5,
        OutBlock::WebFetchToolResult { .. } => 6,
    };
    assert!(blocks.iter().map(number).eq(0..blocks.len()), "one of each");
    compare("Answer blocks", blocks.iter().map(type_of).collect());
}

fn type_of<T: serde::Serialize>(value: T) -> String {
    serde_json::to_value(value).unwrap()["type"].as_str().unwrap().to_owned()
}

/// One of each, and a match that a new one keeps from compiling.
#[test]
fn every_event_and_delta_has_a_row() {
    let text = || "x".into();
    let deltas = [
        Delta::TextDelta { text: "x".into() },
        Delta::ThinkingDelta { thinking: "x".into() },
        Delta::SignatureDelta { signature: text() },
        Delta::InputJsonDelta { partial_json: "{}".into() },
        Delta::CitationsDelta { citation: empty_object() },
    ];
    let number = |delta: &Delta<'_>| match delta {
        Delta::TextDelta { .. } => 0,
        Delta::ThinkingDelta { .. } => 1,
        Delta::SignatureDelta { .. } => 2,
        Delta::InputJsonDelta { .. } => 3,
        Delta::CitationsDelta { .. } => 4,
    };
    assert!(deltas.iter().map(number).eq(0..deltas.len()), "one of each");
    compare("Deltas", deltas.iter().map(type_of).collect());

    let block = OutBlock::Text { text: text(), citations: None };
    let events = [
        Event::MessageStart { id: text(), model: text() },
        Event::BlockStart { index: 0, block },
        Event::BlockDelta { index: 0, delta: Delta::TextDelta { text: "x".into() } },
        Event::BlockStop { index: 0 },
        Event::MessageDelta {
            stop_reason: StopReason::EndTurn,
            stop_sequence: None,
            usage: MessageUsage::default(),
        },
        Event::MessageStop,
    ];
    let number = |event: &Event<'_>| match event {
        Event::MessageStart { .. } => 0,
        Event::BlockStart { .. } => 1,
        Event::BlockDelta { .. } => 2,
        Event::BlockStop { .. } => 3,
        Event::MessageDelta { .. } => 4,
        Event::MessageStop => 5,
    };
    assert!(events.iter().map(number).eq(0..events.len()), "one of each");
    let mut names: Vec<String> = events.iter().map(|event| event.name().to_owned()).collect();
    // These two are no part of an answer: they fill a silence, and end a stream that failed.
    names.extend(["ping".to_owned(), "error".to_owned()]);
    compare("Events", names);
}

#[test]
fn every_stop_reason_and_error_has_a_row() {
    let reasons =
        all!(StopReason: EndTurn MaxTokens StopSequence ToolUse PauseTurn Refusal ModelContextWindowExceeded);
    compare("Stop reasons", reasons.map(|reason| reason.as_str().to_owned()).to_vec());
    let errors = all!(ErrorKind: InvalidRequestError AuthenticationError BillingError PermissionError
        NotFoundError RequestTooLarge RateLimitError TimeoutError OverloadedError NotSupported ApiError);
    compare("Errors", errors.map(word).to_vec());
}

#[test]
fn every_row_is_filled_and_its_tests_exist() {
    let mut seen = 0;
    for heading in [
        "Request fields",
        "Content blocks",
        "Sources",
        "Tool types",
        "Answer blocks",
        "Events",
        "Deltas",
        "Stop reasons",
        "Errors",
    ] {
        for (name, cells) in rows(heading) {
            assert_eq!(cells.len(), 3, "{heading}, {name}: {cells:?}");
            let filled = cells.iter().all(|cell| !cell.is_empty() && !cell.contains("unknown"));
            assert!(filled, "{heading}, {name}: {cells:?}");
            let tests: Vec<&str> = cells[2].split('`').skip(1).step_by(2).collect();
            assert!(!tests.is_empty(), "{heading}, {name}: no test is named");
            for test in tests {
                assert!(exists(test), "{heading}, {name}: no test is called {test}");
            }
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen} rows");
}

/// Whether a test, named as nextest prints it, stands in the sources.
fn exists(test: &str) -> bool {
    let Some((place, path)) = test.split_once(' ') else { return false };
    let (package, binary) =
        place.split_once("::").map_or((place, None), |(package, binary)| (package, Some(binary)));
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = crates.join(package.trim_start_matches("turnpike-"));
    let sources = match binary {
        Some(binary) => vec![folder.join(format!("tests/{binary}.rs")), folder.join("tests").join(binary)],
        None => vec![folder.join("src")],
    };
    let function = format!("fn {}(", path.rsplit("::").next().unwrap_or(path));
    sources.into_iter().any(|source| holds(source, &function))
}

fn holds(place: PathBuf, function: &str) -> bool {
    if place.is_dir() {
        return fs::read_dir(place).unwrap().any(|entry| holds(entry.unwrap().path(), function));
    }
    fs::read_to_string(place).is_ok_and(|text| text.contains(function))
}
