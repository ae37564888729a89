//! The tables, one file each: its part of a migration, and the statements that write it or read whole rows.

pub(crate) mod audit;
pub(crate) mod count;
pub(crate) mod instance;
pub(crate) mod latency;
pub(crate) mod mix;
pub(crate) mod mix_sums;
pub(crate) mod pruned;
pub(crate) mod request;
pub(crate) mod usage;
