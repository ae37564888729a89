//! Plain answers: text, an echo of the request, verdicts.

use serde_json::{Value, json};

use super::{Answer, Scenario, Stage, row};
use crate::script::{Act, Ending, Script};

pub(super) const ALL: &[Scenario] = &[
    row("text", text_answer, "Deterministic text, `words=` or `events=` of it."),
    row("echo", echo, "Answers with the request it received, long strings shortened."),
    row(
        "verdict",
        verdict,
        "Answers `<block>no</block>`; `=yes`, `=cut` (ends before the stop sequence), `=none`.",
    ),
    row(
        "verdict-yes",
        |stage| verdict(&Stage { value: Some("yes"), ..*stage }),
        "Answers `<block>yes</block>`.",
    ),
];

/// The words that text answers are made of: ASCII, two-, three- and four-byte characters, JSON escapes.
const WORDS: &[&str] = &[
    "The",
    "simulated",
    "model",
    "answers",
    "with",
    "plain",
    "wörds,",
    "some",
    "of",
    "them",
    "like",
    "«naïve»",
    "or",
    "你好",
    "or",
    "🚦",
    "need",
    "more",
    "than",
    "one",
    "byte,",
    "and",
    "\"quotes\"",
    "and",
    "back\\slashes",
    "too.\n",
];
/// Characters of a string that an echo keeps.
const ECHO_CHARS: usize = 200;

/// The text that `sim/text+words=N` answers with.
#[must_use]
pub fn text(words: u64) -> String {
    (0..words).map(word).collect()
}

fn word(at: u64) -> String {
    let length = WORDS.len() as u64;
    let word = WORDS[usize::try_from(at % length).unwrap_or_default()];
    if at == 0 { word.to_owned() } else { format!(" {word}") }
}

fn text_answer(stage: &Stage<'_>) -> Answer {
    let wanted = stage.modifiers.word_count();
    let most = stage.request.max_tokens().unwrap_or(u64::MAX);
    let ending = if wanted > most { Ending::new(Some("length"), Some("length")) } else { Ending::stop() };
    let words = 0..wanted.min(most);
    Answer::script(if stage.modifiers.stamp {
        Script::new(words.map(Act::Stamp), ending)
    } else {
        Script::new(words.map(|at| Act::Text(word(at))), ending)
    })
}

fn echo(stage: &Stage<'_>) -> Answer {
    let received = stage.request.json().map(shorten).unwrap_or_default();
    Answer::script(Script::text(&received.to_string()))
}

fn shorten(value: &Value) -> Value {
    match value {
        Value::String(text) => match text.char_indices().nth(ECHO_CHARS) {
            Some((cut, _)) => json!(format!("{}… ({} bytes)", &text[..cut], text.len())),
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(shorten).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), shorten(value))).collect(),
        _ => value.clone(),
    }
}

pub(super) fn verdict(stage: &Stage<'_>) -> Answer {
    let text = match stage.value {
        Some("yes") => "<block>yes</block>",
        Some("cut") => "<block>no",
        Some("aloud") => {
            "<thinking>`ls` only lists files.</thinking>\n\n<block>no</block><reason>harmless</reason>"
        }
        Some("undecided") => "<thinking>Perhaps <block>no</block>, but",
        Some("none") => "I would rather not decide that.",
        _ => "<block>no</block>",
    };
    Answer::script(Script::new([Act::text(text)], Ending::stop()))
}
