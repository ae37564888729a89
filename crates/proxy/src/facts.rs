//! What is read from a request once, before it is routed.

use http::HeaderMap;
use turnpike_budget::Spender;
use turnpike_routing::{Class, Hints, Needs, Query, Shape, classify};
use turnpike_translate::count::{Measure, of_chat, of_messages};
use turnpike_translate::failure::Failure;
use turnpike_translate::passage;
use turnpike_translate::request::{has_image, parse, session_of};
use turnpike_wire::anthropic::{Block, Content, MessagesRequest, ThinkingType};
use turnpike_wire::chat::ChatQuery;
use turnpike_wire::text::Text;

use crate::dialect::Dialect;
use crate::project::{Projects, WorkTree, directory_of_chat, working_directory};

/// Longest hint header that is kept, in characters.
const MAX_HINT: usize = 256;

/// The facts of one request.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) dialect: Dialect,
    pub(crate) requested: String,
    pub(crate) class: Class,
    pub(crate) hints: Hints,
    pub(crate) session: Option<String>,
    pub(crate) project: Option<String>,
    /// Name of the client whose token was shown. Filled in by whoever asked the guard.
    pub(crate) client: Option<String>,
    /// Filled in by whoever has time to look at the disk.
    pub(crate) work_tree: WorkTree,
    pub(crate) stream: bool,
    pub(crate) measure: Measure,
    /// Tokens of the prompt, estimated: for the model that was asked for, until the target is known.
    pub(crate) estimate: u64,
    /// It offers tools that a model must be able to call.
    pub(crate) has_tools: bool,
    pub(crate) has_image: bool,
    pub(crate) thinking: bool,
    pub(crate) web_search: bool,
    /// The upstream may put pages before the model that nobody here can count.
    pub(crate) reads_web: bool,
    /// The answer is a verdict that lets a command run unasked.
    pub(crate) wants_verdict: bool,
    pub(crate) bytes: usize,
}

// === impl Facts ===

impl Facts {
    /// Reads them, and gives the request too where it is of the API that is translated.
    ///
    /// # Errors
    /// The body is no request of this API; with the place of the fault.
    pub(crate) fn read<'b>(
        dialect: Dialect,
        headers: &HeaderMap,
        body: &'b [u8],
        projects: &Projects,
    ) -> Result<(Self, Option<MessagesRequest<'b>>), Failure> {
        Ok(match dialect {
            Dialect::Messages | Dialect::ClaudeCode => {
                let request = parse(body)?;
                let facts = Self::of_messages(headers, &request, body.len(), projects);
                (Self { dialect, ..facts }, Some(request))
            }
            Dialect::Chat => {
                (Self::of_chat(headers, &passage::read_request(body)?, body.len(), projects), None)
            }
        })
    }

    pub(crate) fn of_messages(
        headers: &HeaderMap,
        request: &MessagesRequest<'_>,
        bytes: usize,
        projects: &Projects,
    ) -> Self {
        let hints = hints(headers);
        let web_search = request.tools.iter().any(is_web_search);
        let shape = Shape {
            has_tools: !request.tools.is_empty(),
            only_web_search: web_search && request.tools.iter().all(is_web_search),
            asks_for_verdict: asks_for_verdict(request, &hints),
            bytes,
            max_tokens: request.max_tokens.unwrap_or_default(),
        };
        let session = hints.session.clone().or_else(|| session_of(request));
        let project = projects.of_session(session.as_deref(), working_directory(request));
        let class = classify(&hints, &shape);
        Self {
            dialect: Dialect::Messages,
            class,
            wants_verdict: class == Class::SafetyCheck && shape.asks_for_verdict,
            session,
            requested: request.model.as_str().to_owned(),
            stream: request.stream,
            measure: of_messages(request),
            estimate: 0,
            has_tools: shape.has_tools && !shape.only_web_search,
            has_image: has_image(request),
            thinking: request
                .thinking
                .as_ref()
                .is_some_and(|thinking| thinking.kind != ThinkingType::Disabled),
            bytes,
            hints,
            project,
            client: None,
            work_tree: WorkTree::default(),
            web_search,
            reads_web: web_search || request.tools.iter().any(is_web_fetch),
        }
    }

    /// A request of chat completions. Verdicts are asked for in the Messages API only.
    fn of_chat(headers: &HeaderMap, query: &ChatQuery<'_>, bytes: usize, projects: &Projects) -> Self {
        let hints = hints(headers);
        let session = hints.session.clone().or_else(|| query.session_id.clone().map(Text::into_owned));
        let shape = Shape {
            has_tools: query
                .tools
                .as_ref()
                .or(query.functions.as_ref())
                .is_some_and(|tools| !tools.is_empty()),
            only_web_search: false,
            asks_for_verdict: false,
            bytes,
            max_tokens: query.max_completion_tokens.or(query.max_tokens).unwrap_or_default(),
        };
        let project = projects.of_session(session.as_deref(), directory_of_chat(query));
        Self {
            dialect: Dialect::Chat,
            class: classify(&hints, &shape),
            wants_verdict: false,
            session,
            requested: query.model.as_str().to_owned(),
            stream: query.stream,
            measure: of_chat(query),
            estimate: 0,
            has_tools: shape.has_tools,
            has_image: passage::has_image(query),
            thinking: passage::thinks(query),
            web_search: passage::web_search(query),
            reads_web: passage::web_search(query) || passage::web_fetch(query),
            bytes,
            hints,
            project,
            client: None,
            work_tree: WorkTree::default(),
        }
    }

    /// Whose budgets it counts for.
    pub(crate) fn spender(&self) -> Spender<'_> {
        Spender { client: self.client.as_deref(), project: self.project.as_deref() }
    }

    /// What the request asks of its target.
    pub(crate) const fn needs(&self) -> Needs {
        Needs { tools: self.has_tools, images: self.has_image, tokens: self.estimate }
    }

    /// What routing is asked.
    pub(crate) fn query(&self) -> Query<'_> {
        Query {
            model: &self.requested,
            class: self.class,
            agent_type: self.hints.agent_type.as_deref(),
            tokens: self.estimate,
            has_image: self.has_image,
            thinking: self.thinking,
            web_search: self.web_search,
            project: self.project.as_deref(),
            client: self.client.as_deref(),
        }
    }
}

fn hints(headers: &HeaderMap) -> Hints {
    Hints {
        class: header(headers, "x-claude-code-request-class"),
        agent_type: header(headers, "x-claude-code-agent-type"),
        agent_id: header(headers, "x-claude-code-agent-id"),
        session: header(headers, "x-claude-code-session-id"),
    }
}

fn is_web_search(tool: &turnpike_wire::anthropic::Tool<'_>) -> bool {
    tool.kind.as_deref().is_some_and(|kind| kind.starts_with("web_search_"))
}

fn is_web_fetch(tool: &turnpike_wire::anthropic::Tool<'_>) -> bool {
    tool.kind.as_deref().is_some_and(|kind| kind.starts_with("web_fetch_"))
}

/// Whether the answer is a verdict of Claude Code's safety check. Its first stage stops at `</block>`; the second
/// may think first and has no stop sequence, but the client's own instructions, which nobody else writes.
fn asks_for_verdict(request: &MessagesRequest<'_>, hints: &Hints) -> bool {
    let instructed = || match &request.system {
        Some(Content::Text(text)) => text.decode().contains("<block>"),
        Some(Content::Blocks(blocks)) => blocks
            .iter()
            .any(|block| matches!(block, Block::Text { text, .. } if text.decode().contains("<block>"))),
        None => false,
    };
    request.stop_sequences.iter().any(|stop| stop.as_str() == "</block>")
        || (request.tools.is_empty() && hints.session.is_some() && instructed())
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then(|| text.chars().take(MAX_HINT).collect())
}
