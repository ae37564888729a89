//! The one place that keeps the key.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::api_key::ApiKey;
use super::error::{KeyError, KeyFault};
use super::known::Known;
use super::places::Places;
use super::platform;
use super::state::{KeyReading, KeySource, KeyState};
use super::worker::{Request, Wish, Work};
use crate::data_dir::DataDir;
use crate::origin::Origin;
use crate::secret::Secret;

/// How long one waits for a keychain, and how often it may ask the user.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// For what asks the user nothing.
    pub(super) quiet: Duration,
    /// For what may ask the user.
    pub(super) asking: Duration,
    /// From one question to the next.
    pub(super) between_prompts: Duration,
}

/// Keeps the key for one host, and looks after its places on a thread of its own. Clones share both.
///
/// Waiting needs a tokio runtime with its clock; no call blocks it.
#[derive(Clone)]
pub struct KeyStore(Arc<Desk>);

/// Where requests are handed in.
struct Desk {
    work: Arc<Work>,
    limits: Limits,
    /// To the thread; `None` until the first request starts it. The thread ends with it.
    requests: Mutex<Option<mpsc::Sender<Request>>>,
}

// === impl Limits ===

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { quiet: seconds(5), asking: seconds(30), between_prompts: seconds(300) }
    }
}

// === impl KeyStore ===

impl KeyStore {
    /// The store of that data folder for that host. The environment is read now; file and keychain are not
    /// touched before [`load`](Self::load).
    #[must_use]
    pub fn open(data_dir: &DataDir, origin: Origin) -> Self {
        let keychain = platform::keychain(data_dir.keychain_account());
        Self::with(origin, Places::of_process(), keychain, Limits::default())
    }

    pub(super) fn with(
        origin: Origin,
        places: Places,
        keychain: Box<dyn platform::Keychain + Sync>,
        limits: Limits,
    ) -> Self {
        let between_prompts = limits.between_prompts;
        let work = Work { origin, places, keychain, between_prompts, known: Known::nothing() };
        Self(Arc::new(Desk { work: Arc::new(work), limits, requests: Mutex::default() }))
    }

    /// Looks for the key: environment, file, keychain, for at most five seconds. It never makes the keychain ask
    /// the user. A key that was found before stays in use while the keychain is locked, broken or hanging.
    pub async fn load(&self) -> KeyReading {
        let answer = self.ask(Wish::Load, self.0.limits.quiet).await;
        answer.unwrap_or_else(|error| without_warnings(error.into()))
    }

    /// As [`load`](Self::load), but a locked keychain may ask the user to unlock it, at most once in five
    /// minutes, and has 30 seconds. To be called only when a person has asked for it.
    pub async fn unlock(&self) -> KeyReading {
        let answer = self.ask(Wish::Unlock, self.0.limits.asking).await;
        answer.unwrap_or_else(|error| without_warnings(error.into()))
    }

    /// Puts a key, bound to this store's host, into the keychain, within 30 seconds, and reads it back. A locked
    /// keychain may ask the user, as with [`unlock`](Self::unlock).
    ///
    /// # Errors
    /// [`KeyError`] says why the keychain holds no new key, or that this is not known.
    pub async fn set(&self, key: &str) -> Result<KeyReading, KeyError> {
        let key = ApiKey::parse(key, self.origin().clone())?;
        self.ask(Wish::Set(key), self.0.limits.asking).await
    }

    /// Removes the key from the keychain, within 30 seconds. That there was none is no error.
    ///
    /// # Errors
    /// [`KeyError`] says why the keychain may still hold it.
    pub async fn clear(&self) -> Result<KeyReading, KeyError> {
        self.ask(Wish::Clear, self.0.limits.asking).await
    }

    /// The key, as last known. Never waits.
    #[must_use]
    pub fn key(&self) -> Option<Secret> {
        self.0.work.known.key()?.for_origin(self.origin()).cloned()
    }

    /// Where the key in use comes from, which is known even while that place is locked or hanging.
    #[must_use]
    pub fn source(&self) -> Option<KeySource> {
        self.0.work.known.source()
    }

    /// What is known of the key, as last seen. Never waits. A key may be in use although its place is locked or
    /// hanging meanwhile: then [`key`](Self::key) still gives it.
    #[must_use]
    pub fn state(&self) -> KeyState {
        self.0.work.known.reading().state
    }

    /// The host that the key is for.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.0.work.origin
    }

    /// Asks the thread and waits for at most `limit`. A keychain that hangs already is not waited for again.
    async fn ask(&self, wish: Wish, limit: Duration) -> Result<KeyReading, KeyError> {
        let known = &self.0.work.known;
        if let Some(fault) = known.obstacle() {
            return Err(fault.into());
        }
        let writing = matches!(wish, Wish::Set(_) | Wish::Clear);
        let findings = known.findings();
        let (reply, answer) = oneshot::channel();
        let request = Request { wish, deadline: Instant::now() + limit, reply };
        self.0.hand_in(request).map_err(|error| KeyFault::Other(error.to_string()))?;
        match tokio::time::timeout(limit, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(KeyFault::Other("a call of it broke down".to_owned()).into()),
            Err(_) => Err(known.give_up(findings, writing).into()),
        }
    }
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyStore").field("origin", self.origin()).field("state", &self.state()).finish()
    }
}

// === impl Desk ===

impl Desk {
    /// Hands a request to the thread, which is started when there is none or when a call has broken it.
    fn hand_in(&self, request: Request) -> io::Result<()> {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let request = match requests.as_ref() {
            Some(sender) => match sender.send(request) {
                Ok(()) => return Ok(()),
                Err(mpsc::SendError(request)) => request,
            },
            None => request,
        };
        let (sender, receiver) = mpsc::channel();
        let work = Arc::clone(&self.work);
        thread::Builder::new().name("keychain".to_owned()).spawn(move || work.serve(&receiver))?;
        // The thread has the other end.
        let _ = sender.send(request);
        *requests = Some(sender);
        Ok(())
    }
}

fn without_warnings(state: KeyState) -> KeyReading {
    KeyReading { state, warnings: Vec::new() }
}
