//! A keychain that does as it is told.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use keyring_core::api::{CredentialApi, CredentialStoreApi as _};
use keyring_core::{Credential, Entry, Error, mock};

use super::super::error::KeyFault;
use super::super::places::Places;
use super::super::platform::{Keychain, Standing};
use super::super::store::{KeyStore, Limits};
use super::super::{KEY_VARIABLE, KEYCHAIN_SERVICE};
use crate::origin::Origin;

/// Short enough to wait for, long enough for a thread to start on a busy machine.
pub(super) const SHORT: Duration = Duration::from_secs(1);
/// Never to be waited for.
pub(super) const LONG: Duration = Duration::from_secs(60);

/// A keychain in memory. It counts what it is asked.
#[derive(Debug)]
pub(super) struct Fake {
    store: Arc<mock::Store>,
    facts: Mutex<Facts>,
    released: Condvar,
}

#[derive(Debug)]
struct Facts {
    standing: Result<Standing, KeyFault>,
    unlocked: Result<(), KeyFault>,
    /// What item there is instead of one in memory.
    item: Option<Arc<Credential>>,
    is_held: bool,
    is_broken: bool,
    looks: u32,
    prompts: u32,
}

/// The key store under test, with its keychain.
pub(super) struct Bench {
    pub(super) fake: Arc<Fake>,
    pub(super) keys: KeyStore,
}

// === impl Fake ===

impl Fake {
    pub(super) fn stands(&self, standing: Result<Standing, KeyFault>) {
        self.facts().standing = standing;
    }

    /// What the user answers.
    pub(super) fn answers(&self, answer: Result<(), KeyFault>) {
        self.facts().unlocked = answer;
    }

    /// From now on calls that reach the keychain or the user do not return.
    pub(super) fn hold(&self) {
        self.facts().is_held = true;
    }

    pub(super) fn release(&self) {
        self.facts().is_held = false;
        self.released.notify_all();
    }

    /// The next call panics.
    pub(super) fn break_down(&self) {
        self.facts().is_broken = true;
    }

    pub(super) fn has(&self, item: impl CredentialApi + Send + Sync + 'static) {
        self.facts().item = Some(Arc::new(item));
    }

    pub(super) fn looks(&self) -> u32 {
        self.facts().looks
    }

    pub(super) fn prompts(&self) -> u32 {
        self.facts().prompts
    }

    /// What the item holds, past the key store.
    pub(super) fn content(&self) -> Option<String> {
        let item = self.store.build(KEYCHAIN_SERVICE, "openrouter", None).unwrap();
        item.get_password().ok()
    }

    pub(super) fn put(&self, content: &str) {
        self.store.build(KEYCHAIN_SERVICE, "openrouter", None).unwrap().set_password(content).unwrap();
    }

    fn facts(&self) -> std::sync::MutexGuard<'_, Facts> {
        self.facts.lock().unwrap()
    }

    fn wait_until_released(&self) {
        let facts = self.facts();
        drop(self.released.wait_while(facts, |facts| facts.is_held).unwrap());
    }
}

impl Keychain for Arc<Fake> {
    fn look(&self, _limit: Duration) -> Result<Standing, KeyFault> {
        self.facts().looks += 1;
        assert!(!std::mem::take(&mut self.facts().is_broken), "a library breaks down, as the test wants");
        let standing = self.facts().standing.clone();
        if standing != Ok(Standing::Locked) {
            self.wait_until_released();
        }
        standing
    }

    fn unlock(&self) -> Result<(), KeyFault> {
        self.facts().prompts += 1;
        self.wait_until_released();
        let answer = self.facts().unlocked.clone();
        if answer.is_ok() {
            self.stands(Ok(Standing::Open));
        }
        answer
    }

    fn item(&self) -> Result<Entry, KeyFault> {
        match self.facts().item.clone() {
            Some(item) => Ok(Entry::new_with_credential(item)),
            None => Ok(self.store.build(KEYCHAIN_SERVICE, "openrouter", None).unwrap()),
        }
    }
}

// === impl Bench ===

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(None, Origin::default(), LONG, LONG)
    }

    /// With `OPENROUTER_API_KEY` set, for that host, with that time for each call and between questions.
    pub(super) fn with(variable: Option<&str>, origin: Origin, limit: Duration, pause: Duration) -> Self {
        let facts = Facts {
            standing: Ok(Standing::Open),
            unlocked: Ok(()),
            item: None,
            is_held: false,
            is_broken: false,
            looks: 0,
            prompts: 0,
        };
        let fake =
            Fake { store: mock::Store::new().unwrap(), facts: Mutex::new(facts), released: Condvar::new() };
        let fake = Arc::new(fake);
        let places = Places::of(|name| variable.filter(|_| name == KEY_VARIABLE).map(Into::into));
        let limits = Limits { quiet: limit, asking: limit, between_prompts: pause };
        let keys = KeyStore::with(origin, places, Box::new(Arc::clone(&fake)), limits);
        Self { fake, keys }
    }

    /// The key that would be sent.
    pub(super) fn key(&self) -> Option<String> {
        self.keys.key().map(|key| key.expose().to_owned())
    }
}

/// An item that takes every write and always gives the same.
#[derive(Debug)]
pub(super) struct Shadow(pub(super) &'static str);

impl CredentialApi for Shadow {
    fn set_secret(&self, _secret: &[u8]) -> keyring_core::Result<()> {
        Ok(())
    }

    fn get_secret(&self) -> keyring_core::Result<Vec<u8>> {
        Ok(self.0.as_bytes().to_vec())
    }

    fn delete_credential(&self) -> keyring_core::Result<()> {
        Ok(())
    }

    fn get_credential(&self) -> keyring_core::Result<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        None
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn debug_fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

/// An item of which there are several.
#[derive(Debug)]
pub(super) struct Twins;

impl CredentialApi for Twins {
    fn set_secret(&self, _secret: &[u8]) -> keyring_core::Result<()> {
        Err(twins())
    }

    fn get_secret(&self) -> keyring_core::Result<Vec<u8>> {
        Err(twins())
    }

    fn delete_credential(&self) -> keyring_core::Result<()> {
        Err(twins())
    }

    fn get_credential(&self) -> keyring_core::Result<Option<Arc<Credential>>> {
        Err(twins())
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        None
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn debug_fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

fn twins() -> Error {
    Error::Ambiguous([Shadow("a"), Shadow("b")].map(|item| Entry::new_with_credential(Arc::new(item))).into())
}
