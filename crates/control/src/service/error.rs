//! Why the service did not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use turnpike_api::proof::NoRandom;
use turnpike_ledger::LedgerError;
use turnpike_settings::{ConfigError, LockError, TokenError};
use turnpike_upstream::SetupError;

use crate::listen::ListenFailure;

/// Why the service did not start. Each sentence says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another service has the data folder, or it cannot be locked.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// `config.toml` is wrong, and there is no good copy of it.
    #[error(transparent)]
    Config(Box<ConfigError>),
    /// There is no local token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The ledger cannot be opened.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The upstream's client cannot be set up.
    #[error(transparent)]
    Upstream(#[from] SetupError),
    /// An address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenFailure),
    /// Other machines could reach the address, and that was not asked for.
    #[error(
        "{0} can be reached from other machines: listen on 127.0.0.1, or add --allow-remote, which demands client \
         tokens ([[client]] in config.toml)"
    )]
    Remote(SocketAddr),
    /// Other machines could reach the address, and nobody could log in but with the master token.
    #[error(
        "--allow-remote needs client tokens, since the local token must not leave this machine: add a [[client]] with a \
         token_sha256 to config.toml"
    )]
    NoClients,
    /// The control plane is for this machine alone.
    #[error("the control plane listens on loopback only, not on {0}: reach it from elsewhere with `ssh -L`")]
    RemoteControl(SocketAddr),
    /// `control.json` cannot be written.
    #[error("{} cannot be written ({source}): make the data folder writable, or name another with --data-dir", path.display())]
    ControlFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system has no random numbers.
    #[error(transparent)]
    NoRandom(#[from] NoRandom),
    /// A task of the start failed.
    #[error("the start failed inside: {0}")]
    Failed(#[from] tokio::task::JoinError),
    /// An address that was bound cannot be read.
    #[error("the system does not tell the bound address: {0}")]
    Address(io::Error),
}

impl From<ConfigError> for StartError {
    fn from(error: ConfigError) -> Self {
        Self::Config(Box::new(error))
    }
}
