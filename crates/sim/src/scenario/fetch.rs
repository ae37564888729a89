//! Server-side fetch of a page.

use super::{Answer, Scenario, Stage, row};
use crate::script::{Act, Ending, Fetch, Script};

pub(super) const ALL: &[Scenario] = &[row(
    "web-fetch",
    play,
    "Fetches the address that the user named last, then text about it; plain text when no fetch is offered.",
)];

const PAGE: &str = "A simulated page: all that there is to read at this address.";

fn play(stage: &Stage<'_>) -> Answer {
    let conversation = stage.conversation();
    if !conversation.web_fetch {
        return Answer::script(Script::text("No fetch of pages was offered, so nothing was fetched."));
    }
    let words = conversation.last_words().split_whitespace();
    let url = words.rev().find(|word| word.starts_with("http")).unwrap_or("https://example.com/").to_owned();
    let is_there = !url.ends_with("/missing");
    let content = if is_there { Ok(PAGE) } else { Err("HTTP 404: Page not found") };
    let text = if is_there { "The simulated page was read." } else { "The simulated page is gone." };
    let mut acts = vec![Act::Fetch(Fetch { url, title: "A Simulated Page", content })];
    acts.extend(text.split_inclusive(' ').map(Act::text));
    Answer::script(Script::new(acts, Ending::stop()))
}
