//! Everything Turnpike keeps for its user outside the ledger: `config.toml`, the data folder, the local
//! token, and the OpenRouter key in the OS keychain.
//!
//! * [`DataDir`] finds and makes the folder, [`DataLock`] keeps a second service out of it.
//! * [`LocalToken`] is what clients on this machine show to the data plane, [`ClientToken`] what one with limits of
//!   its own shows.
//! * [`config`] reads, checks, watches and edits `config.toml` without losing a comment.
//! * [`keys`] holds the OpenRouter key: from the environment, a file, or the keychain, never in plain text
//!   on disk unless the user chose a file.
//!
//! Secrets have a type that cannot be printed, [`Secret`].

pub mod atomic;
pub mod claude;
mod client_token;
pub mod config;
pub mod data_dir;
pub mod keys;
mod origin;
mod permissions;
mod secret;
mod token;

pub use client_token::{ClientToken, TokenHash};
pub use config::{Config, ConfigEdit, ConfigError, ConfigFile, ConfigWatch, EditError, Loaded, Revision};
pub use data_dir::{BudgetMemory, DataDir, DataDirError, DataLock, KeptRaise, LockError, State, StateFile};
pub use keys::{ApiKey, KeyError, KeyStore};
pub use origin::{BaseUrl, BaseUrlError, Origin};
pub use secret::Secret;
pub use token::{LocalToken, TokenError};
