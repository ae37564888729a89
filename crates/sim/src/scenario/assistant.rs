//! What an ordinary model name answers: a friendly text that says it is simulated. Small requests of a
//! client's own (titles, verdicts, searches) get what they ask for.

use serde_json::json;

use super::{Answer, Scenario, Stage, reasoning, row, search, text};
use crate::conversation::Conversation;
use crate::schema;
use crate::script::{Act, Ending, Script};

pub(super) const ALL: &[Scenario] =
    &[row("assistant", play, "A friendly assistant that says plainly that it is simulated.")];

/// Characters of the user's words that are quoted back.
const QUOTED_CHARS: usize = 160;

fn play(stage: &Stage<'_>) -> Answer {
    let conversation = stage.conversation();
    if let Some(answer) = side_request(stage, &conversation) {
        return answer;
    }
    let words: String = conversation.last_words().trim().chars().take(QUOTED_CHARS).collect();
    let text = format!(
        "This is a simulated answer: no model was asked, nothing left this computer and nothing was paid. \
         You chose `{}` and said: “{words}”. With a real key, the model's own words would stand here.",
        stage.slug
    );
    let mut acts = match stage.request.json() {
        Some(json) if json["reasoning"].is_object() || json["thinking"]["type"] == "adaptive" => {
            reasoning::claude_thinking(&["I am simulated, ", "so there is little to think about."])
        }
        _ => Vec::new(),
    };
    acts.extend(text.split_inclusive(' ').map(Act::text));
    Answer::script(Script::new(acts, Ending::stop()))
}

/// The answer to a request that a client makes on its own account, if this is one.
pub(super) fn side_request(stage: &Stage<'_>, conversation: &Conversation) -> Option<Answer> {
    if !conversation.tools.is_empty() {
        return None;
    }
    if conversation.web_search {
        return Some(search::answer(conversation.last_words()));
    }
    if let Some(schema) = &conversation.schema {
        return Some(Answer::script(Script::text(&schema::minimal(schema).to_string())));
    }
    if conversation.stops.iter().any(|stop| stop == "</block>") {
        return Some(text::verdict(&Stage { value: None, ..*stage }));
    }
    conversation.json_object.then(|| Answer::script(Script::text(&json!({"simulated": true}).to_string())))
}
