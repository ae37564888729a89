//! The key store against a real Secret Service: GNOME Keyring on a private session bus.
//!
//! Each test starts itself again inside `dbus-run-session`, with an empty home. The packages needed are installed
//! by `scripts/install-debian-packages.sh`.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "these are tests: what they did not expect may stop them"
)]

mod keyring;
mod prompter;
mod session;

use std::time::{Duration, Instant};

use turnpike_settings::keys::{KeyError, KeyFault, KeySource, KeyState};
use turnpike_settings::{DataDir, KeyStore, Origin};

use crate::keyring::{Keyring, secret_tool};
use crate::prompter::{Manner, Prompter};
use crate::session::{Bus, inside};

const KEY: &str = "sk-or-v1-0123456789abcdef";
const OTHER_KEY: &str = "sk-or-v1-fedcba9876543210";
const ITEM: [&str; 4] = ["service", "turnpike", "username", "openrouter"];

/// The store of the user's own data folder.
fn keys() -> KeyStore {
    let dir = DataDir::open(&DataDir::default_path().unwrap()).unwrap();
    assert!(dir.is_default());
    KeyStore::open(&dir, Origin::default())
}

fn present(last4: &str) -> KeyState {
    KeyState::Present { source: KeySource::Keychain, last4: last4.to_owned() }
}

fn lookup() -> Option<String> {
    secret_tool(&["lookup", "service", "turnpike", "username", "openrouter"], "")
}

#[test]
fn a_key_is_set_shown_changed_in_place_and_cleared() {
    inside("a_key_is_set_shown_changed_in_place_and_cleared", Bus::Usual, async || {
        let keyring = Keyring::unlocked();
        let keys = keys();
        assert_eq!(keys.load().await.state, KeyState::Absent);
        for (key, last4) in [(KEY, "cdef"), (OTHER_KEY, "3210")] {
            assert_eq!(keys.set(key).await.unwrap().state, present(last4));
            assert_eq!(lookup().as_deref(), Some(key));
            assert_eq!(keyring.items(&ITEM).len(), 1);
            let another_process = self::keys();
            assert_eq!(another_process.load().await.state, present(last4));
            assert_eq!(another_process.key().unwrap().expose(), key);
        }
        assert_eq!(keys.clear().await.unwrap().state, KeyState::Absent);
        assert_eq!((lookup(), keyring.items(&ITEM).len()), (None, 0));
        assert_eq!(keys.load().await.state, KeyState::Absent);
    });
}

#[test]
fn a_key_that_was_put_there_by_hand_is_used_and_changed_in_place() {
    inside("a_key_that_was_put_there_by_hand_is_used_and_changed_in_place", Bus::Usual, async || {
        let keyring = Keyring::unlocked();
        let mut by_hand = vec!["store", "--label=by hand"];
        by_hand.extend(ITEM);
        assert!(secret_tool(&by_hand, KEY).is_some());
        let keys = keys();
        assert_eq!(keys.load().await.state, present("cdef"));
        keys.set(OTHER_KEY).await.unwrap();
        assert_eq!(lookup().as_deref(), Some(OTHER_KEY));
        assert_eq!(keyring.items(&ITEM).len(), 1);
    });
}

#[test]
fn two_keys_are_told_and_cleared_together() {
    inside("two_keys_are_told_and_cleared_together", Bus::Usual, async || {
        let keyring = Keyring::unlocked();
        for more in [["of", "one"], ["of", "two"]] {
            let mut by_hand = vec!["store", "--label=by hand"];
            by_hand.extend(ITEM);
            by_hand.extend(more);
            assert!(secret_tool(&by_hand, KEY).is_some());
        }
        let keys = keys();
        assert_eq!(keys.load().await.state, KeyState::Error(KeyFault::Several(2)));
        assert_eq!(keys.set(KEY).await, Err(KeyError::Fault(KeyFault::Several(2))));
        assert_eq!(keys.clear().await.unwrap().state, KeyState::Absent);
        assert!(keyring.items(&ITEM).is_empty());
    });
}

#[test]
fn folders_and_hosts_do_not_share_a_key() {
    inside("folders_and_hosts_do_not_share_a_key", Bus::Usual, async || {
        let _keyring = Keyring::unlocked();
        keys().set(KEY).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let other_folder = DataDir::open(folder.path()).unwrap();
        let other = KeyStore::open(&other_folder, Origin::default());
        assert_eq!(other.load().await.state, KeyState::Absent);

        let gateway = Origin::parse("https://gateway.example").unwrap();
        let for_gateway = KeyStore::open(&other_folder, gateway.clone());
        for_gateway.set(OTHER_KEY).await.unwrap();
        let account = other_folder.keychain_account();
        let kept = secret_tool(&["lookup", "service", "turnpike", "username", &account], "").unwrap();
        assert!(kept.contains(OTHER_KEY) && kept.contains("https://gateway.example"), "{kept}");
        assert_eq!(for_gateway.load().await.state, present("3210"));
        let refused = KeyFault::OtherOrigin { stored_for: gateway, wanted: Origin::default() };
        assert_eq!(other.load().await.state, KeyState::Error(refused));
        assert!(other.key().is_none());
        assert_eq!(lookup().as_deref(), Some(KEY));
    });
}

#[test]
fn a_locked_keyring_is_told_and_asks_only_for_a_change() {
    inside("a_locked_keyring_is_told_and_asks_only_for_a_change", Bus::Usual, async || {
        let prompter = Prompter::start(Manner::Refuses);
        let keyring = Keyring::unlocked();
        let keys = keys();
        keys.set(KEY).await.unwrap();
        keyring.lock();
        assert_eq!(keys.load().await.state, KeyState::Locked(KeyFault::Locked));
        assert_eq!(self::keys().load().await.state, KeyState::Locked(KeyFault::Locked));
        assert_eq!(keys.key().unwrap().expose(), KEY, "the known key serves on");
        assert_eq!(prompter.asked(), 0);

        assert_eq!(keys.set(OTHER_KEY).await, Err(KeyError::Fault(KeyFault::Denied)));
        assert_eq!(prompter.asked(), 1);
        let again = keys.set(OTHER_KEY).await.unwrap_err();
        assert!(matches!(again, KeyError::Fault(KeyFault::AskedAlready { .. })), "{again}");
        assert_eq!(prompter.asked(), 1);

        keyring.unlock();
        assert_eq!(keys.load().await.state, present("cdef"));
    });
}

#[test]
fn while_it_asks_nobody_waits_and_its_death_ends_the_question() {
    inside("while_it_asks_nobody_waits_and_its_death_ends_the_question", Bus::Usual, async || {
        let mut prompter = Prompter::start(Manner::LeavesOpen);
        let keyring = Keyring::unlocked();
        let keys = keys();
        keys.set(KEY).await.unwrap();
        keyring.lock();
        let question = tokio::spawn({
            let keys = keys.clone();
            async move { keys.unlock().await.state }
        });
        prompter.until_asked().await;
        let begun = Instant::now();
        assert_eq!(keys.load().await.state, KeyState::Locked(KeyFault::PromptOpen));
        assert!(begun.elapsed() < Duration::from_secs(1));
        assert_eq!(keys.key().unwrap().expose(), KEY);
        keyring.kill();
        let answer = question.await.unwrap();
        assert!(matches!(answer, KeyState::Error(KeyFault::Other(_))), "{answer:?}");
    });
}

#[test]
fn a_stopped_keyring_is_given_up_and_taken_back() {
    inside("a_stopped_keyring_is_given_up_and_taken_back", Bus::Usual, async || {
        let keyring = Keyring::unlocked();
        let keys = keys();
        keys.set(KEY).await.unwrap();
        keyring.signal("STOP");
        let begun = Instant::now();
        assert_eq!(keys.load().await.state, KeyState::Hanging);
        assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
        assert_eq!((keys.state(), keys.key().unwrap().expose()), (KeyState::Hanging, KEY));
        assert_eq!(keys.set(OTHER_KEY).await, Err(KeyError::Fault(KeyFault::Hanging { writing: false })));
        keyring.signal("CONT");
        assert_eq!(keys.load().await.state, present("cdef"));
    });
}

#[test]
fn a_keyring_without_a_collection_says_so() {
    inside("a_keyring_without_a_collection_says_so", Bus::Usual, async || {
        let prompter = Prompter::start(Manner::Refuses);
        let _keyring = Keyring::fresh();
        let keys = keys();
        assert_eq!(keys.load().await.state, KeyState::Absent);
        assert_eq!(keys.set(KEY).await, Err(KeyError::Fault(KeyFault::NoCollection)));
        assert_eq!(prompter.asked(), 0);
    });
}

#[test]
fn without_a_bus_there_is_no_keychain() {
    for bus in [Bus::Missing, Bus::Unset] {
        inside("without_a_bus_there_is_no_keychain", bus, async || {
            let keys = keys();
            let state = keys.load().await.state;
            assert!(matches!(state, KeyState::NoKeychain(_)), "{state:?}");
            assert!(state.message().contains("OPENROUTER_API_KEY_FILE"), "{}", state.message());
            let refused = keys.set(KEY).await.unwrap_err();
            assert!(matches!(refused, KeyError::Fault(KeyFault::NoKeychain { .. })), "{refused}");
        });
    }
}

#[test]
fn a_keychain_that_comes_later_is_found() {
    inside("a_keychain_that_comes_later_is_found", Bus::Empty, async || {
        let keys = keys();
        let state = keys.load().await.state;
        assert!(matches!(state, KeyState::NoKeychain(_)), "{state:?}");
        let keyring = Keyring::unlocked();
        keys.set(KEY).await.unwrap();
        keyring.kill();
        let state = keys.load().await.state;
        assert!(matches!(state, KeyState::NoKeychain(_)), "{state:?}");
        assert_eq!(keys.key().unwrap().expose(), KEY);
        let _keyring = Keyring::unlocked();
        assert_eq!(keys.load().await.state, present("cdef"));
    });
}
