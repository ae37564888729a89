//! The Credential Manager of Windows. Not tested.

use std::time::Duration;

use keyring_core::Entry;
use keyring_core::api::CredentialStoreApi as _;
use windows_native_keyring_store::Store;

use super::super::KEYCHAIN_SERVICE;
use super::super::error::KeyFault;
use super::{Keychain, Standing, fault};

/// The Credential Manager.
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
    /// It is open while its user is logged in.
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
