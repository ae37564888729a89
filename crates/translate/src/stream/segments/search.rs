//! Web searches that the upstream ran: what they found, and where the answer cites it.

use std::collections::HashSet;

use serde_json::json;
use serde_json::value::RawValue;
use turnpike_wire::anthropic::{Delta, Event, raw_json};
use turnpike_wire::chat::{Annotation, UrlCitation};
use turnpike_wire::text::JsonStr;

/// Longest text that is cited from a page, in characters, as in the Messages API.
const MAX_CITED: usize = 150;

/// Collects the pages of an answer, where the request offered a search.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// Name of the client's search tool.
    tool: Option<String>,
    /// What was searched for, of searches whose pages were not told.
    queries: Vec<String>,
    /// Addresses of the pages so far: each is shown once.
    shown: HashSet<String>,
    /// Citations for the next text that closes.
    cited: Vec<Box<RawValue>>,
    /// Words of the coming text that cite pages, in order, none within another.
    spans: Vec<Span>,
    /// The answer's text so far, which positions count in.
    text: String,
    /// Its length in characters.
    length: usize,
    /// Positions no longer count: something was taken out of the text.
    lost: bool,
}

/// Words of the text that cite pages; positions in characters.
#[derive(Debug)]
struct Span {
    start: usize,
    end: usize,
    citations: Vec<Box<RawValue>>,
}

/// A search, and the pages that it found.
#[derive(Debug)]
pub(super) struct Sources {
    query: String,
    pub(super) pages: Vec<Source>,
}

/// A page that was found.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) url: String,
    pub(super) title: String,
}

// === impl Search ===

impl Search {
    pub(super) fn new(tool: Option<String>) -> Self {
        Self { tool, ..Self::default() }
    }

    /// Name of the client's search tool.
    pub(super) fn tool(&self) -> &str {
        self.tool.as_deref().unwrap_or_default()
    }

    /// Positions that are told from now on mean a text that is not shown so.
    pub(super) fn lose_places(&mut self) {
        self.lost = true;
    }

    /// Takes the next text, cut where words cite pages; none where no words do.
    pub(super) fn cut(&mut self, text: &JsonStr<'_>) -> Option<Vec<(String, Vec<Box<RawValue>>)>> {
        self.tool.as_ref()?;
        let text = text.decode();
        let begin = self.length;
        self.text.push_str(&text);
        self.length += text.chars().count();
        if self.spans.is_empty() {
            return None;
        }
        let mut pieces = Vec::new();
        let mut letters = text.chars();
        let mut at = begin;
        for span in std::mem::take(&mut self.spans) {
            if self.lost || span.start < at || span.end > self.length {
                self.cited.extend(span.citations);
                continue;
            }
            let before: String = letters.by_ref().take(span.start - at).collect();
            let words: String = letters.by_ref().take(span.end - span.start).collect();
            at = span.end;
            pieces.push((before, Vec::new()));
            pieces.push((words, span.citations));
        }
        pieces.push((letters.collect(), Vec::new()));
        pieces.retain(|(piece, _)| !piece.is_empty());
        Some(pieces)
    }

    /// Takes citations, and gives the pages that are new. Words of the coming text may be what cites.
    pub(super) fn take(
        &mut self,
        annotations: &[Annotation<'_>],
        coming: Option<&JsonStr<'_>>,
    ) -> Vec<Source> {
        if self.tool.is_none() {
            return Vec::new();
        }
        let known = self.text.len();
        if let Some(coming) = coming {
            self.text.push_str(&coming.decode());
        }
        let end = self.text.chars().count();
        let mut found = Vec::new();
        for page in annotations.iter().filter_map(|annotation| annotation.url_citation.as_ref()) {
            let citation = self.citation(page);
            match self.place(page, end) {
                Some((start, end)) => self.spans.push(Span { start, end, citations: vec![citation] }),
                None => self.cited.push(citation),
            }
            if self.shown.insert(page.url.as_str().to_owned()) {
                let title = page.title.as_deref().unwrap_or_default().to_owned();
                found.push(Source { url: page.url.as_str().to_owned(), title });
            }
        }
        self.text.truncate(known);
        self.settle_spans();
        found
    }

    /// Where the page is cited, if that is a place in the coming text.
    fn place(&self, page: &UrlCitation<'_>, end: usize) -> Option<(usize, usize)> {
        let place = (page.start_index?, page.end_index?);
        (!self.lost && self.length <= place.0 && place.0 < place.1 && place.1 <= end).then_some(place)
    }

    /// Puts the places in order. The same words may cite several pages; words that overlap name no place.
    fn settle_spans(&mut self) {
        self.spans.sort_by_key(|span| (span.start, span.end));
        let mut settled: Vec<Span> = Vec::new();
        for span in self.spans.drain(..) {
            match settled.last_mut() {
                Some(last) if (last.start, last.end) == (span.start, span.end) => {
                    last.citations.extend(span.citations);
                }
                Some(last) if span.start < last.end => self.cited.extend(span.citations),
                _ => settled.push(span),
            }
        }
        self.spans = settled;
    }

    /// A citation in the Messages API's words. What is cited is the page's excerpt; without one, the words of
    /// the answer that the positions mark, where they are real: many upstreams send zeros.
    fn citation(&self, page: &UrlCitation<'_>) -> Box<RawValue> {
        let marked = || {
            let (start, end) = (page.start_index.unwrap_or(0), page.end_index.unwrap_or(0));
            let length = end.checked_sub(start).filter(|length| *length > 0 && !self.lost)?;
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

    /// A search whose record the upstream gave. Without pages, its words belong to the pages that are cited later.
    pub(super) fn ran(&mut self, query: String, mut pages: Vec<Source>) -> Option<Sources> {
        self.tool.as_ref()?;
        if pages.is_empty() {
            self.queries.push(query);
            return None;
        }
        pages.retain(|page| self.shown.insert(page.url.clone()));
        Some(Sources { query, pages })
    }

    /// Pages that are cited, as what the searches have found whose words are known, or one whose words nobody told.
    pub(super) fn asked(&mut self, pages: Vec<Source>) -> Sources {
        Sources { query: std::mem::take(&mut self.queries).join("; "), pages }
    }
}

// === impl Sources ===

impl Sources {
    /// Arguments of the search, JSON.
    pub(super) fn input(&self) -> String {
        json!({"query": self.query}).to_string()
    }

    /// Its result: the pages.
    pub(super) fn hits(&self) -> Box<RawValue> {
        let hits = self.pages.iter().map(|page| {
            json!({"type": "web_search_result", "url": page.url, "title": page.title,
                "encrypted_content": "", "page_age": null})
        });
        raw_json(hits.collect::<serde_json::Value>().to_string())
    }
}
