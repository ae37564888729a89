//! What is known of the key at this moment, and what the keychain's thread is doing. Read without waiting.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::api_key::ApiKey;
use super::error::KeyFault;
use super::places::Found;
use super::state::{KeyReading, KeySource, KeyState, KeyWarning};
use crate::origin::Origin;

/// What is known of the key, shared between the keychain's thread and everybody who asks.
#[derive(Debug)]
pub(super) struct Known(Mutex<Facts>);

#[derive(Debug)]
struct Facts {
    key: Option<(ApiKey, KeySource)>,
    reading: KeyReading,
    /// How often the keychain's thread has found something out.
    findings: u64,
    activity: Activity,
    /// When the user was last asked to unlock the keychain.
    asked_user: Option<Instant>,
}

/// What the keychain's thread is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Activity {
    /// It waits for a request.
    Idle,
    /// It waits for the keychain.
    Working {
        /// Somebody has stopped waiting with it: the keychain hangs.
        given_up: bool,
    },
    /// It waits for the user.
    AskingUser,
}

/// While this lives the thread is at work; then it is idle, even after a panic.
#[derive(Debug)]
pub(super) struct Busy<'a>(&'a Known);

// === impl Known ===

impl Known {
    pub(super) fn nothing() -> Self {
        Self(Mutex::new(Facts {
            key: None,
            reading: KeyReading { state: KeyState::Absent, warnings: Vec::new() },
            findings: 0,
            activity: Activity::Idle,
            asked_user: None,
        }))
    }

    pub(super) fn key(&self) -> Option<ApiKey> {
        self.facts().key.as_ref().map(|(key, _)| key.clone())
    }

    pub(super) fn source(&self) -> Option<KeySource> {
        self.facts().key.as_ref().map(|(_, source)| *source)
    }

    pub(super) fn reading(&self) -> KeyReading {
        self.facts().reading.clone()
    }

    /// How often something was found out; for [`give_up`](Self::give_up).
    pub(super) fn findings(&self) -> u64 {
        self.facts().findings
    }

    /// Why it would be of no use to ask the keychain now.
    pub(super) fn obstacle(&self) -> Option<KeyFault> {
        match self.facts().activity {
            Activity::AskingUser => Some(KeyFault::PromptOpen),
            Activity::Working { given_up: true } => Some(KeyFault::Hanging { writing: false }),
            Activity::Working { given_up: false } | Activity::Idle => None,
        }
    }

    /// Notes that somebody who asked after `findings` has stopped waiting, and says what they waited for.
    pub(super) fn give_up(&self, findings: u64, writing: bool) -> KeyFault {
        let mut facts = self.facts();
        let fault = match &mut facts.activity {
            Activity::AskingUser => KeyFault::PromptOpen,
            Activity::Working { given_up } => {
                *given_up = true;
                KeyFault::Hanging { writing }
            }
            Activity::Idle => KeyFault::Hanging { writing },
        };
        if facts.findings == findings {
            facts.reading.state = fault.clone().into();
        }
        fault
    }

    /// Takes what the places have shown. A keychain that cannot be asked leaves the key in use that is known.
    pub(super) fn learn(&self, found: Result<Option<Found>, KeyFault>) -> KeyReading {
        let (key, reading) = match found {
            Ok(Some(Found { key, source, mut warnings })) => {
                if !key.has_usual_start() && *key.origin() == Origin::default() {
                    warnings.push(KeyWarning::UnusualStart);
                }
                let state = KeyState::Present { source, last4: key.last4().to_owned() };
                (Some((key, source)), KeyReading { state, warnings })
            }
            Ok(None) => (None, KeyReading { state: KeyState::Absent, warnings: Vec::new() }),
            Err(fault) => {
                let key = self.facts().key.take().filter(|_| fault.leaves_key_in_use());
                (key, KeyReading { state: fault.into(), warnings: Vec::new() })
            }
        };
        let mut facts = self.facts();
        facts.findings += 1;
        facts.key = key;
        facts.reading = reading.clone();
        reading
    }

    /// The keychain's thread begins to work.
    pub(super) fn begin(&self) -> Busy<'_> {
        self.facts().activity = Activity::Working { given_up: false };
        Busy(self)
    }

    /// Notes that the user is asked now.
    ///
    /// # Errors
    /// [`KeyFault::AskedAlready`] when that was done less than `pause` ago.
    pub(super) fn ask_user(&self, pause: Duration) -> Result<(), KeyFault> {
        let mut facts = self.facts();
        let again_in = facts.asked_user.and_then(|asked| pause.checked_sub(asked.elapsed()));
        if let Some(again_in) = again_in.filter(|again_in| !again_in.is_zero()) {
            return Err(KeyFault::AskedAlready { again_in });
        }
        facts.asked_user = Some(Instant::now());
        facts.activity = Activity::AskingUser;
        Ok(())
    }

    /// The user has answered.
    pub(super) fn user_answered(&self) {
        self.facts().activity = Activity::Working { given_up: false };
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.facts().activity = Activity::Idle;
    }
}
