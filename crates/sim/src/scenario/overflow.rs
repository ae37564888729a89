//! A conversation that grows beyond the window, and the client's own remedy: it asks for a summary, and goes
//! on from there.

use serde_json::json;

use super::{Answer, Scenario, Stage, agent, assistant, failure, row};
use crate::script::Script;

pub(super) const ALL: &[Scenario] = &[row(
    "overflow",
    play,
    "Calls Bash, then the prompt is too long until the conversation is a summary; gives one when asked.",
)];

/// How the summary that was given is told from the conversation before it.
const SUMMARY: &str = "simulated-summary";
/// What a client asks for when it compacts.
const WISH: &str = "detailed summary of";

fn play(stage: &Stage<'_>) -> Answer {
    let conversation = stage.conversation();
    if let Some(answer) = assistant::side_request(stage, &conversation) {
        return answer;
    }
    if conversation.last_words().contains(WISH) {
        let summary = format!("<summary>{SUMMARY}: a command was run, one word is left to say.</summary>");
        return Answer::script(Script::text(&summary));
    }
    if conversation.user_texts.iter().any(|text| text.contains(SUMMARY)) {
        return Answer::script(Script::text("ALL DONE AFTER THE SUMMARY"));
    }
    if conversation.offers("Bash").is_some() && !conversation.called("Bash", None) {
        let arguments = json!({"command": "echo before the summary", "description": "Print a line"});
        return agent::command(stage, &conversation, "One command first.", arguments);
    }
    failure::context(stage)
}
