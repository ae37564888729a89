//! The login keychain of macOS. Not tested.

use std::time::Duration;

use apple_native_keyring_store::keychain::Store;
use keyring_core::Entry;
use keyring_core::api::CredentialStoreApi as _;

use super::super::KEYCHAIN_SERVICE;
use super::super::error::KeyFault;
use super::{Keychain, Standing, fault};

/// The login keychain.
#[derive(Debug)]
pub(super) struct Native {
    account: String,
}

// === impl Native ===

impl Native {
    pub(super) fn new(account: String) -> Self {
        Self { account }
    }
}

impl Keychain for Native {
    /// It is unlocked at login, and asks by itself only for items that another program has made.
    fn look(&self, _limit: Duration) -> Result<Standing, KeyFault> {
        Ok(Standing::Open)
    }

    fn unlock(&self) -> Result<(), KeyFault> {
        Ok(())
    }

    fn item(&self) -> Result<Entry, KeyFault> {
        let store = Store::new().map_err(|error| fault(&error))?;
        store.build(KEYCHAIN_SERVICE, &self.account, None).map_err(|error| fault(&error))
    }
}
