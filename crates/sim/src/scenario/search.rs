//! Server-side web search.

use super::{Answer, Scenario, Stage, row};
use crate::script::{Act, Ending, Hit, Script, Search};

pub(super) const ALL: &[Scenario] = &[row(
    "web-search",
    play,
    "Citations first, then text that uses them; plain text when no web search is offered.",
)];

const HITS: &[Hit] = &[
    Hit {
        url: "https://www.rust-lang.org/",
        title: "Rust Programming Language",
        content: "A simulated excerpt: a language for reliable and efficient software.",
    },
    Hit { url: "https://doc.rust-lang.org/book/", title: "", content: "A simulated excerpt of a book." },
];

fn play(stage: &Stage<'_>) -> Answer {
    let conversation = stage.conversation();
    if conversation.web_search {
        return answer(conversation.last_words());
    }
    Answer::script(Script::text("No web search was offered, so nothing was searched."))
}

/// The answer to a request that offers a web search.
pub(super) fn answer(question: &str) -> Answer {
    let query: String = question.trim().chars().take(100).collect();
    let text = "The simulated search found two pages: the language's own site and its book.";
    let mut acts = vec![Act::Search(Search { query, hits: HITS.to_vec() })];
    acts.extend(text.split_inclusive(' ').map(Act::text));
    Answer::script(Script::new(acts, Ending::stop()))
}
