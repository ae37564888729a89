//! Systems whose keychain Turnpike does not know.

use std::time::Duration;

use keyring_core::Entry;

use super::super::error::KeyFault;
use super::{Keychain, Standing};

/// No keychain.
#[derive(Debug)]
pub(super) struct Native;

// === impl Native ===

impl Native {
    pub(super) fn new(_account: String) -> Self {
        Self
    }
}

impl Keychain for Native {
    fn look(&self, _limit: Duration) -> Result<Standing, KeyFault> {
        Err(none())
    }

    fn unlock(&self) -> Result<(), KeyFault> {
        Err(none())
    }

    fn item(&self) -> Result<Entry, KeyFault> {
        Err(none())
    }
}

fn none() -> KeyFault {
    KeyFault::NoKeychain { reason: "Turnpike knows none on this system".to_owned() }
}
