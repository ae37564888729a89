//! Sums over settled rows, so that a question over a million requests reads some ten thousand sums.
//!
//! `facet` holds each combination of what one may ask by; `usage` holds sums of three kinds (`span`):
//! 0 by facet and quarter of an hour, 1 by facet and UTC day, 2 by quarter over everything. Every zone's
//! days begin at a quarter of an hour, so quarters serve all zones; whole UTC days shorten long questions.
//!
//! Triggers keep them, in the transaction that writes the row and whichever statement does it. Deleting a
//! row leaves the sums: what was spent stays spent when old rows are pruned.

/// Nanoseconds in a quarter of an hour.
pub(crate) const QUARTER_NS: i64 = 15 * 60 * 1_000_000_000;
/// Quarters of an hour in a UTC day.
pub(crate) const QUARTERS_A_DAY: i64 = 96;

/// `usage.span` of sums by facet and quarter of an hour.
pub(crate) const BY_QUARTER: u8 = 0;
/// `usage.span` of sums by facet and UTC day.
pub(crate) const BY_DAY: u8 = 1;
/// `usage.span` of sums by quarter of an hour over everything.
pub(crate) const OVER_ALL: u8 = 2;

/// The sums, by column name; the order in which they are read.
pub(crate) const MEASURES: [&str; 15] = [
    "ok",
    "error",
    "cancelled",
    "truncated",
    "interrupted",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "web_searches",
    "cost_upstream",
    "cost_looked_up",
    "cost_estimate",
    "byok_cost",
];

pub(crate) const CREATE: &str = "
CREATE TABLE facet (
    id              INTEGER PRIMARY KEY,
    session         TEXT NOT NULL,         -- in all of these, '' stands for not known
    project         TEXT NOT NULL,
    branch          TEXT NOT NULL,
    client          TEXT NOT NULL,
    class           TEXT NOT NULL,
    agent_type      TEXT NOT NULL,
    requested_model TEXT NOT NULL,
    served_model    TEXT NOT NULL,
    provider        TEXT NOT NULL,
    UNIQUE (session, project, branch, client, class, agent_type, requested_model, served_model, provider)
) STRICT;

CREATE TABLE usage (
    span               INTEGER NOT NULL,   -- 0 quarter by facet, 1 UTC day by facet, 2 quarter over all
    slot               INTEGER NOT NULL,   -- number of the quarter or day since 1970
    facet              INTEGER NOT NULL,   -- facet.id, or 0 for all
    ok                 INTEGER NOT NULL,
    error              INTEGER NOT NULL,
    cancelled          INTEGER NOT NULL,
    truncated          INTEGER NOT NULL,
    interrupted        INTEGER NOT NULL,
    input_tokens       INTEGER NOT NULL,
    output_tokens      INTEGER NOT NULL,
    cache_read_tokens  INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    reasoning_tokens   INTEGER NOT NULL,
    web_searches       INTEGER NOT NULL,
    cost_upstream      INTEGER NOT NULL,   -- nano-dollars, as all costs
    cost_looked_up     INTEGER NOT NULL,
    cost_estimate      INTEGER NOT NULL,
    byok_cost          INTEGER NOT NULL,
    PRIMARY KEY (span, slot, facet)
) STRICT, WITHOUT ROWID;

-- A settled row with the columns of facet and usage.
CREATE VIEW settled_request AS SELECT
    id,
    started_at,
    started_at / 900000000000 AS quarter,
    started_at / 86400000000000 AS day,
    ifnull(session, '') AS session,
    ifnull(project, '') AS project,
    ifnull(branch, '') AS branch,
    ifnull(client, '') AS client,
    ifnull(class, '') AS class,
    ifnull(agent_type, '') AS agent_type,
    requested_model,
    ifnull(served_model, '') AS served_model,
    ifnull(provider, '') AS provider,
    status = 'ok' AS ok,
    status = 'error' AS error,
    status = 'cancelled' AS cancelled,
    status = 'truncated' AS truncated,
    status = 'interrupted' AS interrupted,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, web_searches,
    iif(cost_source = 'upstream', cost_nanos, 0) AS cost_upstream,
    iif(cost_source = 'looked_up', cost_nanos, 0) AS cost_looked_up,
    iif(cost_source = 'estimate', cost_nanos, 0) AS cost_estimate,
    byok_cost_nanos AS byok_cost
FROM request WHERE status <> 'open';

-- The three places where a settled row is counted.
CREATE VIEW request_usage AS SELECT
    r.id,
    s.span,
    iif(s.span = 1, r.day, r.quarter) AS slot,
    iif(s.span = 2, 0, f.id) AS facet,
    r.ok, r.error, r.cancelled, r.truncated, r.interrupted,
    r.input_tokens, r.output_tokens, r.cache_read_tokens, r.cache_write_tokens, r.reasoning_tokens,
    r.web_searches, r.cost_upstream, r.cost_looked_up, r.cost_estimate, r.byok_cost
FROM settled_request r
JOIN facet f USING
    (session, project, branch, client, class, agent_type, requested_model, served_model, provider)
CROSS JOIN (SELECT 0 AS span UNION ALL SELECT 1 UNION ALL SELECT 2) s;

CREATE VIEW count_request AS SELECT NULL AS id;

CREATE TRIGGER count_request INSTEAD OF INSERT ON count_request BEGIN
    INSERT INTO facet
        (session, project, branch, client, class, agent_type, requested_model, served_model, provider)
    SELECT session, project, branch, client, class, agent_type, requested_model, served_model, provider
    FROM settled_request WHERE id = NEW.id
    ON CONFLICT DO NOTHING;

    INSERT INTO usage
    SELECT span, slot, facet, ok, error, cancelled, truncated, interrupted, input_tokens, output_tokens,
        cache_read_tokens, cache_write_tokens, reasoning_tokens, web_searches, cost_upstream,
        cost_looked_up, cost_estimate, byok_cost
    FROM request_usage WHERE id = NEW.id
    ON CONFLICT (span, slot, facet) DO UPDATE SET
        ok = ok + excluded.ok,
        error = error + excluded.error,
        cancelled = cancelled + excluded.cancelled,
        truncated = truncated + excluded.truncated,
        interrupted = interrupted + excluded.interrupted,
        input_tokens = input_tokens + excluded.input_tokens,
        output_tokens = output_tokens + excluded.output_tokens,
        cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,
        cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
        reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens,
        web_searches = web_searches + excluded.web_searches,
        cost_upstream = cost_upstream + excluded.cost_upstream,
        cost_looked_up = cost_looked_up + excluded.cost_looked_up,
        cost_estimate = cost_estimate + excluded.cost_estimate,
        byok_cost = byok_cost + excluded.byok_cost;
END;

CREATE TRIGGER request_inserted AFTER INSERT ON request WHEN NEW.status <> 'open' BEGIN
    INSERT INTO count_request (id) VALUES (NEW.id);
END;

-- What a settled row counted for is taken out before it changes, and counted anew after.
CREATE TRIGGER request_changes BEFORE UPDATE ON request WHEN OLD.status <> 'open' BEGIN
    UPDATE usage SET
        ok = usage.ok - u.ok,
        error = usage.error - u.error,
        cancelled = usage.cancelled - u.cancelled,
        truncated = usage.truncated - u.truncated,
        interrupted = usage.interrupted - u.interrupted,
        input_tokens = usage.input_tokens - u.input_tokens,
        output_tokens = usage.output_tokens - u.output_tokens,
        cache_read_tokens = usage.cache_read_tokens - u.cache_read_tokens,
        cache_write_tokens = usage.cache_write_tokens - u.cache_write_tokens,
        reasoning_tokens = usage.reasoning_tokens - u.reasoning_tokens,
        web_searches = usage.web_searches - u.web_searches,
        cost_upstream = usage.cost_upstream - u.cost_upstream,
        cost_looked_up = usage.cost_looked_up - u.cost_looked_up,
        cost_estimate = usage.cost_estimate - u.cost_estimate,
        byok_cost = usage.byok_cost - u.byok_cost
    FROM request_usage u
    WHERE u.id = OLD.id AND usage.span = u.span AND usage.slot = u.slot AND usage.facet = u.facet;
END;

CREATE TRIGGER request_changed AFTER UPDATE ON request WHEN NEW.status <> 'open' BEGIN
    INSERT INTO count_request (id) VALUES (NEW.id);
END;
";
