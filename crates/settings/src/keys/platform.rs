//! The system's keychain, behind one small interface. One module each; only the Secret Service is tested.

#[cfg(target_os = "macos")]
mod apple;
#[cfg(target_os = "linux")]
mod secret_service;
#[cfg(not(any(target_os = "macos", target_os = "linux", windows)))]
mod unsupported;
#[cfg(windows)]
mod windows;

use std::time::Duration;

use keyring_core::{Entry, Error};

#[cfg(target_os = "macos")]
use self::apple as native;
#[cfg(target_os = "linux")]
use self::secret_service as native;
#[cfg(not(any(target_os = "macos", target_os = "linux", windows)))]
use self::unsupported as native;
#[cfg(windows)]
use self::windows as native;
use super::error::KeyFault;

/// What the key store asks of a keychain. Each call connects anew, so that one that found no keychain does not
/// stay broken, and nothing is held while nothing is asked.
pub(super) trait Keychain: Send {
    /// What a read or a write would meet. Asks the user nothing. Answers within about three times `limit`.
    fn look(&self, limit: Duration) -> Result<Standing, KeyFault>;
    /// Opens what is locked. The system may ask the user, for as long as the user likes.
    fn unlock(&self) -> Result<(), KeyFault>;
    /// Our item, which need not exist.
    fn item(&self) -> Result<Entry, KeyFault>;
}

/// How a keychain stands to our item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It can be read and written without a question.
    Open,
    /// Reading or writing would make the keychain ask the user.
    Locked,
    /// There is no item, and no place to put one.
    NoCollection,
}

/// The keychain of this system, for the item of that account.
pub(super) fn keychain(account: String) -> Box<dyn Keychain + Sync> {
    Box::new(native::Native::new(account))
}

/// What an error about our item means, apart from there being none.
pub(super) fn fault(error: &Error) -> KeyFault {
    match error {
        Error::NoStorageAccess(_) => KeyFault::Denied,
        Error::Ambiguous(items) => KeyFault::Several(items.len()),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => KeyFault::Unreadable,
        Error::NoDefaultStore => KeyFault::NoKeychain { reason: error.to_string() },
        other => KeyFault::Other(other.to_string()),
    }
}
