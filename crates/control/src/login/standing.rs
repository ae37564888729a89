//! How the one login stands: at most one waits, for ten minutes, and its state is good for one answer.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use turnpike_api::command::{LoginReply, LoginState};
use turnpike_settings::Secret;

/// How long a login waits; OpenRouter's codes live as long.
pub(crate) const LIFE: Duration = Duration::from_secs(600);

/// The one login of this service.
#[derive(Debug, Default)]
pub(crate) struct Login {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    standing: Standing,
    begun: u64,
}

#[derive(Debug, Default)]
enum Standing {
    #[default]
    None,
    Waiting(Pending),
    Working,
    Over(LoginReply),
}

/// A login that waits for its answer.
#[derive(Debug)]
pub(crate) struct Pending {
    /// Random; the browser brings it back. `None`: it does not come back, a person brings the code.
    pub(crate) state: Option<Secret>,
    /// What the code is exchanged with.
    pub(crate) verifier: Secret,
    /// The page that asks.
    pub(crate) url: String,
    /// A file that leads there, to be removed.
    pub(crate) redirect_file: Option<PathBuf>,
    /// Until when it waits.
    pub(crate) until: Timestamp,
}

/// Why an answer does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Misfit {
    /// No login waits.
    #[error(
        "no login waits for this: it was answered already, given up, or is older than ten minutes. Begin again in \
         Turnpike, or with `turnpike login`"
    )]
    NoneWaits,
    /// It answers another login.
    #[error(
        "this answers another login than the one that waits: use the newest link, or begin again with `turnpike login`"
    )]
    Another,
}

// === impl Login ===

impl Login {
    /// Lets a login wait; its number tells it from later ones. `None` while another one is being finished. The one that
    /// waited until now comes back, for its file to be removed.
    pub(super) fn begin(&self, pending: Pending) -> Option<(u64, Option<Pending>)> {
        let mut inner = self.lock();
        if matches!(inner.standing, Standing::Working) {
            return None;
        }
        inner.begun += 1;
        let number = inner.begun;
        match std::mem::replace(&mut inner.standing, Standing::Waiting(pending)) {
            Standing::Waiting(before) => Some((number, Some(before))),
            _ => Some((number, None)),
        }
    }

    /// The login that waits, for whoever shows its state, or for a person who shows none. It waits no longer.
    pub(super) fn take(&self, state: Option<&str>, now: Timestamp) -> Result<Pending, Misfit> {
        let mut inner = self.lock();
        let Standing::Waiting(pending) = &inner.standing else { return Err(Misfit::NoneWaits) };
        if now >= pending.until {
            return Err(Misfit::NoneWaits);
        }
        let is_its_own = match (state, &pending.state) {
            (None, _) => true,
            (Some(shown), Some(state)) => state.matches(shown.as_bytes()),
            (Some(_), None) => false,
        };
        if !is_its_own {
            return Err(Misfit::Another);
        }
        match std::mem::replace(&mut inner.standing, Standing::Working) {
            Standing::Waiting(pending) => Ok(pending),
            other => {
                inner.standing = other;
                Err(Misfit::NoneWaits)
            }
        }
    }

    /// Ends the login of that number, if it still waits, for nobody has answered.
    pub(super) fn expire(&self, number: u64) -> Option<Pending> {
        let mut inner = self.lock();
        if inner.begun != number || !matches!(inner.standing, Standing::Waiting(_)) {
            return None;
        }
        let message = "nobody answered the login within ten minutes: begin again with `turnpike login`";
        let over = Standing::Over(failed(message.to_owned()));
        match std::mem::replace(&mut inner.standing, over) {
            Standing::Waiting(pending) => Some(pending),
            _ => None,
        }
    }

    /// Gives up the login that waits.
    pub(super) fn cancel(&self) -> Option<Pending> {
        let mut inner = self.lock();
        if matches!(inner.standing, Standing::Working) {
            return None;
        }
        match std::mem::take(&mut inner.standing) {
            Standing::Waiting(pending) => Some(pending),
            _ => None,
        }
    }

    /// Says how the login has ended.
    pub(super) fn end(&self, reply: LoginReply) {
        self.lock().standing = Standing::Over(reply);
    }

    /// How it stands.
    pub(crate) fn reply(&self) -> LoginReply {
        match &self.lock().standing {
            Standing::None => reply(LoginState::None, "no login was begun".to_owned()),
            Standing::Working => {
                let message = "OpenRouter is asked for the key, and the keychain to keep it".to_owned();
                reply(LoginState::Working, message)
            }
            Standing::Over(reply) => reply.clone(),
            Standing::Waiting(pending) => LoginReply {
                url: Some(pending.url.clone()),
                until: Some(pending.until.as_second()),
                ..reply(LoginState::Waiting, WAITING.to_owned())
            },
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const WAITING: &str = "open the link and say yes to OpenRouter; the login waits for ten minutes";

/// A login that failed for that reason.
pub(super) fn failed(message: String) -> LoginReply {
    reply(LoginState::Failed, message)
}

pub(super) fn reply(state: LoginState, message: String) -> LoginReply {
    LoginReply { state, url: None, redirect_file: None, until: None, masked: None, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn pending(state: Option<&str>) -> Pending {
        Pending {
            state: state.map(|state| Secret::new(state.to_owned())),
            verifier: Secret::new("verifier".to_owned()),
            url: "https://openrouter.ai/auth".to_owned(),
            redirect_file: None,
            until: at(600),
        }
    }

    #[test]
    fn only_its_own_state_takes_a_login_and_only_once_and_in_time() {
        type Case = (&'static str, Option<&'static str>, Option<&'static str>, i64, Option<Misfit>);
        let rows: [Case; 8] = [
            ("its own", Some("right"), Some("right"), 0, None),
            ("just in time", Some("right"), Some("right"), 599, None),
            ("too late", Some("right"), Some("right"), 600, Some(Misfit::NoneWaits)),
            ("another", Some("right"), Some("wrong"), 0, Some(Misfit::Another)),
            ("longer", Some("right"), Some("right "), 0, Some(Misfit::Another)),
            ("empty", Some("right"), Some(""), 0, Some(Misfit::Another)),
            ("a callback that was not asked for", None, Some("right"), 0, Some(Misfit::Another)),
            ("a person, who has none", Some("right"), None, 0, None),
        ];
        for (name, state, shown, now, misfit) in rows {
            let login = Login::default();
            assert_eq!(login.take(shown, at(now)).err(), Some(Misfit::NoneWaits), "{name}: before");
            login.begin(pending(state)).unwrap();
            assert_eq!(login.take(shown, at(now)).err(), misfit, "{name}");
            let after = login.take(state, at(0)).err();
            let expected = if misfit.is_none() { Some(Misfit::NoneWaits) } else { None };
            assert_eq!(after, expected, "{name}: the right one afterwards");
        }
    }

    #[test]
    fn one_waits_at_a_time_and_the_newest_counts() {
        let login = Login::default();
        let (first, none) = login.begin(pending(Some("first"))).unwrap();
        assert!(none.is_none());
        let (second, before) = login.begin(pending(Some("second"))).unwrap();
        assert_eq!(before.unwrap().state.unwrap().expose(), "first");
        assert_eq!(login.take(Some("first"), at(0)).err(), Some(Misfit::Another));
        assert!(login.expire(first).is_none(), "the end of the first leaves the second alone");
        assert_eq!(login.reply().state, LoginState::Waiting);
        assert!(login.expire(second).is_some() && login.expire(second).is_none());
        assert_eq!(login.reply().state, LoginState::Failed);
        assert!(login.reply().message.contains("ten minutes"));
    }

    #[test]
    fn what_is_being_finished_is_not_disturbed() {
        let login = Login::default();
        let (number, _) = login.begin(pending(Some("right"))).unwrap();
        login.take(Some("right"), at(0)).unwrap();
        assert!(login.begin(pending(Some("other"))).is_none());
        assert!(login.cancel().is_none() && login.expire(number).is_none());
        assert_eq!(login.reply().state, LoginState::Working);
        login.end(failed("it broke".to_owned()));
        assert_eq!((login.reply().state, &*login.reply().message), (LoginState::Failed, "it broke"));
        login.begin(pending(None)).unwrap();
        assert!(login.cancel().is_some());
        assert_eq!(login.reply().state, LoginState::None);
    }
}
