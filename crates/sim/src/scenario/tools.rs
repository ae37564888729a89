//! Answers that call tools as they should, and the pieces other scenarios build their calls from.

use serde_json::{Value, json};

use super::{Answer, Scenario, Stage, row};
use crate::conversation::Conversation;
use crate::schema;
use crate::script::{Act, Ending, Script};

pub(super) const ALL: &[Scenario] = &[
    row("tool", tool, "One tool call in fragments; text once its result came."),
    row("parallel", parallel, "Two tool calls whose fragments are interleaved."),
    row("tool-sequence", sequence, "Text, then two tool calls one after the other."),
];

/// Pieces that arguments are cut into.
const FRAGMENTS: usize = 4;

/// The text that follows tool results, when the request brings some.
pub(super) fn after_results(stage: &Stage<'_>) -> Option<Answer> {
    let conversation = stage.conversation();
    let text = "The tools answered, and the simulated model is content.";
    conversation.has_new_results.then(|| Answer::script(Script::text(text)))
}

/// A call the request allows: the forced tool, else the first one on offer, with arguments that fit it.
pub(super) fn invent_call(stage: &Stage<'_>, nth: usize) -> (String, String) {
    let conversation = stage.conversation();
    let forced = conversation.forced_tool.as_deref().and_then(|name| conversation.offers(name));
    let tool = forced.or_else(|| conversation.offers("Bash")).or_else(|| conversation.tools.first());
    match tool {
        Some(tool) => (tool.name.clone(), arguments(&conversation, &tool.name, proposal(&tool.name, nth))),
        None => {
            let city = ["Berlin", "Zürich"][nth % 2];
            ("get_weather".to_owned(), json!({"city": city}).to_string())
        }
    }
}

/// Arguments for a tool on offer: the proposal, fitted to the tool's schema.
pub(super) fn arguments(conversation: &Conversation, name: &str, proposed: Value) -> String {
    match conversation.offers(name) {
        Some(tool) => schema::fit(&tool.schema, proposed).to_string(),
        None => proposed.to_string(),
    }
}

fn proposal(name: &str, nth: usize) -> Value {
    match name {
        "Bash" => json!({"command": format!("echo call {}", nth + 1), "description": "Print a line"}),
        _ => json!({}),
    }
}

/// Text in about equal pieces, cut between characters.
pub(super) fn fragments(text: &str, pieces: usize) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(chars.len().div_ceil(pieces).max(1)).map(|piece| piece.iter().collect()).collect()
}

/// A whole call as Claude streams it: head, an empty fragment, the arguments in pieces.
pub(super) fn claude_call(stage: &Stage<'_>, nth: usize) -> Vec<Act> {
    let (name, arguments) = invent_call(stage, nth);
    let index = nth as u64;
    let mut acts = vec![Act::call(index, stage.call_id(), name), Act::args(index, "")];
    acts.extend(fragments(&arguments, FRAGMENTS).into_iter().map(|piece| Act::args(index, piece)));
    acts
}

/// Several calls whose fragments alternate.
pub(super) fn interleave(calls: Vec<Vec<Act>>) -> Vec<Act> {
    let longest = calls.iter().map(Vec::len).max().unwrap_or_default();
    let mut queues: Vec<_> = calls.into_iter().map(Vec::into_iter).collect();
    (0..longest).flat_map(|_| queues.iter_mut().filter_map(Iterator::next).collect::<Vec<_>>()).collect()
}

pub(super) fn tool_use() -> Ending {
    Ending::new(Some("tool_calls"), Some("tool_use"))
}

fn tool(stage: &Stage<'_>) -> Answer {
    after_results(stage).unwrap_or_else(|| Answer::script(Script::new(claude_call(stage, 0), tool_use())))
}

fn parallel(stage: &Stage<'_>) -> Answer {
    after_results(stage).unwrap_or_else(|| {
        let calls = vec![claude_call(stage, 0), claude_call(stage, 1)];
        Answer::script(Script::new(interleave(calls), tool_use()))
    })
}

fn sequence(stage: &Stage<'_>) -> Answer {
    after_results(stage).unwrap_or_else(|| {
        let mut acts = vec![Act::text("First "), Act::text("I look.")];
        acts.extend(claude_call(stage, 0));
        acts.extend(claude_call(stage, 1));
        Answer::script(Script::new(acts, tool_use()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_join_to_the_text() {
        for text in ["", "{}", "{\"city\":\"Zürich 你好\"}"] {
            assert_eq!(fragments(text, 4).concat(), text);
        }
        assert_eq!(fragments("abcdefgh", 4), ["ab", "cd", "ef", "gh"]);
    }
}
