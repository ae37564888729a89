//! How fast models answer: counts by UTC day, model and length of time, so that percentiles need no look at the rows.
//!
//! Lengths of time are sorted into buckets, each a tenth longer than the one before: a percentile is known to a tenth.
//! Only requests that were answered to the end count.

/// Nanoseconds in a UTC day.
pub(crate) const DAY_NS: i64 = 24 * 3_600 * 1_000_000_000;
/// `latency.kind` of the time from acceptance to the first content.
pub(crate) const FIRST_TOKEN: u8 = 1;
/// `latency.kind` of the time from acceptance to the end.
pub(crate) const DURATION: u8 = 2;
/// The first bucket's upper bound: one millisecond, in nanoseconds.
const FIRST_BOUND: i64 = 1_000_000;
/// How many buckets there are; the last one, from three hours on, has no bound.
const BUCKETS: usize = 171;
static BOUNDS: [i64; BUCKETS] = bounds();

pub(crate) const CREATE: &str = "
CREATE TABLE latency_bound (
    bucket   INTEGER PRIMARY KEY,
    upper_ns INTEGER NOT NULL UNIQUE       -- longest time that is in it
) STRICT;

WITH RECURSIVE bound (bucket, upper_ns) AS (
    SELECT 0, 1000000 UNION ALL SELECT bucket + 1, upper_ns + upper_ns / 10 FROM bound WHERE bucket < 169
)
INSERT INTO latency_bound SELECT bucket, upper_ns FROM bound;
INSERT INTO latency_bound VALUES (170, 9223372036854775807);

CREATE TABLE latency (
    kind    INTEGER NOT NULL,              -- 1: to the first content, 2: to the end
    day     INTEGER NOT NULL,              -- number of the UTC day since 1970
    model   INTEGER NOT NULL,              -- facet.id of the model that answered
    bucket  INTEGER NOT NULL,
    answers INTEGER NOT NULL,
    PRIMARY KEY (kind, day, model, bucket)
) STRICT, WITHOUT ROWID;

-- What models put out after their first content, and in which time.
CREATE TABLE pace (
    day           INTEGER NOT NULL,
    model         INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    writing_ns    INTEGER NOT NULL,
    PRIMARY KEY (day, model)
) STRICT, WITHOUT ROWID;

CREATE VIEW answered_request AS SELECT
    id, started_at,
    started_at / 86400000000000 AS day,
    (SELECT id FROM facet WHERE kind = 1 AND text = ifnull(served_model, '')) AS model,
    first_token_ns, duration_ns, output_tokens,
    (SELECT bucket FROM latency_bound WHERE upper_ns >= first_token_ns ORDER BY upper_ns LIMIT 1) AS first_token,
    (SELECT bucket FROM latency_bound WHERE upper_ns >= duration_ns ORDER BY upper_ns LIMIT 1) AS duration
FROM request WHERE status = 'ok';

CREATE VIEW request_latency AS
SELECT id, 1 AS kind, day, model, first_token AS bucket FROM answered_request WHERE first_token IS NOT NULL
UNION ALL
SELECT id, 2, day, model, duration FROM answered_request WHERE duration IS NOT NULL;

CREATE VIEW request_pace AS SELECT id, day, model, output_tokens, duration_ns - first_token_ns AS writing_ns
FROM answered_request WHERE duration_ns > first_token_ns;

CREATE VIEW count_latency AS SELECT NULL AS id;

CREATE TRIGGER count_latency INSTEAD OF INSERT ON count_latency BEGIN
    INSERT INTO facet (kind, text) SELECT 1, ifnull(served_model, '') FROM request WHERE id = NEW.id
    ON CONFLICT DO NOTHING;

    INSERT INTO latency SELECT kind, day, model, bucket, 1 FROM request_latency WHERE id = NEW.id
    ON CONFLICT (kind, day, model, bucket) DO UPDATE SET answers = answers + 1;

    INSERT INTO pace SELECT day, model, output_tokens, writing_ns FROM request_pace WHERE id = NEW.id
    ON CONFLICT (day, model) DO UPDATE SET
        output_tokens = output_tokens + excluded.output_tokens,
        writing_ns = writing_ns + excluded.writing_ns;
END;

CREATE TRIGGER request_inserted_latency AFTER INSERT ON request WHEN NEW.status = 'ok' BEGIN
    INSERT INTO count_latency (id) VALUES (NEW.id);
END;

CREATE TRIGGER request_changes_latency BEFORE UPDATE ON request WHEN OLD.status = 'ok' BEGIN
    UPDATE latency SET answers = answers - 1
    FROM request_latency l
    WHERE l.id = OLD.id AND latency.kind = l.kind AND latency.day = l.day AND latency.model = l.model
        AND latency.bucket = l.bucket;

    UPDATE pace SET output_tokens = pace.output_tokens - p.output_tokens,
        writing_ns = pace.writing_ns - p.writing_ns
    FROM request_pace p WHERE p.id = OLD.id AND pace.day = p.day AND pace.model = p.model;
END;

CREATE TRIGGER request_changed_latency AFTER UPDATE ON request WHEN NEW.status = 'ok' BEGIN
    INSERT INTO count_latency (id) VALUES (NEW.id);
END;

-- What an earlier schema has settled.
INSERT INTO latency SELECT kind, day, model, bucket, count(*) FROM request_latency GROUP BY 1, 2, 3, 4;
INSERT INTO pace SELECT day, model, sum(output_tokens), sum(writing_ns) FROM request_pace GROUP BY 1, 2;
";

/// The bucket of a length of time, nanoseconds.
pub(crate) fn bucket(nanos: i64) -> i64 {
    BOUNDS.partition_point(|upper| *upper < nanos) as i64
}

/// The upper bounds of all buckets, nanoseconds, as the table has them.
pub(crate) const fn bounds() -> [i64; BUCKETS] {
    let mut bounds = [FIRST_BOUND; BUCKETS];
    let mut place = 1;
    while place < BUCKETS {
        bounds[place] = bounds[place - 1] + bounds[place - 1] / 10;
        place += 1;
    }
    bounds[BUCKETS - 1] = i64::MAX;
    bounds
}
