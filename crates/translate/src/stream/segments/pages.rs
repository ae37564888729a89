//! Pages that the upstream searched for or fetched, as calls of the client's server tools and their results.

use turnpike_wire::anthropic::{Delta, Event, OutBlock, empty_object};
use turnpike_wire::chat::Annotation;
use turnpike_wire::text::JsonStr;

use super::search::Sources;
use super::served::{Fetched, Ran};
use super::{Open, Segment, Segments};
use crate::reasoning::ServerRun;

// === impl Segments ===

impl Segments {
    /// Adds the pages that a web search found. They are cited by the words of the coming text that they name,
    /// else by the text that is open, else by the next.
    pub(in crate::stream) fn sources<'a>(
        &mut self,
        annotations: &[Annotation<'_>],
        coming: Option<&JsonStr<'_>>,
        out: &mut Vec<Event<'a>>,
    ) {
        let found = self.search.take(annotations, coming);
        if let (Some(Open { index, segment: Segment::Text(_) }), true) = (&self.open, self.waiting.is_empty())
        {
            self.search.cite(*index, out);
        }
        if found.is_empty() {
            return;
        }
        match (&mut self.open, self.waiting.back_mut()) {
            (_, Some(Segment::Sources(known)))
            | (Some(Open { segment: Segment::Sources(known), .. }), None) => {
                known.pages.extend(found);
            }
            _ => {
                let sources = self.search.asked(found);
                self.push(Segment::Sources(sources), out);
            }
        }
    }

    /// Adds what a server tool of the upstream's did, as far as the Messages API has blocks for it.
    pub(in crate::stream) fn ran<'a>(&mut self, record: &ServerRun<'_>, out: &mut Vec<Event<'a>>) {
        if record.id().is_some_and(|id| !self.ran.insert(id.to_owned())) {
            return;
        }
        match Ran::of(record) {
            Some(Ran::Fetch(fetched)) if self.fetch.is_some() => self.push(Segment::Fetched(fetched), out),
            Some(Ran::Search { query, pages }) => {
                if let Some(sources) = self.search.ran(query, pages) {
                    self.push(Segment::Sources(sources), out);
                }
            }
            _ => {}
        }
    }

    /// A search that the upstream ran: the call, then its result.
    pub(super) fn show_sources<'a>(&mut self, sources: &Sources, out: &mut Vec<Event<'a>>) {
        let id = self.server_id();
        let result =
            OutBlock::WebSearchToolResult { tool_use_id: id.clone().into(), content: sources.hits() };
        let tool = self.search.tool().to_owned();
        self.show_run(id, tool, sources.input(), result, out);
        self.tally.searches += 1;
    }

    /// A page that the upstream fetched: the call, then its result.
    pub(super) fn show_fetched<'a>(&mut self, fetched: Fetched, out: &mut Vec<Event<'a>>) {
        let id = self.server_id();
        let result =
            OutBlock::WebFetchToolResult { tool_use_id: id.clone().into(), content: fetched.content };
        let tool = self.fetch.clone().unwrap_or_default();
        self.show_run(id, tool, fetched.input, result, out);
        self.tally.fetches += 1;
    }

    fn server_id(&self) -> String {
        let suffix = self.message_id.trim_start_matches("msg_");
        format!("srvtoolu_{suffix}_{}", self.tally.searches + self.tally.fetches)
    }

    fn show_run<'a>(
        &mut self,
        id: String,
        tool: String,
        input: String,
        result: OutBlock<'a>,
        out: &mut Vec<Event<'a>>,
    ) {
        let index = self.tally.blocks;
        self.tally.blocks += 2;
        let call = OutBlock::ServerToolUse { id: id.into(), name: tool.into(), input: empty_object() };
        let delta = Delta::InputJsonDelta { partial_json: input.into() };
        out.extend([
            Event::BlockStart { index, block: call },
            Event::BlockDelta { index, delta },
            Event::BlockStop { index },
            Event::BlockStart { index: index + 1, block: result },
            Event::BlockStop { index: index + 1 },
        ]);
    }
}
