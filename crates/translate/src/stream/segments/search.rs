//! Web searches that the upstream ran: what they found, and where the answer cites it.

use std::collections::HashSet;

use serde_json::json;
use serde_json::value::RawValue;
use turnpike_wire::anthropic::{Delta, Event, OutBlock, raw_json};
use turnpike_wire::chat::{Annotation, UrlCitation};
use turnpike_wire::text::JsonStr;

/// Longest text that is cited from a page, in characters, as in the Messages API.
const MAX_CITED: usize = 150;

/// Collects the pages of an answer, where the request offered a search.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// Name of the client's search tool.
    tool: Option<String>,
    /// Addresses of the pages so far: each is shown once.
    shown: HashSet<String>,
    /// Citations for the next text that closes.
    cited: Vec<Box<RawValue>>,
    /// The answer's text so far, which positions count in.
    text: String,
}

/// A page that was found.
#[derive(Debug)]
pub(super) struct Source {
    url: String,
    title: String,
}

// === impl Search ===

impl Search {
    pub(super) fn new(tool: Option<String>) -> Self {
        Self { tool, ..Self::default() }
    }

    pub(super) fn note_text(&mut self, text: &JsonStr<'_>) {
        if self.tool.is_some() {
            self.text.push_str(&text.decode());
        }
    }

    /// Takes citations, and gives the pages that are new.
    pub(super) fn take(&mut self, annotations: &[Annotation<'_>]) -> Vec<Source> {
        if self.tool.is_none() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for page in annotations.iter().filter_map(|annotation| annotation.url_citation.as_ref()) {
            self.cited.push(self.citation(page));
            if self.shown.insert(page.url.as_str().to_owned()) {
                let title = page.title.as_deref().unwrap_or_default().to_owned();
                found.push(Source { url: page.url.as_str().to_owned(), title });
            }
        }
        found
    }

    /// A citation in the Messages API's words. What is cited is the page's excerpt; without one, the words of
    /// the answer that the positions mark, where they are real: many upstreams send zeros.
    fn citation(&self, page: &UrlCitation<'_>) -> Box<RawValue> {
        let marked = || {
            let (start, end) = (page.start_index.unwrap_or(0), page.end_index.unwrap_or(0));
            let length = end.checked_sub(start).filter(|length| *length > 0)?;
            let marked: String = self.text.chars().skip(start).take(length).collect();
            (marked.chars().count() == length).then_some(marked)
        };
        let excerpt = page.content.as_deref().map(str::trim).filter(|excerpt| !excerpt.is_empty());
        let cited = excerpt.map(str::to_owned).or_else(marked).unwrap_or_default();
        let cited: String = cited.chars().take(MAX_CITED).collect();
        raw_json(
            json!({"type": "web_search_result_location", "cited_text": cited, "url": page.url.as_str(),
                "title": page.title.as_deref(), "encrypted_index": ""})
            .to_string(),
        )
    }

    /// Hands the citations to the text block of that index.
    pub(super) fn cite<'a>(&mut self, index: usize, out: &mut Vec<Event<'a>>) {
        out.extend(
            self.cited
                .drain(..)
                .map(|citation| Event::BlockDelta { index, delta: Delta::CitationsDelta { citation } }),
        );
    }

    /// The call of a search and its result.
    pub(super) fn blocks<'a>(&self, id: &str, found: &[Source]) -> [OutBlock<'a>; 2] {
        let hits = found.iter().map(|page| {
            json!({"type": "web_search_result", "url": page.url, "title": page.title,
                "encrypted_content": "", "page_age": null})
        });
        let hits: Vec<serde_json::Value> = hits.collect();
        let call = OutBlock::ServerToolUse {
            id: id.to_owned().into(),
            name: self.tool.clone().unwrap_or_default().into(),
            // Nobody says what was searched for.
            input: raw_json(r#"{"query":""}"#.to_owned()),
        };
        let result = OutBlock::WebSearchToolResult {
            tool_use_id: id.to_owned().into(),
            content: raw_json(serde_json::Value::from(hits).to_string()),
        };
        [call, result]
    }
}
