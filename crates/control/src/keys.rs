//! The OpenRouter key: what is known of it, and its way to the data plane.
//!
//! A keychain can be locked, hang, or wait for its user. None of it holds the service up: it starts without a key,
//! says why, and looks again.

mod change;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use turnpike_api::command::{KeyReport, KeySource, KeyState};
use turnpike_api::{ApiError, ErrorCode, Event, SecretText};
use turnpike_proxy::KeyStanding;
use turnpike_settings::keys::{KeyReading, KeySource as Place, KeyState as Seen};
use turnpike_settings::{BaseUrl, DataDir, KeyStore, Secret};
use turnpike_upstream::{AccountError, Upstream};

use crate::core::Core;
use change::Former;
pub(crate) use change::{apply, clear, set, undo};

/// How long the start waits for the keychain; after that it goes on and the key follows.
const START_PATIENCE: Duration = Duration::from_millis(250);
/// How long until one looks again, where there is a key and where there is none.
const PERIOD: Duration = Duration::from_secs(60);
const PERIOD_WITHOUT: Duration = Duration::from_secs(5);
/// How long the upstream may take to judge a key.
const CHECK_DEADLINE: Duration = Duration::from_secs(10);

/// What is known of a keychain that has not answered since the start.
const NOT_YET: &str = "the keychain has not answered yet; it is asked again";
/// What to do about a key that is refused.
const REMEDY_REFUSED: &str = "get another with `turnpike login`, or set one with `turnpike key set` (openrouter.ai/settings/keys makes one)";

/// Where the OpenRouter key comes from.
#[derive(Debug)]
pub enum KeyChoice {
    /// Environment, file or keychain, as the user has it.
    Users,
    /// This one, which is not the user's: for the demo and for tests. No keychain is touched.
    Fixed(Secret),
}

/// The key, and what is known of it.
#[derive(Debug)]
pub struct Keys {
    store: Store,
    report: Mutex<KeyReport>,
    /// The key that the upstream has refused last, while it has not taken it since.
    refused: Mutex<Option<Secret>>,
    former: Former,
}

#[derive(Debug)]
enum Store {
    Users(KeyStore),
    Fixed(Secret),
}

// === impl Keys ===

impl Keys {
    /// Looks for the key, for a quarter of a second at most; a slow keychain is looked at again later.
    pub async fn open(choice: &KeyChoice, data_dir: &DataDir, base_url: &BaseUrl) -> Self {
        let (store, report) = match choice {
            KeyChoice::Fixed(key) => (Store::Fixed(key.clone()), fixed(key)),
            KeyChoice::Users => {
                let store = KeyStore::open(data_dir, base_url.origin());
                let report = match tokio::time::timeout(START_PATIENCE, store.load()).await {
                    Ok(reading) => report(&store, &reading),
                    Err(_) => not_yet(),
                };
                (Store::Users(store), report)
            }
        };
        Self { store, report: Mutex::new(report), refused: Mutex::default(), former: Former::default() }
    }

    /// What was seen last.
    #[must_use]
    pub fn report(&self) -> KeyReport {
        let seen = self.report.lock().unwrap_or_else(PoisonError::into_inner).clone();
        KeyReport { undo: self.former.number(Instant::now()), ..seen }
    }

    /// The key in use.
    #[must_use]
    pub fn key(&self) -> Option<Secret> {
        match &self.store {
            Store::Users(store) => store.key(),
            Store::Fixed(key) => Some(key.clone()),
        }
    }

    /// What was seen last; where the keychain has not answered at all yet, its answer, for at most five seconds.
    pub(crate) async fn answered(&self) -> KeyReport {
        let seen = self.report();
        if seen.message == NOT_YET { self.look().await } else { seen }
    }

    /// Looks again, for at most five seconds. Never makes a keychain ask its user.
    pub async fn look(&self) -> KeyReport {
        match &self.store {
            Store::Users(store) => {
                let reading = store.load().await;
                self.note(report(store, &reading));
            }
            Store::Fixed(key) => self.note(fixed(key)),
        }
        self.report()
    }

    /// Looks again, and asks the upstream whether it takes the key.
    ///
    /// # Errors
    /// [`ErrorCode::Unavailable`] when the upstream cannot be asked.
    pub async fn check(&self, upstream: &Upstream) -> Result<KeyReport, ApiError> {
        let mut seen = self.look().await;
        let Some(key) = self.key() else { return Ok(seen) };
        let unavailable = |why: &dyn std::fmt::Display| {
            let message = format!("whether {} takes the key is not known: {why}", upstream.base_url());
            ApiError::new(ErrorCode::Unavailable, message)
        };
        match tokio::time::timeout(CHECK_DEADLINE, upstream.key(key.expose())).await {
            Ok(Ok(_)) => {
                if self.judged(false) {
                    seen = self.look().await;
                }
                seen.message = format!("{}, and {} takes it", seen.message, upstream.base_url());
            }
            Ok(Err(AccountError::Refused { status: 401 | 403, message })) => {
                self.judged(true);
                seen.state = KeyState::Refused;
                seen.message = format!(
                    "{} refuses the key ({message}): set another with `turnpike key set`; \
                     openrouter.ai/settings/keys makes one",
                    upstream.base_url()
                );
            }
            Ok(Err(error)) => return Err(unavailable(&error)),
            Err(_) => return Err(unavailable(&"it did not answer in time")),
        }
        Ok(seen)
    }

    /// Looks whether a key that is got now could be kept, and would be used.
    ///
    /// # Errors
    /// [`ErrorCode::Key`]: why not, and what to do.
    pub(crate) async fn can_keep(&self) -> Result<(), ApiError> {
        self.users_store()?;
        let seen = self.look().await;
        let message = match (seen.source, seen.state) {
            (Some(KeySource::Environment | KeySource::File), _) => {
                "the service has its key from its environment, which comes before the keychain: remove \
                 OPENROUTER_API_KEY and OPENROUTER_API_KEY_FILE there and start it again, or keep that key"
                    .to_owned()
            }
            (_, KeyState::Unavailable) => seen.message,
            _ => return Ok(()),
        };
        Err(ApiError::new(ErrorCode::Key, message))
    }

    /// Keeps a key in the keychain. The keychain may ask its user, for thirty seconds at most.
    ///
    /// # Errors
    /// [`ErrorCode::Key`]; the key in use stays.
    pub async fn set(&self, key: &SecretText) -> Result<KeyReport, ApiError> {
        let store = self.users_store()?;
        let before = in_keychain(store);
        let reading = store.set(key.expose()).await.map_err(|error| key_error(&error))?;
        Ok(self.changed(before, report(store, &reading)))
    }

    /// Removes the key from the keychain.
    ///
    /// # Errors
    /// [`ErrorCode::Key`]; the key in use stays.
    pub async fn clear(&self) -> Result<KeyReport, ApiError> {
        let store = self.users_store()?;
        let before = in_keychain(store);
        let reading = store.clear().await.map_err(|error| key_error(&error))?;
        Ok(self.changed(before, report(store, &reading)))
    }

    /// Puts back what there was before that change, if it is the last one and not older than a minute.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`] when that cannot be done any more; [`ErrorCode::Key`] when the keychain refuses.
    pub async fn undo(&self, change: u64) -> Result<KeyReport, ApiError> {
        let store = self.users_store()?;
        let before = self.former.before(change, Instant::now()).ok_or_else(change::too_late)?;
        let reading = match before {
            Some(key) => store.set(key.expose()).await,
            None => store.clear().await,
        };
        // What is taken back stays taken back.
        Ok(self.changed(None, report(store, &reading.map_err(|error| key_error(&error))?)))
    }

    fn changed(&self, before: Option<Option<Secret>>, report: KeyReport) -> KeyReport {
        self.former.note(before, Instant::now());
        self.note(report);
        self.report()
    }

    /// What the data plane is told.
    pub(crate) fn standing(&self) -> KeyStanding {
        let hangs = matches!(&self.store, Store::Users(store) if matches!(store.state(), Seen::Hanging));
        self.key().map_or_else(|| without_a_key(&self.report(), hangs), KeyStanding::Ready)
    }

    fn users_store(&self) -> Result<&KeyStore, ApiError> {
        match &self.store {
            Store::Users(store) => Ok(store),
            Store::Fixed(_) => {
                let message = "the demo keeps no key: end it, and run `turnpike key set` without --data-dir";
                Err(ApiError::new(ErrorCode::Key, message))
            }
        }
    }

    /// Notes whether the upstream takes the key in use; whether that is news.
    fn judged(&self, is_refused: bool) -> bool {
        let key = self.key().filter(|_| is_refused);
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let same = match (&*refused, &key) {
            (Some(before), Some(now)) => before.matches(now.expose().as_bytes()),
            (None, None) => true,
            _ => false,
        };
        *refused = key;
        !same
    }

    /// Keeps what was seen. A key that is there but refused is not ready.
    fn note(&self, mut report: KeyReport) {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is_refused = matches!((&refused, self.key()), (Some(refused), Some(key)) if refused.matches(key.expose().as_bytes()));
        if is_refused && report.state == KeyState::Ready {
            report.state = KeyState::Refused;
            report.message = format!(
                "OpenRouter refuses the key {}: {REMEDY_REFUSED}",
                report.masked.as_deref().unwrap_or("in use")
            );
        }
        *self.report.lock().unwrap_or_else(PoisonError::into_inner) = report;
    }
}

/// Looks again and again until the service ends: a keychain is unlocked, a file is written, an item is edited.
pub(crate) async fn watch(core: Arc<Core>) {
    let mut ending = core.ending();
    loop {
        let before = (core.keys.report(), core.keys.key().is_some());
        let period = match before {
            (_, true) => PERIOD,
            // Requests wait for its first answer.
            (KeyReport { ref message, .. }, false) if message == NOT_YET => Duration::ZERO,
            (_, false) => PERIOD_WITHOUT,
        };
        tokio::select! {
            () = tokio::time::sleep(period) => {}
            () = ending.wait() => return,
        }
        let report = core.keys.look().await;
        // Also when nothing seems to have changed: another key may have the same last four characters.
        core.proxy.set_key(core.keys.standing());
        // That a change cannot be taken back any more is no news.
        if report != (KeyReport { undo: report.undo, ..before.0 }) {
            tracing::info!(state = ?report.state, "{}", report.message);
            core.tell(Event::Key { key: report });
        }
    }
}

/// Takes in how the upstream has answered with the key in use: 401 refuses it, 200 takes it.
pub(crate) fn judge(core: &Arc<Core>, http_status: Option<u16>) {
    let is_refused = match http_status {
        Some(401) => true,
        Some(200) => false,
        _ => return,
    };
    if !core.keys.judged(is_refused) {
        return;
    }
    let core = Arc::clone(core);
    tokio::spawn(async move {
        let report = core.keys.look().await;
        tracing::info!(state = ?report.state, "{}", report.message);
        core.tell(Event::Key { key: report });
    });
}

fn report(store: &KeyStore, reading: &KeyReading) -> KeyReport {
    let key = store.key();
    let state = match (&reading.state, &key) {
        (_, Some(_)) | (Seen::Present { .. }, None) => KeyState::Ready,
        (Seen::Absent, None) => KeyState::Missing,
        (Seen::Locked(_) | Seen::Denied, None) => KeyState::Locked,
        (Seen::NoKeychain(_) | Seen::Hanging | Seen::Error(_), None) => KeyState::Unavailable,
    };
    let mut sentences = vec![reading.state.message()];
    if key.is_some() && !reading.state.is_present() {
        sentences.push("the key that was read before stays in use".to_owned());
    }
    sentences.extend(reading.warnings.iter().map(ToString::to_string));
    let source = store.source().map(|place| match place {
        Place::Environment => KeySource::Environment,
        Place::File => KeySource::File,
        Place::Keychain => KeySource::Keychain,
    });
    KeyReport {
        state,
        source,
        masked: key.as_ref().map(Secret::masked),
        message: sentences.join("; "),
        awaited: key.is_none() && reading.state == Seen::Hanging,
        undo: None,
    }
}

/// The key that the keychain holds; the outer `None` where that is not known.
fn in_keychain(store: &KeyStore) -> Option<Option<Secret>> {
    match (store.source(), store.key(), store.state()) {
        (Some(Place::Keychain), Some(key), _) => Some(Some(key)),
        (None, None, Seen::Absent) => Some(None),
        _ => None,
    }
}

fn fixed(key: &Secret) -> KeyReport {
    KeyReport {
        state: KeyState::Ready,
        source: Some(KeySource::Demo),
        masked: Some(key.masked()),
        message: "a made-up key, which costs nothing".to_owned(),
        awaited: false,
        undo: None,
    }
}

fn not_yet() -> KeyReport {
    KeyReport {
        state: KeyState::Unavailable,
        source: None,
        masked: None,
        message: NOT_YET.to_owned(),
        awaited: true,
        undo: None,
    }
}

/// What the data plane is told while there is no key to be read. `hangs`: the keychain is there, and gave no answer in time.
fn without_a_key(report: &KeyReport, hangs: bool) -> KeyStanding {
    let awaited = || {
        let reason = report.message.trim_end_matches('.');
        format!(
            "Turnpike cannot read its OpenRouter key yet ({reason}). It looks again every {} seconds; unlock the \
             keychain, or start the service with OPENROUTER_API_KEY.",
            PERIOD_WITHOUT.as_secs()
        )
    };
    if report.message == NOT_YET {
        return KeyStanding::Asked(awaited());
    }
    if report.state == KeyState::Locked || hangs {
        return KeyStanding::Awaited(awaited());
    }
    KeyStanding::Missing(for_clients(report))
}

/// What a client is told whose request finds no key.
fn for_clients(report: &KeyReport) -> String {
    const REMEDY: &str = "turnpike key set";
    let reason = report.message.trim_end_matches('.');
    if reason.contains(REMEDY) {
        return format!("Turnpike cannot send this on: {reason}.");
    }
    format!("Turnpike has no OpenRouter key to send this with ({reason}). Set one with: {REMEDY}")
}

fn key_error(error: &turnpike_settings::KeyError) -> ApiError {
    ApiError::new(ErrorCode::Key, error.to_string())
}

#[cfg(test)]
mod tests;
