//! Pure routing: from a request's facts and the configured maps to a plan, and through the plan's targets.
//!
//! No I/O and no clock: the catalogue, the configuration and the time are handed in, the result is data.

mod alias;
mod breaker;
mod catalogue;
mod class;
mod conformance;
mod fit;
mod free;
mod known;
mod names;
mod plan;
mod preset;
mod route;
mod safety;
mod seek;

pub use alias::{ALIAS_PREFIX, from_alias, to_alias};
pub use breaker::{Breaker, Change, Moment, Out, Why};
pub use catalogue::Catalogue;
pub use class::{Class, Hints, Shape, classify};
pub use conformance::{Mends, Probed, Showing, Showings, Shown};
pub use fit::{Lack, Needs, PassedOver, Unfit};
pub use free::{FreeStanding, FreeTier, LARGE_DAY, SMALL_DAY, Turn, is_free};
pub use known::KNOWN_ON;
pub use names::{matches, nearest};
pub use plan::{Decision, Mode, Plan, Reason, Target};
pub use preset::{Casting, PRESETS, PRESETS_OF, Preset, PresetEntry, Resolved, Role};
pub use route::{Condition, Map, NoTarget, Query, Routes, Rule, resolve};
pub use safety::{Unsafe, is_unsafe};
pub use seek::{Candidate, Course, Next, Pass, Patience, Standing, Step, Trouble};
