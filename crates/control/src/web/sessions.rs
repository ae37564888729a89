//! Sessions of browsers. They outlive a restart of the service: hashed, in a file of the owner alone.
//!
//! A session has one cookie and a token for each tab that logged in with that cookie, so that a second tab does not
//! throw the first one out.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use turnpike_api::proof::{NoRandom, random_hex};
use turnpike_settings::{Secret, atomic};

/// Random bytes in each half.
const HALF_BYTES: usize = 32;
/// How long a session lasts, in seconds: a week.
const LIFE: u64 = 7 * 24 * 60 * 60;
/// Sessions that are kept; the oldest goes.
const MOST_SESSIONS: usize = 16;
/// Tabs of one session; the oldest goes.
const MOST_TABS: usize = 16;

/// Both halves of a session, as the browser gets them.
#[derive(Debug)]
pub(crate) struct Halves {
    /// For the cookie.
    pub(crate) cookie: String,
    /// For the header.
    pub(crate) token: String,
}

/// The sessions there are.
#[derive(Debug)]
pub(super) struct Sessions {
    path: PathBuf,
    list: Mutex<Vec<Session>>,
}

/// One session. Each half is kept as its SHA-256: whoever reads the file cannot log in with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Session {
    cookie: String,
    tokens: Vec<String>,
    /// Unix seconds.
    expires: u64,
}

// === impl Sessions ===

impl Sessions {
    /// What the file keeps. A file that others may have written, or that is damaged, keeps nothing.
    pub(super) fn load(path: PathBuf) -> Self {
        let list = match std::fs::read(&path) {
            Ok(text) if is_private(&path) => serde_json::from_slice(&text).unwrap_or_else(|error| {
                tracing::warn!(%error, path = %path.display(), "browsers have to log in again: the file is damaged");
                Vec::new()
            }),
            Ok(_) => {
                tracing::warn!(path = %path.display(), "browsers have to log in again: others may have written the file");
                Vec::new()
            }
            // None was kept.
            Err(_) => Vec::new(),
        };
        Self { path, list: Mutex::new(list) }
    }

    /// A session for a browser that was let in; a further tab of one that is known by its cookie.
    pub(super) fn begin(&self, known: Option<&str>) -> Result<Halves, NoRandom> {
        self.begin_at(known, now())
    }

    /// Whether both are halves of one session that has not expired.
    pub(super) fn admits(&self, cookie: &str, token: &str) -> bool {
        self.admits_at(cookie, token, now())
    }

    /// Ends the session of that cookie.
    pub(super) fn end(&self, cookie: &str) {
        let cookie = hash(cookie);
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.retain(|session| session.cookie != cookie);
        self.keep(&list);
    }

    fn begin_at(&self, known: Option<&str>, now: u64) -> Result<Halves, NoRandom> {
        let token = random_hex::<HALF_BYTES>()?;
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.retain(|session| now < session.expires);
        let known = known.and_then(|cookie| {
            let hashed = hash(cookie);
            list.iter_mut()
                .find(|session| session.cookie == hashed)
                .map(|session| (cookie.to_owned(), session))
        });
        let cookie = if let Some((cookie, session)) = known {
            if session.tokens.len() >= MOST_TABS {
                session.tokens.remove(0);
            }
            session.tokens.push(hash(&token));
            session.expires = now + LIFE;
            cookie
        } else {
            let cookie = random_hex::<HALF_BYTES>()?;
            if list.len() >= MOST_SESSIONS {
                list.remove(0);
            }
            list.push(Session { cookie: hash(&cookie), tokens: vec![hash(&token)], expires: now + LIFE });
            cookie
        };
        self.keep(&list);
        Ok(Halves { cookie, token })
    }

    fn admits_at(&self, cookie: &str, token: &str, now: u64) -> bool {
        let (cookie, token) = (hash(cookie), hash(token));
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |kept: &str, shown: &str| Secret::new(kept.to_owned()).matches(shown.as_bytes());
        list.iter().any(|session| {
            now < session.expires
                && same(&session.cookie, &cookie)
                && session.tokens.iter().any(|kept| same(kept, &token))
        })
    }

    fn keep(&self, list: &[Session]) {
        let written = serde_json::to_vec(list).map_err(std::io::Error::from);
        if let Err(error) = written.and_then(|text| atomic::write(&self.path, &text)) {
            tracing::warn!(%error, path = %self.path.display(), "browsers have to log in again after a restart");
        }
    }
}

fn hash(half: &str) -> String {
    Sha256::digest(half.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(unix)]
fn is_private(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 == 0)
}

/// Windows keeps it private by its folder.
#[cfg(not(unix))]
fn is_private(_: &std::path::Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions() -> (tempfile::TempDir, Sessions) {
        let dir = tempfile::tempdir().unwrap();
        let sessions = Sessions::load(dir.path().join("sessions.json"));
        (dir, sessions)
    }

    #[test]
    fn both_halves_of_one_session_are_needed() {
        let (_dir, sessions) = sessions();
        let one = sessions.begin_at(None, 0).unwrap();
        let two = sessions.begin_at(None, 0).unwrap();
        let rows = [
            ("both", one.cookie.as_str(), one.token.as_str(), true),
            ("halves of two sessions", &one.cookie, &two.token, false),
            ("swapped", &one.token, &one.cookie, false),
            ("the cookie twice", &one.cookie, &one.cookie, false),
            ("no token", &one.cookie, "", false),
            ("no cookie", "", &one.token, false),
            ("what stands in the file", &hash(&one.cookie), &hash(&one.token), false),
        ];
        for (name, cookie, token, is_let_in) in rows {
            assert_eq!(sessions.admits_at(cookie, token, 1), is_let_in, "{name}");
        }
        assert!(sessions.admits_at(&one.cookie, &one.token, LIFE - 1));
        assert!(!sessions.admits_at(&one.cookie, &one.token, LIFE), "expired");
    }

    #[test]
    fn a_further_tab_leaves_the_first_one_in() {
        let (_dir, sessions) = sessions();
        let first = sessions.begin_at(None, 0).unwrap();
        let second = sessions.begin_at(Some(&first.cookie), 5).unwrap();
        assert_eq!(first.cookie, second.cookie);
        assert!(sessions.admits_at(&first.cookie, &first.token, 6));
        assert!(sessions.admits_at(&first.cookie, &second.token, 6));
        let made_up = sessions.begin_at(Some("chosen by somebody"), 5).unwrap();
        assert_ne!(made_up.cookie, "chosen by somebody", "a cookie that is not ours is not taken over");
        sessions.end(&first.cookie);
        assert!(!sessions.admits_at(&first.cookie, &second.token, 6));
    }

    #[test]
    fn they_outlive_a_restart_hashed_and_bounded() {
        let (dir, sessions) = sessions();
        let path = dir.path().join("sessions.json");
        let begun: Vec<Halves> = (0..=MOST_SESSIONS).map(|_| sessions.begin_at(None, 0).unwrap()).collect();
        let again = Sessions::load(path.clone());
        let admits = |halves: &Halves| again.admits_at(&halves.cookie, &halves.token, 1);
        assert!(!admits(&begun[0]), "the oldest went");
        assert!(begun[1..].iter().all(admits));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(begun.iter().all(|halves| !text.contains(&halves.cookie) && !text.contains(&halves.token)));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_could_write_lets_nobody_in() {
        use std::os::unix::fs::PermissionsExt as _;
        let (dir, sessions) = sessions();
        let path = dir.path().join("sessions.json");
        let halves = sessions.begin_at(None, 0).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o660)).unwrap();
        assert!(!Sessions::load(path.clone()).admits_at(&halves.cookie, &halves.token, 1));
        std::fs::write(&path, "{").unwrap();
        assert!(!Sessions::load(path).admits_at(&halves.cookie, &halves.token, 1), "damaged");
    }
}
