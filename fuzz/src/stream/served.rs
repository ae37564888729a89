//! What the upstream's own tools gave: pages that are cited, and records of what was run.

use arbitrary::Arbitrary;
use serde_json::{Value, json};

use super::Word;

/// A page that is cited, and where.
#[derive(Arbitrary, Debug)]
pub(super) struct Source<'a> {
    url: Word<'a>,
    title: Option<&'a str>,
    start: Option<u8>,
    end: Option<u8>,
}

/// What a server tool gave.
#[derive(Arbitrary, Debug)]
pub(super) enum Ran<'a> {
    Page(Word<'a>, Option<&'a str>),
    Failed(&'a str),
    Pages(Vec<Word<'a>>),
    Any(&'a str),
}

impl Source<'_> {
    pub(super) fn json(&self) -> Value {
        let (url, title) = (format!("https://a.example/{}", self.url.text()), self.title);
        let page = json!({"url": url, "title": title, "start_index": self.start, "end_index": self.end});
        json!({"type": "url_citation", "url_citation": page})
    }
}

impl Ran<'_> {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Page(url, content) => json!({"url": url.text(), "content": content}).to_string(),
            Self::Failed(error) => json!({"status": "failed", "error": error}).to_string(),
            Self::Pages(urls) => {
                urls.iter().map(|url| json!({"url": url.text()})).collect::<Value>().to_string()
            }
            Self::Any(text) => (*text).to_owned(),
        }
    }
}
