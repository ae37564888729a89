//! Sums for questions that combine facts: by the whole of a request's values, by UTC day and by quarter of an hour.
//!
//! `mix` holds each combination of values that occurred, twice: with its session, and with 0 for any session. A session
//! is one of thousands while the other facts are few, so what asks for no session reads a few thousand combinations.
//! They take the place of the sums by hour of [`crate::table::mix`], which
//! had no answer for days that begin between two hours of UTC.

pub(crate) const CREATE: &str = "
DROP TRIGGER request_inserted_mix;
DROP TRIGGER request_changes_mix;
DROP TRIGGER request_changed_mix;
DROP VIEW count_mix;
DROP VIEW request_mix;
DROP TABLE mix_usage;

CREATE INDEX mix_by_session ON mix (session);

-- Of any session: each combination has its days together.
CREATE TABLE mix_day (
    mix                INTEGER NOT NULL,
    day                INTEGER NOT NULL,   -- number of the UTC day since 1970
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
    cost_upstream      INTEGER NOT NULL,
    cost_looked_up     INTEGER NOT NULL,
    cost_estimate      INTEGER NOT NULL,
    byok_cost          INTEGER NOT NULL,
    PRIMARY KEY (mix, day)
) STRICT, WITHOUT ROWID;

-- Of one session: each day has its combinations together, for there are far more of them than of any session.
CREATE TABLE session_day (
    day                INTEGER NOT NULL,
    mix                INTEGER NOT NULL,
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
    cost_upstream      INTEGER NOT NULL,
    cost_looked_up     INTEGER NOT NULL,
    cost_estimate      INTEGER NOT NULL,
    byok_cost          INTEGER NOT NULL,
    PRIMARY KEY (day, mix)
) STRICT, WITHOUT ROWID;

CREATE TABLE mix_quarter (
    mix                INTEGER NOT NULL,
    quarter            INTEGER NOT NULL,   -- number of the quarter of an hour since 1970
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
    cost_upstream      INTEGER NOT NULL,
    cost_looked_up     INTEGER NOT NULL,
    cost_estimate      INTEGER NOT NULL,
    byok_cost          INTEGER NOT NULL,
    PRIMARY KEY (mix, quarter)
) STRICT, WITHOUT ROWID;

-- A settled row with its values as numbers, of its session and of any, and the sums.
CREATE VIEW request_mix AS SELECT
    r.id AS request, w.whole, r.day, r.quarter,
    (SELECT id FROM facet WHERE kind = 1 AND text = r.served_model) AS served_model,
    (SELECT id FROM facet WHERE kind = 2 AND text = r.requested_model) AS requested_model,
    (SELECT id FROM facet WHERE kind = 3 AND text = r.provider) AS provider,
    (SELECT id FROM facet WHERE kind = 4 AND text = r.project) AS project,
    (SELECT id FROM facet WHERE kind = 5 AND text = r.branch) AS branch,
    iif(w.whole, 0, (SELECT id FROM facet WHERE kind = 6 AND text = r.session)) AS session,
    (SELECT id FROM facet WHERE kind = 7 AND text = r.agent_type) AS agent_type,
    (SELECT id FROM facet WHERE kind = 8 AND text = r.class) AS class,
    (SELECT id FROM facet WHERE kind = 9 AND text = r.client) AS client,
    r.ok, r.error, r.cancelled, r.truncated, r.interrupted, r.input_tokens, r.output_tokens,
    r.cache_read_tokens, r.cache_write_tokens, r.reasoning_tokens, r.web_searches, r.cost_upstream,
    r.cost_looked_up, r.cost_estimate, r.byok_cost
FROM settled_request r CROSS JOIN (SELECT 0 AS whole UNION ALL SELECT 1) w;

CREATE VIEW count_mix AS SELECT NULL AS id;

CREATE TRIGGER count_mix INSTEAD OF INSERT ON count_mix BEGIN
    INSERT INTO facet (kind, text)
    SELECT kind, text FROM request_place WHERE id = NEW.id AND span = 1
    ON CONFLICT DO NOTHING;

    INSERT INTO mix (
        served_model, requested_model, provider, project, branch, session, agent_type, class, client)
    SELECT
        served_model, requested_model, provider, project, branch, session, agent_type, class, client
    FROM request_mix WHERE request = NEW.id
    ON CONFLICT DO NOTHING;

    INSERT INTO mix_day
    SELECT m.id, x.day,
        x.ok, x.error, x.cancelled, x.truncated, x.interrupted, x.input_tokens, x.output_tokens,
        x.cache_read_tokens, x.cache_write_tokens, x.reasoning_tokens, x.web_searches, x.cost_upstream,
        x.cost_looked_up, x.cost_estimate, x.byok_cost
    FROM request_mix x JOIN mix m USING (
        served_model, requested_model, provider, project, branch, session, agent_type, class, client)
    WHERE x.request = NEW.id AND x.whole
    ON CONFLICT (mix, day) DO UPDATE SET
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

    INSERT INTO session_day
    SELECT x.day, m.id,
        x.ok, x.error, x.cancelled, x.truncated, x.interrupted, x.input_tokens, x.output_tokens,
        x.cache_read_tokens, x.cache_write_tokens, x.reasoning_tokens, x.web_searches, x.cost_upstream,
        x.cost_looked_up, x.cost_estimate, x.byok_cost
    FROM request_mix x JOIN mix m USING (
        served_model, requested_model, provider, project, branch, session, agent_type, class, client)
    WHERE x.request = NEW.id AND NOT x.whole
    ON CONFLICT (day, mix) DO UPDATE SET
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

    INSERT INTO mix_quarter
    SELECT m.id, x.quarter,
        x.ok, x.error, x.cancelled, x.truncated, x.interrupted, x.input_tokens, x.output_tokens,
        x.cache_read_tokens, x.cache_write_tokens, x.reasoning_tokens, x.web_searches, x.cost_upstream,
        x.cost_looked_up, x.cost_estimate, x.byok_cost
    FROM request_mix x JOIN mix m USING (
        served_model, requested_model, provider, project, branch, session, agent_type, class, client)
    WHERE x.request = NEW.id
    ON CONFLICT (mix, quarter) DO UPDATE SET
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

CREATE TRIGGER request_inserted_mix AFTER INSERT ON request WHEN NEW.status <> 'open' BEGIN
    INSERT INTO count_mix (id) VALUES (NEW.id);
END;

CREATE TRIGGER request_changes_mix BEFORE UPDATE ON request WHEN OLD.status <> 'open' BEGIN
    UPDATE mix_day SET
        ok = mix_day.ok - x.ok,
        error = mix_day.error - x.error,
        cancelled = mix_day.cancelled - x.cancelled,
        truncated = mix_day.truncated - x.truncated,
        interrupted = mix_day.interrupted - x.interrupted,
        input_tokens = mix_day.input_tokens - x.input_tokens,
        output_tokens = mix_day.output_tokens - x.output_tokens,
        cache_read_tokens = mix_day.cache_read_tokens - x.cache_read_tokens,
        cache_write_tokens = mix_day.cache_write_tokens - x.cache_write_tokens,
        reasoning_tokens = mix_day.reasoning_tokens - x.reasoning_tokens,
        web_searches = mix_day.web_searches - x.web_searches,
        cost_upstream = mix_day.cost_upstream - x.cost_upstream,
        cost_looked_up = mix_day.cost_looked_up - x.cost_looked_up,
        cost_estimate = mix_day.cost_estimate - x.cost_estimate,
        byok_cost = mix_day.byok_cost - x.byok_cost
    FROM request_mix x JOIN mix m USING (
        served_model, requested_model, provider, project, branch, session, agent_type, class, client)
    WHERE x.request = OLD.id AND mix_day.mix = m.id AND x.whole AND mix_day.day = x.day;

    UPDATE session_day SET
        ok = session_day.ok - x.ok,
        error = session_day.error - x.error,
        cancelled = session_day.cancelled - x.cancelled,
        truncated = session_day.truncated - x.truncated,
        interrupted = session_day.interrupted - x.interrupted,
        input_tokens = session_day.input_tokens - x.input_tokens,
        output_tokens = session_day.output_tokens - x.output_tokens,
        cache_read_tokens = session_day.cache_read_tokens - x.cache_read_tokens,
        cache_write_tokens = session_day.cache_write_tokens - x.cache_write_tokens,
        reasoning_tokens = session_day.reasoning_tokens - x.reasoning_tokens,
        web_searches = session_day.web_searches - x.web_searches,
        cost_upstream = session_day.cost_upstream - x.cost_upstream,
        cost_looked_up = session_day.cost_looked_up - x.cost_looked_up,
        cost_estimate = session_day.cost_estimate - x.cost_estimate,
        byok_cost = session_day.byok_cost - x.byok_cost
    FROM request_mix x JOIN mix m USING (
        served_model, requested_model, provider, project, branch, session, agent_type, class, client)
    WHERE x.request = OLD.id AND session_day.mix = m.id AND NOT x.whole AND session_day.day = x.day;

    UPDATE mix_quarter SET
        ok = mix_quarter.ok - x.ok,
        error = mix_quarter.error - x.error,
        cancelled = mix_quarter.cancelled - x.cancelled,
        truncated = mix_quarter.truncated - x.truncated,
        interrupted = mix_quarter.interrupted - x.interrupted,
        input_tokens = mix_quarter.input_tokens - x.input_tokens,
        output_tokens = mix_quarter.output_tokens - x.output_tokens,
        cache_read_tokens = mix_quarter.cache_read_tokens - x.cache_read_tokens,
        cache_write_tokens = mix_quarter.cache_write_tokens - x.cache_write_tokens,
        reasoning_tokens = mix_quarter.reasoning_tokens - x.reasoning_tokens,
        web_searches = mix_quarter.web_searches - x.web_searches,
        cost_upstream = mix_quarter.cost_upstream - x.cost_upstream,
        cost_looked_up = mix_quarter.cost_looked_up - x.cost_looked_up,
        cost_estimate = mix_quarter.cost_estimate - x.cost_estimate,
        byok_cost = mix_quarter.byok_cost - x.byok_cost
    FROM request_mix x JOIN mix m USING (
        served_model, requested_model, provider, project, branch, session, agent_type, class, client)
    WHERE x.request = OLD.id AND mix_quarter.mix = m.id AND mix_quarter.quarter = x.quarter;
END;

CREATE TRIGGER request_changed_mix AFTER UPDATE ON request WHEN NEW.status <> 'open' BEGIN
    INSERT INTO count_mix (id) VALUES (NEW.id);
END;

-- What an earlier schema has settled.
INSERT INTO mix (
        served_model, requested_model, provider, project, branch, session, agent_type, class, client)
SELECT DISTINCT
        served_model, requested_model, provider, project, branch, session, agent_type, class, client
FROM request_mix WHERE whole = 1;

INSERT INTO mix_day
SELECT m.id, x.day,
    sum(x.ok), sum(x.error), sum(x.cancelled), sum(x.truncated), sum(x.interrupted),
    sum(x.input_tokens), sum(x.output_tokens), sum(x.cache_read_tokens), sum(x.cache_write_tokens),
    sum(x.reasoning_tokens), sum(x.web_searches), sum(x.cost_upstream), sum(x.cost_looked_up),
    sum(x.cost_estimate), sum(x.byok_cost)
FROM request_mix x JOIN mix m USING (
        served_model, requested_model, provider, project, branch, session, agent_type, class, client)
WHERE x.whole GROUP BY m.id, x.day;

INSERT INTO session_day
SELECT x.day, m.id,
    sum(x.ok), sum(x.error), sum(x.cancelled), sum(x.truncated), sum(x.interrupted),
    sum(x.input_tokens), sum(x.output_tokens), sum(x.cache_read_tokens), sum(x.cache_write_tokens),
    sum(x.reasoning_tokens), sum(x.web_searches), sum(x.cost_upstream), sum(x.cost_looked_up),
    sum(x.cost_estimate), sum(x.byok_cost)
FROM request_mix x JOIN mix m USING (
        served_model, requested_model, provider, project, branch, session, agent_type, class, client)
WHERE NOT x.whole GROUP BY x.day, m.id;

INSERT INTO mix_quarter
SELECT m.id, x.quarter,
    sum(x.ok), sum(x.error), sum(x.cancelled), sum(x.truncated), sum(x.interrupted),
    sum(x.input_tokens), sum(x.output_tokens), sum(x.cache_read_tokens), sum(x.cache_write_tokens),
    sum(x.reasoning_tokens), sum(x.web_searches), sum(x.cost_upstream), sum(x.cost_looked_up),
    sum(x.cost_estimate), sum(x.byok_cost)
FROM request_mix x JOIN mix m USING (
        served_model, requested_model, provider, project, branch, session, agent_type, class, client)
GROUP BY m.id, x.quarter;
";
