//! Reasoning that must come back to the model that made it.
//!
//! OpenRouter hands out `reasoning_details` in each vendor's own form (text with a signature, summaries,
//! encrypted data) and wants them back unchanged. A client of the Messages API keeps only a thinking
//! block's text and its opaque `signature`, or the `data` of a redacted block: so the details travel in
//! there, packed together with the name of the model they belong to.

mod details;
mod envelope;
mod run;

pub use details::{DetailHead, DetailLog, Fragment};
pub use envelope::{Envelope, Unpacked};
pub use run::ServerRun;
