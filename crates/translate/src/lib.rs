//! Pure translation between the Messages API and chat completions: no I/O, no clock, no async.

pub mod answer;
pub mod count;
pub mod failure;
pub mod ids;
pub mod json;
mod members;
pub mod names;
pub mod native;
pub mod offered;
mod other_models;
pub mod passage;
pub mod profile;
pub mod reasoning;
pub mod request;
pub mod stream;
pub mod usage;

pub use other_models::other_models;
