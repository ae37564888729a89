//! Pure translation between the Messages API and chat completions: no I/O, no clock, no async.

pub mod answer;
pub mod failure;
pub mod ids;
pub mod json;
pub mod names;
pub mod native;
pub mod profile;
pub mod reasoning;
pub mod request;
pub mod stream;
pub mod usage;
