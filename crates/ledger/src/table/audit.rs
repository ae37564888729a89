//! What was changed on purpose: keys, budgets, maps, tokens. Kept when old requests are pruned.

pub(crate) const CREATE: &str = "
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,              -- wall clock, Unix nanoseconds
    actor   TEXT NOT NULL,                 -- who: cli, page, tray, file, service
    action  TEXT NOT NULL,                 -- what was done, such as key.set or budget.raise
    subject TEXT,                          -- the client, map or budget it was about; never a secret
    details TEXT                           -- JSON; never a secret
) STRICT;
";
