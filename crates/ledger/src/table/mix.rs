//! Combinations of values. The sums by UTC hour that stand here are those of schema 2; [`crate::table::mix_sums`] has
//! put others in their place.

pub(crate) const CREATE: &str = "
CREATE TABLE mix (
    id              INTEGER PRIMARY KEY,
    served_model    INTEGER NOT NULL,
    requested_model INTEGER NOT NULL,
    provider        INTEGER NOT NULL,
    project         INTEGER NOT NULL,
    branch          INTEGER NOT NULL,
    session         INTEGER NOT NULL,
    agent_type      INTEGER NOT NULL,
    class           INTEGER NOT NULL,
    client          INTEGER NOT NULL,
    UNIQUE (served_model, requested_model, provider, project, branch,
        session, agent_type, class, client)
) STRICT;

CREATE TABLE mix_usage (
    mix                INTEGER NOT NULL,
    hour               INTEGER NOT NULL,   -- number of the UTC hour since 1970
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
    PRIMARY KEY (mix, hour)
) STRICT, WITHOUT ROWID;

-- A settled row with its values as numbers, and the sums.
CREATE VIEW request_mix AS SELECT
    r.id AS request,
    r.started_at / 3600000000000 AS hour,
    (SELECT id FROM facet WHERE kind = 1 AND text = r.served_model) AS served_model,
    (SELECT id FROM facet WHERE kind = 2 AND text = r.requested_model) AS requested_model,
    (SELECT id FROM facet WHERE kind = 3 AND text = r.provider) AS provider,
    (SELECT id FROM facet WHERE kind = 4 AND text = r.project) AS project,
    (SELECT id FROM facet WHERE kind = 5 AND text = r.branch) AS branch,
    (SELECT id FROM facet WHERE kind = 6 AND text = r.session) AS session,
    (SELECT id FROM facet WHERE kind = 7 AND text = r.agent_type) AS agent_type,
    (SELECT id FROM facet WHERE kind = 8 AND text = r.class) AS class,
    (SELECT id FROM facet WHERE kind = 9 AND text = r.client) AS client,
    r.ok, r.error, r.cancelled, r.truncated, r.interrupted, r.input_tokens, r.output_tokens,
    r.cache_read_tokens, r.cache_write_tokens, r.reasoning_tokens, r.web_searches, r.cost_upstream,
    r.cost_looked_up, r.cost_estimate, r.byok_cost
FROM settled_request r;

CREATE VIEW count_mix AS SELECT NULL AS id;

CREATE TRIGGER count_mix INSTEAD OF INSERT ON count_mix BEGIN
    INSERT INTO facet (kind, text)
    SELECT kind, text FROM request_place WHERE id = NEW.id AND span = 1
    ON CONFLICT DO NOTHING;

    INSERT INTO mix (
        served_model, requested_model, provider, project, branch, session, agent_type, class,
        client)
    SELECT
        served_model, requested_model, provider, project, branch, session, agent_type, class,
        client
    FROM request_mix WHERE request = NEW.id
    ON CONFLICT DO NOTHING;

    INSERT INTO mix_usage
    SELECT m.id, x.hour,
        x.ok, x.error, x.cancelled, x.truncated, x.interrupted, x.input_tokens, x.output_tokens,
        x.cache_read_tokens, x.cache_write_tokens, x.reasoning_tokens, x.web_searches,
        x.cost_upstream, x.cost_looked_up, x.cost_estimate, x.byok_cost
    FROM request_mix x JOIN mix m USING (
        served_model, requested_model, provider, project, branch, session, agent_type, class,
        client)
    WHERE x.request = NEW.id
    ON CONFLICT (mix, hour) DO UPDATE SET
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
    UPDATE mix_usage SET
        ok = mix_usage.ok - x.ok,
        error = mix_usage.error - x.error,
        cancelled = mix_usage.cancelled - x.cancelled,
        truncated = mix_usage.truncated - x.truncated,
        interrupted = mix_usage.interrupted - x.interrupted,
        input_tokens = mix_usage.input_tokens - x.input_tokens,
        output_tokens = mix_usage.output_tokens - x.output_tokens,
        cache_read_tokens = mix_usage.cache_read_tokens - x.cache_read_tokens,
        cache_write_tokens = mix_usage.cache_write_tokens - x.cache_write_tokens,
        reasoning_tokens = mix_usage.reasoning_tokens - x.reasoning_tokens,
        web_searches = mix_usage.web_searches - x.web_searches,
        cost_upstream = mix_usage.cost_upstream - x.cost_upstream,
        cost_looked_up = mix_usage.cost_looked_up - x.cost_looked_up,
        cost_estimate = mix_usage.cost_estimate - x.cost_estimate,
        byok_cost = mix_usage.byok_cost - x.byok_cost
    FROM request_mix x JOIN mix m USING (
        served_model, requested_model, provider, project, branch, session, agent_type, class,
        client)
    WHERE x.request = OLD.id AND mix_usage.mix = m.id AND mix_usage.hour = x.hour;
END;

CREATE TRIGGER request_changed_mix AFTER UPDATE ON request WHEN NEW.status <> 'open' BEGIN
    INSERT INTO count_mix (id) VALUES (NEW.id);
END;

-- What an earlier schema has settled.
INSERT INTO mix (
        served_model, requested_model, provider, project, branch, session, agent_type, class,
        client)
SELECT DISTINCT
        served_model, requested_model, provider, project, branch, session, agent_type, class,
        client
FROM request_mix;

INSERT INTO mix_usage
SELECT m.id, x.hour,
    sum(x.ok), sum(x.error), sum(x.cancelled), sum(x.truncated), sum(x.interrupted),
    sum(x.input_tokens), sum(x.output_tokens), sum(x.cache_read_tokens), sum(x.cache_write_tokens),
    sum(x.reasoning_tokens), sum(x.web_searches), sum(x.cost_upstream), sum(x.cost_looked_up),
    sum(x.cost_estimate), sum(x.byok_cost)
FROM request_mix x JOIN mix m USING (
        served_model, requested_model, provider, project, branch, session, agent_type, class,
        client)
GROUP BY m.id, x.hour;
";
