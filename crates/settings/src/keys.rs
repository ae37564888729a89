//! The OpenRouter key: where it comes from, what is known of it, and the one place that keeps it.
//!
//! A key is looked for in `OPENROUTER_API_KEY`, then in the file that `OPENROUTER_API_KEY_FILE` names, then
//! in the system's keychain (service `turnpike`). [`KeyStore`] does the looking on a thread of its own, so a
//! keychain that hangs or asks the user something holds nobody up, and it remembers the key meanwhile.
//!
//! A key belongs to one [`Origin`](crate::Origin): it is handed out for no other.

mod api_key;
mod error;
mod known;
mod places;
mod platform;
mod record;
mod state;
mod store;
#[cfg(test)]
mod tests;
mod worker;

pub use api_key::{ApiKey, KeyTextError};
pub use error::{KeyError, KeyFault};
pub use state::{KeyReading, KeySource, KeyState, KeyWarning};
pub use store::KeyStore;

/// The environment variable that holds the key itself.
pub const KEY_VARIABLE: &str = "OPENROUTER_API_KEY";
/// The environment variable that names a file with the key.
pub const KEY_FILE_VARIABLE: &str = "OPENROUTER_API_KEY_FILE";
/// The service name of Turnpike's keychain items.
pub const KEYCHAIN_SERVICE: &str = "turnpike";
