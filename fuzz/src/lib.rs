//! What is fuzzed: one function for each target. Each takes the fuzzer's input and panics when a promise does not hold.
//!
//! The judges are those of the translation's own tests, so that both call the same things legal.

#[path = "../../crates/translate/tests/shared/contract.rs"]
mod contract;
mod cut;
mod envelope;
#[path = "../../crates/translate/tests/recordings/legal.rs"]
mod legal;
mod native;
mod request;
mod sse;
mod stream;
mod whole;

pub use envelope::{Thought, reasoning_envelope};
pub use native::native_mode;
pub use request::request_translation;
pub use sse::sse_decoder;
pub use stream::{Answer, answer_bytes, stream_machine};
pub use whole::native_whole;
