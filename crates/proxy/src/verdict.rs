//! The verdict of a safety check: it lets a shell command run without asking, so nothing but a clear one is
//! passed on.
//!
//! Claude Code asks for `<block>yes</block>` or `<block>no</block>`. Its first question stops at `</block>`, so
//! the end of the text may be missing; its second lets the model think aloud before the verdict, in
//! `<thinking>`, and give its reason behind it.

use serde::Deserialize;
use turnpike_translate::failure::{Cause, Failure};
use turnpike_wire::text::Text;

use crate::answer::Finished;

/// A whole message, as far as its text goes.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Vec<Block<'a>>,
}

#[derive(Deserialize)]
struct Block<'a> {
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
}

/// An event of a stream, as far as its text goes.
#[derive(Deserialize)]
struct Piece<'a> {
    #[serde(borrow, default)]
    delta: Option<Block<'a>>,
}

/// Refuses an answer that is no verdict.
pub(crate) fn require(answer: &Finished, stream: bool) -> Result<(), Failure> {
    let text = if stream { text_of_events(&answer.body) } else { text_of_message(&answer.body) };
    if is_verdict(&text) {
        return Ok(());
    }
    Err(Failure::new(
        Cause::Unreadable,
        "The model gave no verdict on this command: neither `<block>yes</block>` nor `<block>no</block>`. Try \
         again; if it stays so, send safety checks to another model with a rule in config.toml.",
    ))
}

fn is_verdict(text: &str) -> bool {
    let text = text.trim();
    // The thoughts may name the tag too: what counts stands behind their end.
    let said = match text.strip_prefix("<thinking>") {
        Some(thoughts) => thoughts.rsplit_once("</thinking>").map_or("", |(_, said)| said.trim_start()),
        None => text,
    };
    let Some(word) = said.strip_prefix("<block>") else { return false };
    let word = word.split("</block>").next().unwrap_or_default().trim();
    ["yes", "no"].iter().any(|verdict| word.eq_ignore_ascii_case(verdict))
}

fn text_of_message(body: &[u8]) -> String {
    let Ok(message) = serde_json::from_slice::<Message<'_>>(body) else { return String::new() };
    message.content.iter().filter_map(|block| block.text.as_deref()).collect()
}

fn text_of_events(events: &[u8]) -> String {
    let data = events.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"data: "));
    let pieces = data.filter_map(|json| serde_json::from_slice::<Piece<'_>>(json).ok());
    pieces.filter_map(|piece| piece.delta?.text.map(Text::into_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_word_is_a_verdict() {
        for (text, expected) in [
            ("<block>no</block>", true),
            ("<block>yes</block>", true),
            ("<block>no", true),
            (" <block> Yes \n", true),
            ("<block>no</block> It only lists files.", true),
            ("", false),
            ("<block>", false),
            ("<block>maybe</block>", false),
            ("<block>no, but yes</block>", false),
            ("no", false),
            ("I think <block>no</block>", false),
            ("<thinking>It lists files.</thinking><block>no</block>", true),
            ("<thinking>Not <block>no</block>!</thinking>\n\n<block>yes</block><reason>[X] y</reason>", true),
            ("<thinking>It lists files. <block>no</block>", false),
            ("<thinking>So <block>no</block></thinking>", false),
        ] {
            assert_eq!(is_verdict(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_text_is_found_in_both_forms() {
        let message =
            br#"{"content":[{"type":"thinking","thinking":"x"},{"type":"text","text":"<block>no"}]}"#;
        assert_eq!(text_of_message(message), "<block>no");
        let events = b"event: a\ndata: {\"delta\":{\"type\":\"text_delta\",\"text\":\"<block>\"}}\n\n\
            event: a\ndata: {\"delta\":{\"thinking\":\"x\"}}\n\nevent: a\ndata: {\"delta\":{\"text\":\"no\"}}\n\n";
        assert_eq!(text_of_events(events), "<block>no");
    }
}
