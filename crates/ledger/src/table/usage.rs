//! Sums over settled rows, so that a question over a million requests reads some ten thousand sums.
//!
//! `facet` holds the values that one may ask by, one kind at a time; `usage` holds the sums of each value,
//! and of all, for each quarter of an hour and each UTC day. Every zone's days begin at a quarter of an
//! hour, so quarters serve all zones; whole UTC days shorten long questions. What combines two kinds is
//! asked of the rows themselves.
//!
//! [`crate::sums`] keeps them. The triggers that stand here kept them up to schema 4; the views say in SQL what a row counts
//! for, and by them the sums are checked.

/// Nanoseconds in a quarter of an hour.
pub(crate) const QUARTER_NS: i64 = 15 * 60 * 1_000_000_000;
/// Quarters of an hour in a UTC day.
pub(crate) const QUARTERS_A_DAY: i64 = 96;

/// `usage.span` of sums by facet and quarter of an hour.
pub(crate) const QUARTER_BY_FACET: u8 = 0;
/// `usage.span` of sums by facet and UTC day.
pub(crate) const DAY_BY_FACET: u8 = 1;
/// `usage.span` of sums by quarter of an hour over everything.
pub(crate) const QUARTER_OF_ALL: u8 = 2;
/// `usage.span` of sums by UTC day over everything.
pub(crate) const DAY_OF_ALL: u8 = 3;

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
    id   INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,                 -- as in request_facet
    text TEXT NOT NULL,                    -- '' stands for not known
    UNIQUE (kind, text)
) STRICT;

CREATE TABLE usage (
    span               INTEGER NOT NULL,   -- as in usage_place
    slot               INTEGER NOT NULL,   -- number of the quarter or day since 1970
    kind               INTEGER NOT NULL,   -- facet.kind, or 0 for all
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
    PRIMARY KEY (span, slot, kind, facet)  -- what one commit changes lies together
) STRICT, WITHOUT ROWID;

-- Which sums there are.
CREATE TABLE usage_place (span INTEGER NOT NULL, kind INTEGER NOT NULL, PRIMARY KEY (span, kind)) STRICT;
INSERT INTO usage_place (span, kind) VALUES
    (0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (0, 6), (0, 7), (0, 8), (0, 9),    -- quarter of an hour
    (1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (1, 6), (1, 7), (1, 8), (1, 9),    -- UTC day
    (2, 0),                                                                    -- quarter, all
    (3, 0);                                                                    -- UTC day, all

-- A settled row with the columns that one may ask by, and the sums.
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

-- The places where a settled row is counted, and as what.
CREATE VIEW request_place AS SELECT
    r.id,
    p.span,
    iif(p.span IN (1, 3), r.day, r.quarter) AS slot,
    p.kind,
    CASE p.kind
        WHEN 1 THEN r.served_model
        WHEN 2 THEN r.requested_model
        WHEN 3 THEN r.provider
        WHEN 4 THEN r.project
        WHEN 5 THEN r.branch
        WHEN 6 THEN r.session
        WHEN 7 THEN r.agent_type
        WHEN 8 THEN r.class
        WHEN 9 THEN r.client
    END AS text,
    r.ok, r.error, r.cancelled, r.truncated, r.interrupted,
    r.input_tokens, r.output_tokens, r.cache_read_tokens, r.cache_write_tokens, r.reasoning_tokens,
    r.web_searches, r.cost_upstream, r.cost_looked_up, r.cost_estimate, r.byok_cost
FROM settled_request r CROSS JOIN usage_place p;

-- What it adds to which line of usage.
CREATE VIEW request_usage AS SELECT
    p.id, p.span, p.slot, p.kind,
    ifnull(f.id, 0) AS facet,
    p.ok, p.error, p.cancelled, p.truncated, p.interrupted,
    p.input_tokens, p.output_tokens, p.cache_read_tokens, p.cache_write_tokens, p.reasoning_tokens,
    p.web_searches, p.cost_upstream, p.cost_looked_up, p.cost_estimate, p.byok_cost
FROM request_place p LEFT JOIN facet f ON f.kind = p.kind AND f.text = p.text;

CREATE VIEW count_request AS SELECT NULL AS id;

CREATE TRIGGER count_request INSTEAD OF INSERT ON count_request BEGIN
    INSERT INTO facet (kind, text)
    SELECT kind, text FROM request_place WHERE id = NEW.id AND span = 1
    ON CONFLICT DO NOTHING;

    INSERT INTO usage
    SELECT span, slot, kind, facet, ok, error, cancelled, truncated, interrupted, input_tokens,
        output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, web_searches,
        cost_upstream, cost_looked_up, cost_estimate, byok_cost
    FROM request_usage WHERE id = NEW.id
    ON CONFLICT (span, slot, kind, facet) DO UPDATE SET
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
    WHERE u.id = OLD.id AND usage.span = u.span AND usage.slot = u.slot
        AND usage.kind = u.kind AND usage.facet = u.facet;
END;

CREATE TRIGGER request_changed AFTER UPDATE ON request WHEN NEW.status <> 'open' BEGIN
    INSERT INTO count_request (id) VALUES (NEW.id);
END;
";
