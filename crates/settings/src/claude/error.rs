//! Why settings are left as they are.

use std::io;
use std::path::PathBuf;

use super::text::TextError;

/// Why settings are left as they are. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// There is no home folder.
    #[error("there is no home folder to find Claude Code's settings in: set HOME or CLAUDE_CONFIG_DIR")]
    NoHome,
    /// The file cannot be read or written.
    #[error("{} cannot be changed ({source}): make it and its folder readable and writable for you", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What stands in the file is nothing that keys can be put into.
    #[error("{} is left as it is: {source}", path.display())]
    Text {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: TextError,
    },
    /// Somebody else has written the file in between.
    #[error("{} was changed by somebody else just now: look at it again, then repeat this", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// Another Turnpike changes settings at the same time.
    #[error("another `turnpike` changes Claude Code's settings right now: try again in a moment")]
    Busy,
    /// The record cannot be read or written.
    #[error("{} cannot be used ({source}): make it and its folder readable and writable for you", path.display())]
    Record {
        /// The record.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The record holds something else.
    #[error(
        "{} is damaged ({source}): take Turnpike's keys out of Claude Code's settings by hand, then delete it",
        path.display()
    )]
    Damaged {
        /// The record.
        path: PathBuf,
        /// Where it stops making sense.
        source: serde_json::Error,
    },
}
