//! `GET /v1/models` and `/v1/models/{id}`, in the shape of the API that the client speaks.

mod page;

use http::{HeaderMap, StatusCode, Uri};
use serde::Serialize;
use turnpike_routing::{Catalogue, Class, Query, from_alias, resolve, to_alias};
use turnpike_wire::anthropic::ErrorKind;

use crate::clients::Caller;
use crate::dialect::Dialect;
use crate::respond;
use crate::state::{Routing, Shared};
use page::Page;

/// Anthropic's list.
#[derive(Serialize)]
struct List {
    data: Vec<Entry>,
    has_more: bool,
    first_id: Option<String>,
    last_id: Option<String>,
}

/// Anthropic's entry.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    display_name: String,
    description: String,
    created_at: &'static str,
    /// The window, in tokens; `null` where it is not known.
    max_input_tokens: Option<u64>,
    /// The longest answer, in tokens; `null` where it is not known.
    max_tokens: Option<u64>,
}

/// OpenAI's list.
#[derive(Serialize)]
struct OpenAiList {
    object: &'static str,
    data: Vec<OpenAiEntry>,
}

/// OpenAI's entry.
#[derive(Serialize)]
struct OpenAiEntry {
    id: String,
    object: &'static str,
    /// Unix seconds.
    created: u64,
    owned_by: String,
}

/// A name on offer.
enum Offer<'r> {
    /// A map's name, and its first target.
    Named(&'r str, &'r str),
    /// A target.
    Slug(&'r str),
}

/// The day that stands in for "unknown".
const UNKNOWN_DAY: &str = "1970-01-01T00:00:00Z";

/// Whose list a client wants. Both APIs have this path; a client of Anthropic's shows it in a header that
/// OpenAI's clients never send, in its name, or by asking for a page, which OpenAI's API does not have.
pub(crate) fn dialect(uri: &Uri, headers: &HeaderMap) -> Dialect {
    let header = ["anthropic-version", "anthropic-beta", "x-api-key", "x-claude-code-session-id"]
        .iter()
        .any(|name| headers.contains_key(*name));
    let agent = headers.get(http::header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let agent = agent.unwrap_or_default().to_ascii_lowercase();
    let named = agent.contains("claude") || agent.contains("anthropic");
    let paged = Page::is_asked_for(uri.query());
    let messages = header || named || paged || uri.path().starts_with("/anthropic/");
    if messages { Dialect::Messages } else { Dialect::Chat }
}

/// All names on offer: literal map names, then each distinct target; as an alias for clients that would not
/// show it otherwise.
pub(crate) fn list(
    shared: &Shared,
    caller: &Caller,
    dialect: Dialect,
    query: Option<&str>,
) -> respond::Answer {
    let (routing, catalogue) = (shared.routing.load(), shared.catalogue.load());
    let offers = offers(&routing, caller);
    if dialect == Dialect::Chat {
        let data = offers.iter().map(Offer::to_openai).collect();
        return respond::json(&OpenAiList { object: "list", data });
    }
    let entries = offers.iter().map(|offer| offer.to_anthropic(&catalogue)).collect();
    let cut = Page::read(query).and_then(|page| page.cut(entries, |entry: &Entry| &entry.id));
    match cut {
        Ok((data, has_more)) => {
            let id = |entry: Option<&Entry>| entry.map(|entry| entry.id.clone());
            let (first_id, last_id) = (id(data.first()), id(data.last()));
            respond::json(&List { data, has_more, first_id, last_id })
        }
        Err(message) => {
            respond::error(dialect, StatusCode::BAD_REQUEST, ErrorKind::InvalidRequestError, &message)
        }
    }
}

/// One name: of those on offer, or one that a request may have, as a map's pattern or a slug of the catalogue.
pub(crate) fn get(shared: &Shared, caller: &Caller, dialect: Dialect, id: &str) -> respond::Answer {
    let (routing, catalogue) = (shared.routing.load(), shared.catalogue.load());
    let wanted = from_alias(id);
    match offers(&routing, caller).iter().find(|offer| offer.name() == wanted) {
        Some(offer) if dialect == Dialect::Chat => respond::json(&offer.to_openai()),
        Some(offer) => respond::json(&offer.to_anthropic(&catalogue)),
        None => match answering(&routing, &catalogue, caller, wanted) {
            None => unknown(dialect),
            Some(target) => {
                let offer =
                    if target == wanted { Offer::Slug(wanted) } else { Offer::Named(wanted, &target) };
                match dialect {
                    Dialect::Chat => respond::json(&offer.to_openai()),
                    Dialect::Messages | Dialect::ClaudeCode => respond::json(&offer.to_anthropic(&catalogue)),
                }
            }
        },
    }
}

/// The model that answers to the name, of those that whoever asks may use.
fn answering(routing: &Routing, catalogue: &Catalogue, caller: &Caller, name: &str) -> Option<String> {
    let plan = routing.routes.plan(&Query::plain(name, Class::Main), catalogue).ok()?;
    plan.targets.into_iter().map(|target| target.slug).find(|slug| {
        // Any name with a slash may be a slug: what nobody has written down must be one of the catalogue's.
        caller.may_use(slug) && (slug != name || catalogue.find(slug).is_some())
    })
}

/// A model's window and longest answer, as far as the catalogue tells them.
fn limits(catalogue: &Catalogue, target: &str) -> (Option<u64>, Option<u64>) {
    let known = catalogue.find(resolve(target));
    let window = known.and_then(|model| model.context_length);
    let answer = known.and_then(|model| model.top_provider.max_completion_tokens);
    // A map may name any text, and some entries tell an answer that is longer than the window.
    (window, answer.map(|most| most.min(window.unwrap_or(most))))
}

fn unknown(dialect: Dialect) -> respond::Answer {
    let message = "No model goes by this name. GET /v1/models lists those that do.";
    respond::error(dialect, StatusCode::NOT_FOUND, ErrorKind::NotFoundError, message)
}

/// What is on offer for whoever asks: of a map the first target that it may use.
fn offers<'r>(routing: &'r Routing, caller: &Caller) -> Vec<Offer<'r>> {
    let (names, targets) = routing.routes.offered();
    let named = names.into_iter().filter_map(|name| {
        let map = routing.routes.maps.iter().find(|map| map.name == name)?;
        let target = map.targets.iter().find(|target| caller.may_use(resolve(target)))?;
        Some(Offer::Named(name, target))
    });
    let slugs = targets.into_iter().filter(|slug| caller.may_use(slug));
    named.chain(slugs.map(Offer::Slug)).collect()
}

// === impl Offer ===

impl Offer<'_> {
    const fn name(&self) -> &str {
        match self {
            Self::Named(name, _) => name,
            Self::Slug(slug) => slug,
        }
    }

    fn to_anthropic(&self, catalogue: &Catalogue) -> Entry {
        let (id, display_name, target) = match *self {
            Self::Named(name, target) => (name.to_owned(), name.to_owned(), target),
            Self::Slug(slug) => {
                let known = catalogue.find(slug).map(|model| model.name.clone());
                let known = known.filter(|name| !name.is_empty());
                (to_alias(slug), known.unwrap_or_else(|| slug.to_owned()), slug)
            }
        };
        let description = format!("{target} through Turnpike");
        let (max_input_tokens, max_tokens) = limits(catalogue, target);
        Entry {
            kind: "model",
            id,
            display_name,
            description,
            created_at: UNKNOWN_DAY,
            max_input_tokens,
            max_tokens,
        }
    }

    fn to_openai(&self) -> OpenAiEntry {
        let owner = match self {
            Self::Named(..) => "turnpike",
            Self::Slug(slug) => slug.split('/').next().unwrap_or_default(),
        };
        let (id, owned_by) = (self.name().to_owned(), owner.to_owned());
        OpenAiEntry { id, object: "model", created: 0, owned_by }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    #[test]
    fn whose_list_is_wanted() {
        use Dialect::{Chat, Messages};
        for (path, header, expected) in [
            ("/v1/models", None, Chat),
            ("/v1/models", Some(("user-agent", "OpenAI/Python 2.8.1")), Chat),
            ("/v1/models", Some(("user-agent", "curl/8.5.0")), Chat),
            ("/v1/models/z-ai/glm-5.2", None, Chat),
            ("/v1/models", Some(("anthropic-version", "2023-06-01")), Messages),
            ("/v1/models", Some(("x-api-key", "t")), Messages),
            ("/v1/models", Some(("user-agent", "claude-cli/2.1.329 (external, cli)")), Messages),
            ("/v1/models", Some(("user-agent", "Anthropic/JS 0.70.0")), Messages),
            ("/v1/models?limit=1000", None, Messages),
            ("/anthropic/v1/models", None, Messages),
        ] {
            let mut headers = HeaderMap::new();
            if let Some((name, value)) = header {
                headers.insert(HeaderName::from_static(name), value.parse().unwrap());
            }
            assert_eq!(dialect(&path.parse().unwrap(), &headers), expected, "{path} {header:?}");
        }
    }
}
