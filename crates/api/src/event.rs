//! What the service tells those who listen.

use serde::{Deserialize, Serialize};

use crate::command::{
    BudgetStanding, CaptureStanding, KeptNotice, KeyReport, LeftOut, LoginReply, ProxyState,
};

/// Something that happened. Events may be missed; a command tells the whole state at any time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The data plane was started or stopped.
    State {
        /// Its state from here on.
        state: ProxyState,
    },
    /// A changed configuration is in force.
    ConfigApplied {
        /// Its revision.
        revision: String,
    },
    /// A changed configuration was refused; the one before stays in force.
    ConfigRefused {
        /// File, line, key and reason.
        message: String,
    },
    /// The key, or what is known of it, changed.
    Key {
        /// What is known now.
        key: KeyReport,
    },
    /// The login in a browser got further.
    Login {
        /// How it stands now.
        login: LoginReply,
    },
    /// A request's row is written.
    Settled {
        /// Number of the row.
        id: i64,
        /// Nano-dollars.
        cost_nanos: i64,
    },
    /// A settled row got its cost later.
    CostFound {
        /// Number of the row.
        id: i64,
        /// Nano-dollars.
        cost_nanos: i64,
    },
    /// A mark of a budget was passed; told once in its period.
    Budget {
        /// The mark in thousandths of the cap; 1,000 is the cap itself.
        mark_permille: u64,
        /// The budget.
        budget: BudgetStanding,
        /// The same for people.
        message: String,
    },
    /// A model is left out for a while.
    TargetLeftOut {
        /// Which, why, until when.
        target: LeftOut,
        /// What runs instead; `None` when nothing does.
        instead: Option<String>,
    },
    /// A model that was left out is used again.
    TargetBack {
        /// Its slug.
        slug: String,
    },
    /// Another target answered than the one that was meant.
    FellBack {
        /// The first of the plan.
        meant: String,
        /// The one that answered.
        answered: String,
    },
    /// What OpenRouter lets the key spend runs out.
    Credits {
        /// It has: requests are refused.
        is_spent: bool,
        /// The same for people.
        message: String,
    },
    /// The last hour cost far more than an hour usually does.
    Spike {
        /// What it cost, and what is usual.
        message: String,
    },
    /// Something was told that people should know; it is kept.
    Noticed {
        /// The notice.
        notice: KeptNotice,
    },
    /// Capturing began or ended, or a request was captured or forgotten.
    Capture {
        /// How it stands from here on.
        capture: CaptureStanding,
    },
    /// What is started at login changed.
    AtLogin {
        /// Whether Turnpike is.
        is_on: bool,
    },
    /// The service ends; streams in flight may finish.
    ShuttingDown,
}
