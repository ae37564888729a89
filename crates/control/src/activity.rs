//! Single requests: from the words of a question to the ledger's rows.

use turnpike_api::command::{
    Activity, ActivityReply, ActivityRow, Fact, RequestDetails, RequestDetailsReply,
};
use turnpike_api::{ApiError, ErrorCode};
use turnpike_ledger::{
    Dimension, Facet, FindQuery, JsonText, LedgerError, LedgerReader, RequestRow, RowId, Status,
};
use turnpike_proxy::row_of_request_id;
use turnpike_routing::Catalogue;

use crate::cache_misses;

/// Rows of a page when nothing is said.
const ROWS: u32 = 50;
const NANOS_PER_MS: i64 = 1_000_000;

/// The rows that are asked for. Blocks on the disk.
pub(crate) fn list(reader: &LedgerReader, asked: &Activity) -> Result<ActivityReply, ApiError> {
    let query = FindQuery {
        before: asked.before.map(RowId::new),
        limit: asked.limit.unwrap_or(ROWS),
        words: asked.words.clone().unwrap_or_default(),
        status: status(asked.status.as_deref())?,
        only: facts(asked.only.as_deref().unwrap_or_default())?,
    };
    // The id that the client was told names the row itself, however far back that is, and the opening of its ledger.
    if let Some(named) = row_of_request_id(&query.words) {
        let found = reader.row_of_opening(RowId::new(named.row), named.opened_at);
        let found = found.map_err(|error| unavailable(&error))?;
        return Ok(ActivityReply { rows: found.iter().map(row).collect(), next: None });
    }
    let found = reader.find(&query).map_err(|error| unavailable(&error))?;
    Ok(ActivityReply { rows: found.rows.iter().map(row).collect(), next: found.next.map(RowId::get) })
}

/// All that is known of one request. Blocks on the disk.
pub(crate) fn details(
    reader: &LedgerReader,
    asked: &RequestDetails,
    catalogue: &Catalogue,
) -> Result<RequestDetailsReply, ApiError> {
    let found = reader.row(RowId::new(asked.id)).map_err(|error| unavailable(&error))?;
    let found = found.ok_or_else(|| {
        ApiError::new(
            ErrorCode::NotFound,
            format!("the ledger has no request {}: it may not be written yet", asked.id),
        )
    })?;
    let text = |json: &Option<JsonText>| json.as_ref().map(|json| json.as_str().to_owned());
    Ok(RequestDetailsReply {
        row: row(&found),
        missed_nanos: cache_misses::of_model(
            &found.usage,
            found.served_model.as_deref().or(found.target.as_deref()),
            catalogue,
        ),
        decision: text(&found.decision),
        attempts: text(&found.attempts),
        dropped: text(&found.dropped),
        repairs: text(&found.repairs),
        generation_id: found.generation_id,
        request_bytes: found.request_bytes,
        response_bytes: found.response_bytes,
    })
}

/// Facts in the ledger's words.
pub(crate) fn facts(asked: &[Fact]) -> Result<Vec<(Facet, String)>, ApiError> {
    let facts = asked.iter().map(|fact| match Dimension::parse(&fact.by) {
        Ok(Dimension::Facet(facet)) => Ok((facet, fact.is.clone())),
        Ok(Dimension::Time(_)) => {
            let message =
                format!("`{}` is a time, not a fact of a request: choose model, project …", fact.by);
            Err(ApiError::new(ErrorCode::Invalid, message))
        }
        Err(unknown) => Err(ApiError::new(ErrorCode::Invalid, unknown.to_string())),
    });
    facts.collect()
}

fn status(word: Option<&str>) -> Result<Option<Status>, ApiError> {
    let word = word.filter(|word| !word.is_empty());
    let parsed = word.map(Status::parse).transpose();
    parsed.map_err(|error| ApiError::new(ErrorCode::Invalid, error.to_string()))
}

fn unavailable(error: &LedgerError) -> ApiError {
    ApiError::new(ErrorCode::Unavailable, error.to_string())
}

/// A row as the page and the command line show it.
pub(crate) fn row(row: &RequestRow) -> ActivityRow {
    let ms = |nanos: i64| nanos / NANOS_PER_MS;
    ActivityRow {
        id: row.id.get(),
        started_at_ms: ms(row.started_at),
        first_token_ms: row.first_token_ns.map(ms),
        duration_ms: row.duration_ns.map(ms),
        status: row.status.as_str().to_owned(),
        class: row.class.clone(),
        agent_type: row.agent_type.clone(),
        session: row.session.clone(),
        project: row.project.clone(),
        branch: row.branch.clone(),
        client: row.client.clone(),
        requested_model: row.requested_model.clone(),
        served_model: row.served_model.clone(),
        target: row.target.clone(),
        provider: row.provider.clone(),
        mode: row.mode.map(|mode| mode.as_str().to_owned()),
        input_tokens: row.usage.input_tokens,
        cache_read_tokens: row.usage.cache_read_tokens,
        cache_write_tokens: row.usage.cache_write_tokens,
        output_tokens: row.usage.output_tokens,
        reasoning_tokens: row.usage.reasoning_tokens,
        cost_nanos: row.cost.amount.nanos(),
        byok_cost_nanos: row.cost.byok.nanos(),
        cost_source: row.cost.source.as_str().to_owned(),
        http_status: row.http_status,
        error_type: row.error_type.clone(),
        error_message: row.error_message.clone(),
        stop_reason: row.stop_reason.clone(),
    }
}
