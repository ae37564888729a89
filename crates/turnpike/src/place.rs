//! The data folder that a command works on, and the service that runs on it.

use std::io::{self, Write as _};
use std::path::PathBuf;

use jiff::tz::TimeZone;
use serde::Serialize;
use turnpike_api::{Client, ClientError};
use turnpike_control::audit;
use turnpike_settings::{ConfigFile, DataDir};

use crate::exit::Failure;

/// A data folder.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The folder.
    pub(crate) data_dir: DataDir,
}

// === impl Place ===

impl Place {
    /// The folder of `--data-dir`, of `TURNPIKE_DATA_DIR`, or the platform's own.
    pub(crate) fn resolve(flag: Option<PathBuf>) -> Result<Self, Failure> {
        Ok(Self { data_dir: DataDir::resolve(flag)? })
    }

    /// The service that runs on it.
    pub(crate) fn service(&self) -> Result<Client, ClientError> {
        Client::connect(&self.data_dir.control()).map(|client| client.named("cli"))
    }

    /// The service that runs on it, if one does. One that cannot be trusted or understood is an error.
    pub(crate) fn service_if_running(&self) -> Result<Option<Client>, ClientError> {
        match self.service() {
            Ok(client) => Ok(Some(client)),
            Err(ClientError::NotRunning(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The zone in which times are told; UTC where the configuration cannot be read.
    pub(crate) fn zone(&self) -> TimeZone {
        self.config_file().load().map_or(TimeZone::UTC, |loaded| loaded.config.general.timezone.zone())
    }

    /// Keeps what a command did without a service in the audit; where that fails, it is said and the command stands.
    pub(crate) fn keep(&self, command: &str, asked: &impl Serialize) {
        let body = serde_json::to_vec(asked).unwrap_or_default();
        if let Err(error) = audit::note(&self.data_dir.ledger(), "cli", command, &body) {
            let _ = writeln!(io::stderr(), "turnpike: this is not in the audit: {error}");
        }
    }

    /// Its `config.toml`.
    pub(crate) fn config_file(&self) -> ConfigFile {
        ConfigFile::new(self.data_dir.config())
    }
}
