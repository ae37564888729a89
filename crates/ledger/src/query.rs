//! The questions, in one place for CLI, UI and metrics.

pub(crate) mod calendar;
pub(crate) mod cover;
pub(crate) mod dimension;
pub(crate) mod estimate;
pub(crate) mod find;
pub(crate) mod fold;
pub(crate) mod latency;
pub(crate) mod period;
pub(crate) mod question;
pub(crate) mod receipt;
pub(crate) mod recent;
pub(crate) mod share;
pub(crate) mod snapshot;
pub(crate) mod soundness;
pub(crate) mod spend;
pub(crate) mod totals;
pub(crate) mod way;

#[cfg(test)]
mod plans;
