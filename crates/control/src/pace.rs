//! How long the service waits before it does something by itself.

use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// How long the service waits before it does something by itself. The default is what it uses; tests make it quick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long after the end of a request each question about its cost comes, the first counted from its end: the
    /// upstream knows a generation only after a while. After the last one the estimate stays.
    pub cost_lookups: [Duration; 6],
    /// How long after the start the upstream is first asked about the key.
    pub first_account: Duration,
    /// How often then.
    pub account: Duration,
    /// How often what budgets must remember is kept, and a seed that failed is tried again.
    pub budget_memory: Duration,
    /// How long a question about spend waits at the most for rows that were told just now to be on disk. Where that
    /// is slower, the question is answered with what is there.
    pub flush: Duration,
}

// === impl Pace ===

impl Default for Pace {
    fn default() -> Self {
        Self {
            cost_lookups: [SECOND, 4 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE],
            first_account: 20 * SECOND,
            account: 10 * MINUTE,
            budget_memory: MINUTE,
            flush: Duration::from_millis(500),
        }
    }
}
