//! Chat completions for clients that speak them: a request goes to OpenRouter's own endpoint and its answer
//! comes back, neither of them translated.
//!
//! The request is read for what routing and the bill need ([`read_request`]) and goes on as it came, but for
//! the model's name and what the configuration adds ([`rewrite`]). The answer's frames pass byte for byte and
//! are read in passing ([`Passage`]). Errors have the shape that these clients know ([`error_json`]).

mod answer;
mod error;
mod request;
mod rewrite;
mod whole;

pub use answer::{Passage, read_completion, write_as_stream};
pub use error::{error_json, status, write_error};
pub use request::{has_image, program_text, read_request, thinks, web_fetch, web_search};
pub use rewrite::rewrite;
pub use whole::write_as_completion;
