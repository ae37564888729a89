//! `GET /v1/models` and `/v1/models/{id}` in Anthropic's shape.

use http::StatusCode;
use serde::Serialize;
use turnpike_routing::{Catalogue, from_alias, to_alias};
use turnpike_wire::anthropic::ErrorKind;

use crate::respond;
use crate::state::{Routing, Shared};

#[derive(Serialize)]
struct List {
    data: Vec<Entry>,
    has_more: bool,
    first_id: Option<String>,
    last_id: Option<String>,
}

#[derive(Clone, Serialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    display_name: String,
    description: String,
    created_at: &'static str,
}

/// The day that stands in for "unknown".
const UNKNOWN_DAY: &str = "1970-01-01T00:00:00Z";

/// All names on offer: literal map names, then an alias for each distinct target.
pub(crate) fn list(shared: &Shared) -> respond::Answer {
    let data = entries(&shared.routing.load(), &shared.catalogue.load());
    let (first_id, last_id) = (data.first().map(|e| e.id.clone()), data.last().map(|e| e.id.clone()));
    respond::json(&List { data, has_more: false, first_id, last_id })
}

/// One name.
pub(crate) fn get(shared: &Shared, id: &str) -> respond::Answer {
    let entries = entries(&shared.routing.load(), &shared.catalogue.load());
    match entries.into_iter().find(|entry| entry.id == id || from_alias(&entry.id) == id) {
        Some(entry) => respond::json(&entry),
        None => {
            let message = "No model goes by this name. GET /v1/models lists those that do.";
            respond::error(StatusCode::NOT_FOUND, ErrorKind::NotFoundError, message)
        }
    }
}

fn entries(routing: &Routing, catalogue: &Catalogue) -> Vec<Entry> {
    let (names, targets) = routing.routes.offered();
    let entry = |id: String, display_name: String, description: String| Entry {
        kind: "model",
        id,
        display_name,
        description,
        created_at: UNKNOWN_DAY,
    };
    let named = names.into_iter().map(|name| {
        let target =
            routing.routes.maps.iter().find(|map| map.name == name).and_then(|map| map.targets.first());
        let target = target.map(String::as_str).unwrap_or_default();
        entry(name.to_owned(), name.to_owned(), format!("{target} through Turnpike"))
    });
    let slugs = targets.into_iter().map(|slug| {
        let known = catalogue.find(slug).map(|model| model.name.clone()).filter(|name| !name.is_empty());
        entry(to_alias(slug), known.unwrap_or_else(|| slug.to_owned()), format!("{slug} through Turnpike"))
    });
    named.chain(slugs).collect()
}
