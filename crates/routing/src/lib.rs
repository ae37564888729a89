//! Pure routing: from a request's facts and the configured maps to a plan.
//!
//! No I/O and no clock: the catalogue and the configuration are handed in, the result is data.

mod alias;
mod catalogue;
mod class;
mod names;
mod plan;
mod route;

pub use alias::{ALIAS_PREFIX, from_alias, to_alias};
pub use catalogue::Catalogue;
pub use class::{Class, Hints, Shape, classify};
pub use names::{matches, nearest};
pub use plan::{Decision, Mode, Plan, Reason, Target};
pub use route::{Condition, Map, NoTarget, Query, Routes, Rule};
