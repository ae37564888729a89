//! How the program ends: a sentence on standard error, and a code for scripts.

use std::io::{self, Write as _};
use std::process::ExitCode;

use turnpike_api::{ApiError, ClientError, ErrorCode};
use turnpike_control::StartError;
use turnpike_control::at_login::AtLoginError;
use turnpike_settings::{ConfigError, DataDirError, EditError, LockError};

use crate::own;

/// What scripts can branch on. Told in `turnpike --help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It could not be done.
    Failure = 1,
    /// The command line makes no sense; clap ends with the same code.
    Usage = 2,
    /// The service is not running.
    NotRunning = 3,
    /// The configuration is wrong.
    Config = 4,
    /// There is no OpenRouter key, or it cannot be read, kept or removed.
    Key = 5,
    /// Another service has the data folder.
    InUse = 6,
}

/// Why a command ends without having done its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A sentence that says what happened and what to do.
    Told {
        /// The code.
        exit: Exit,
        /// The sentence.
        sentence: String,
    },
    /// A child's own end is ours: nothing to add.
    Child(u8),
    /// Whoever read our output has gone: no failure at all.
    OutputClosed,
}

// === impl Failure ===

impl Failure {
    /// It could not be done.
    pub(crate) fn plain(sentence: impl Into<String>) -> Self {
        Self::of(Exit::Failure, sentence)
    }

    /// It could not be done, for a reason that has a code of its own.
    pub(crate) fn of(exit: Exit, sentence: impl Into<String>) -> Self {
        Self::Told { exit, sentence: sentence.into() }
    }

    /// Says it, and gives the code.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Told { exit, sentence } => {
                // Where standard error is closed the code still tells.
                let _ = writeln!(io::stderr(), "turnpike: {}", own::lines(&as_sentence(&sentence)));
                ExitCode::from(exit as u8)
            }
            Self::Child(code) => ExitCode::from(code),
            Self::OutputClosed => ExitCode::SUCCESS,
        }
    }
}

/// With a full stop at its end.
pub(crate) fn as_sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?', '`']) { text.to_owned() } else { format!("{text}.") }
}

impl From<io::Error> for Failure {
    /// From writing to standard output.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::OutputClosed;
        }
        Self::plain(format!("the output cannot be written: {error}"))
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Refused(refused) => refused.into(),
            ClientError::NotRunning(sentence) => Self::of(Exit::NotRunning, sentence),
            other => Self::plain(other.to_string()),
        }
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        let exit = match error.code {
            ErrorCode::Config => Exit::Config,
            ErrorCode::Key => Exit::Key,
            _ => Exit::Failure,
        };
        Self::of(exit, error.message)
    }
}

impl From<AtLoginError> for Failure {
    fn from(error: AtLoginError) -> Self {
        Self::plain(error.to_string())
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let exit = match &error {
            StartError::Config(_) | StartError::NoClients => Exit::Config,
            StartError::Lock(LockError::Held { .. }) => Exit::InUse,
            _ => Exit::Failure,
        };
        Self::of(exit, error.to_string())
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        let exit = if matches!(error, LockError::Held { .. }) { Exit::InUse } else { Exit::Failure };
        Self::of(exit, error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::of(Exit::Config, error.to_string())
    }
}

impl From<EditError> for Failure {
    fn from(error: EditError) -> Self {
        let exit = match &error {
            EditError::Config(_) | EditError::Invalid(_) => Exit::Config,
            _ => Exit::Failure,
        };
        Self::of(exit, error.to_string())
    }
}

impl From<DataDirError> for Failure {
    fn from(error: DataDirError) -> Self {
        Self::plain(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(failure: Failure) -> Option<Exit> {
        match failure {
            Failure::Told { exit, .. } => Some(exit),
            Failure::Child(_) | Failure::OutputClosed => None,
        }
    }

    #[test]
    fn each_kind_of_failure_has_its_code() {
        let refused = |code| Failure::from(ClientError::Refused(ApiError::new(code, "…")));
        let rows = [
            ("not running", Failure::from(ClientError::NotRunning("…".to_owned())), Some(Exit::NotRunning)),
            ("a broken config", refused(ErrorCode::Config), Some(Exit::Config)),
            ("a key", refused(ErrorCode::Key), Some(Exit::Key)),
            ("a conflict", refused(ErrorCode::Conflict), Some(Exit::Failure)),
            ("a closed pipe", Failure::from(io::Error::from(io::ErrorKind::BrokenPipe)), None),
            ("a full disk", Failure::from(io::Error::from(io::ErrorKind::StorageFull)), Some(Exit::Failure)),
        ];
        for (name, failure, exit) in rows {
            assert_eq!(code(failure), exit, "{name}");
        }
        let codes = [Exit::Failure, Exit::Usage, Exit::NotRunning, Exit::Config, Exit::Key, Exit::InUse];
        assert_eq!(codes.map(|exit| exit as u8), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn sentences_end_as_sentences_do() {
        for (text, sentence) in [
            ("It broke", "It broke."),
            ("It broke. ", "It broke."),
            ("run `x`", "run `x`"),
            ("Really?", "Really?"),
        ] {
            assert_eq!(as_sentence(text), sentence);
        }
    }
}
