//! What our own count said of a prompt, beside what the upstream counted: from the two, later counts are corrected.

use rusqlite::{Connection, Result, params};

/// Added by a later step to the table of [`crate::table::request`].
pub(crate) const CREATE: &str = "
ALTER TABLE request ADD COLUMN estimated_tokens INTEGER;

CREATE INDEX request_counted ON request (served_model, id)
    WHERE estimated_tokens IS NOT NULL AND status = 'ok' AND served_model IS NOT NULL;
";

/// One prompt, counted twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedPrompt {
    /// Slug of the model that answered.
    pub model: String,
    /// Our own estimate, without what had been learned until then: the same prompt always has the same.
    pub estimated: i64,
    /// Prompt tokens as the upstream counted them: fresh, read from and written to the cache together.
    pub counted: i64,
}

/// Every model that ever answered, with its newest rows. Each model's rows are found by the index.
pub(crate) const COUNTED: &str = "SELECT f.text, r.estimated_tokens,
        r.input_tokens + r.cache_read_tokens + r.cache_write_tokens
    FROM facet f JOIN request r ON r.id IN (
        SELECT c.id FROM request c
        WHERE c.served_model = f.text AND c.estimated_tokens IS NOT NULL AND c.status = 'ok'
        ORDER BY c.id DESC LIMIT ?1)
    WHERE f.kind = 1 AND f.text <> '' AND r.estimated_tokens > 0
        AND r.input_tokens + r.cache_read_tokens + r.cache_write_tokens > 0
    ORDER BY f.text, r.id DESC";

/// The newest `each` rows of each model that were counted both ways, the newest first.
pub(crate) fn counted(conn: &Connection, each: u32) -> Result<Vec<CountedPrompt>> {
    conn.prepare_cached(COUNTED)?
        .query_map(params![each], |row| {
            Ok(CountedPrompt { model: row.get(0)?, estimated: row.get(1)?, counted: row.get(2)? })
        })?
        .collect()
}
