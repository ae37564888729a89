//! What may be spent, and how that stands.

use serde::{Deserialize, Serialize};

/// Asks for every budget and how it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Budgets {}

/// Every budget.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BudgetsReply {
    /// The configuration that sets them, to be shown again with a change.
    pub revision: String,
    /// One line for each cap.
    pub budgets: Vec<BudgetStanding>,
    /// What everybody spent today, this week, this month, with a cap or without.
    pub totals: Vec<BudgetStanding>,
    /// Requests that were refused since the service started.
    pub refused: u64,
}

/// One cap and what of it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BudgetStanding {
    /// Whose it is.
    #[serde(flatten)]
    pub of: BudgetOf,
    /// `daily`, `weekly` or `monthly`.
    pub period: String,
    /// The cap in nano-dollars, as it is now.
    pub cap_nanos: Option<i64>,
    /// The part of it by which it was raised until the period ends.
    pub raised_nanos: i64,
    /// What settled requests cost.
    pub settled_nanos: i64,
    /// Whether a part of that is an estimate, be it of nothing. Only lists for people say so; an event says `false`.
    #[serde(default)]
    pub is_approximate: bool,
    /// What is reserved for requests under way.
    pub reserved_nanos: i64,
    /// What of the cap is settled, in thousandths.
    pub used_permille: Option<u64>,
    /// When the period began, Unix seconds.
    pub starts_at: i64,
    /// When it ends, Unix seconds.
    pub resets_at: i64,
    /// What happens at the cap: `warn` or `stop`.
    pub action: String,
}

/// Whose budget: everybody's, unless a client or a project is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct BudgetOf {
    /// Name of a client's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// A folder, absolute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}

/// Raises a cap until its period ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RaiseBudget {
    /// Whose.
    #[serde(flatten)]
    pub of: BudgetOf,
    /// `daily`, `weekly` or `monthly`.
    pub period: String,
    /// By how many nano-dollars; less than none takes a raise back, and no more than was raised.
    pub by_nanos: i64,
}

/// Changes a cap, or what happens at it, in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SetBudget {
    /// The revision that this was made for.
    pub revision: String,
    /// Whose.
    #[serde(flatten)]
    pub of: BudgetOf,
    /// `daily`, `weekly` or `monthly`.
    pub period: String,
    /// The cap in nano-dollars; `None` removes it.
    pub cap_nanos: Option<i64>,
    /// What happens at the cap: `warn` or `stop`; `None` leaves that as it is.
    pub action: Option<String>,
}
