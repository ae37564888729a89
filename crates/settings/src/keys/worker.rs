//! What the keychain's thread does, one request after the other.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use keyring_core::{Entry, Error};
use subtle::ConstantTimeEq as _;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::api_key::ApiKey;
use super::error::{KeyError, KeyFault};
use super::known::Known;
use super::places::{Found, Places};
use super::platform::{self, Keychain, Standing};
use super::record;
use super::state::{KeyReading, KeySource, KeyWarning};
use crate::origin::Origin;

/// How long a look at the lock may take, per call.
const LOOK_LIMIT: Duration = Duration::from_secs(4);

/// Everything a key is looked for with; shared by the threads that serve it, of which there is one at a time.
pub(super) struct Work {
    pub(super) origin: Origin,
    pub(super) places: Places,
    pub(super) keychain: Box<dyn Keychain + Sync>,
    pub(super) between_prompts: Duration,
    pub(super) known: Known,
}

/// What is wanted.
#[derive(Debug)]
pub(super) enum Wish {
    /// The key, without asking the user anything.
    Load,
    /// The key; the user may be asked to unlock the keychain.
    Unlock,
    /// This key in the keychain.
    Set(ApiKey),
    /// No key in the keychain.
    Clear,
}

/// A wish, and who waits for it until when.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) wish: Wish,
    pub(super) deadline: Instant,
    pub(super) reply: oneshot::Sender<Result<KeyReading, KeyError>>,
}

// === impl Work ===

impl Work {
    /// Serves until nobody can ask any more. A request whose deadline has passed is not begun.
    pub(super) fn serve(&self, requests: &mpsc::Receiver<Request>) {
        while let Ok(Request { wish, deadline, reply }) = requests.recv() {
            if Instant::now() >= deadline {
                let _ = reply.send(Err(KeyFault::Hanging { writing: false }.into()));
                continue;
            }
            let busy = self.known.begin();
            let answer = match &wish {
                Wish::Load => Ok(self.load(false, deadline)),
                Wish::Unlock => Ok(self.load(true, deadline)),
                Wish::Set(key) => self.set(key, deadline).map_err(KeyError::from),
                Wish::Clear => self.clear(deadline).map_err(KeyError::from),
            };
            drop(busy);
            // Who asked may have stopped waiting; what was found out is known all the same.
            let _ = reply.send(answer);
        }
    }

    fn load(&self, may_ask: bool, deadline: Instant) -> KeyReading {
        let found = match self.places.find(&self.origin) {
            Ok(None) => self.read(may_ask, deadline),
            found => found,
        };
        self.known.learn(found)
    }

    fn read(&self, may_ask: bool, deadline: Instant) -> Result<Option<Found>, KeyFault> {
        match self.look(deadline)? {
            Standing::NoCollection => return Ok(None),
            Standing::Locked if !may_ask => return Err(KeyFault::Locked),
            Standing::Locked => self.unlock()?,
            Standing::Open => {}
        }
        let bytes = match self.keychain.item()?.get_secret() {
            Ok(bytes) => bytes,
            Err(Error::NoEntry) => return Ok(None),
            Err(error) => return Err(platform::fault(&error)),
        };
        let key = record::read(bytes)?;
        if *key.origin() != self.origin {
            let (stored_for, wanted) = (key.origin().clone(), self.origin.clone());
            return Err(KeyFault::OtherOrigin { stored_for, wanted });
        }
        Ok(Some(Found { key, source: KeySource::Keychain, warnings: Vec::new() }))
    }

    fn set(&self, key: &ApiKey, deadline: Instant) -> Result<KeyReading, KeyFault> {
        match self.look(deadline)? {
            Standing::NoCollection => return Err(KeyFault::NoCollection),
            standing => self.make_writable(standing, deadline)?,
        }
        let item = self.keychain.item()?;
        let record = record::write(key);
        item.set_secret(&record).map_err(|error| platform::fault(&error))?;
        let kept = match item.get_secret() {
            Ok(kept) => Zeroizing::new(kept),
            Err(Error::NoEntry) => return Err(KeyFault::NotKept),
            Err(error) => return Err(platform::fault(&error)),
        };
        if !bool::from(kept.as_slice().ct_eq(record.as_slice())) {
            return Err(KeyFault::NotKept);
        }
        let found = Found { key: key.clone(), source: KeySource::Keychain, warnings: Vec::new() };
        Ok(self.changed(Some(found)))
    }

    fn clear(&self, deadline: Instant) -> Result<KeyReading, KeyFault> {
        let standing = self.look(deadline)?;
        if standing != Standing::NoCollection {
            self.make_writable(standing, deadline)?;
            remove(&self.keychain.item()?)?;
        }
        Ok(self.changed(None))
    }

    /// What holds after a change of the keychain: the environment still comes first.
    fn changed(&self, in_keychain: Option<Found>) -> KeyReading {
        let found = match self.places.find(&self.origin) {
            Ok(None) => Ok(in_keychain),
            Ok(Some(mut found)) => {
                found.warnings.push(KeyWarning::Shadowed(found.source));
                Ok(Some(found))
            }
            Err(fault) => Err(fault),
        };
        self.known.learn(found)
    }

    fn look(&self, deadline: Instant) -> Result<Standing, KeyFault> {
        // Less than the whole time, so that a keychain that hangs is told here and the thread is free again.
        let left = deadline.saturating_duration_since(Instant::now());
        self.keychain.look(LOOK_LIMIT.min(left * 4 / 5))
    }

    /// Unlocks when that is needed. An answer after the deadline comes too late: the change was reported as not
    /// made.
    fn make_writable(&self, standing: Standing, deadline: Instant) -> Result<(), KeyFault> {
        if standing == Standing::Locked {
            self.unlock()?;
        }
        if Instant::now() >= deadline { Err(KeyFault::PromptOpen) } else { Ok(()) }
    }

    fn unlock(&self) -> Result<(), KeyFault> {
        self.known.ask_user(self.between_prompts)?;
        let answer = self.keychain.unlock();
        self.known.user_answered();
        answer
    }
}

/// Removes the item, or all of them where there are several, and makes sure that none is left.
fn remove(item: &Entry) -> Result<(), KeyFault> {
    let failed = |error: Error| platform::fault(&error);
    match item.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => {}
        Err(Error::Ambiguous(items)) => {
            items.iter().try_for_each(Entry::delete_credential).map_err(failed)?;
        }
        Err(error) => return Err(failed(error)),
    }
    match item.get_secret() {
        Err(Error::NoEntry) => Ok(()),
        Ok(left) => {
            drop(Zeroizing::new(left));
            Err(KeyFault::Other("the key is still in it".to_owned()))
        }
        Err(error) => Err(failed(error)),
    }
}
