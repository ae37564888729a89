//! Native mode: a Messages request to OpenRouter's own Messages endpoint.
//!
//! The request goes on as it came, but for what must not leave this machine or would not be understood: see
//! [`rewrite`]. The answer's frames pass byte for byte and are read in passing for the bill: see
//! [`NativeStream`].

mod rewrite;
mod stream;
mod whole;

pub use rewrite::{anonymous, rewrite};
pub use stream::{NativeStream, read_message};
pub use whole::{write_as_message, write_as_stream};
