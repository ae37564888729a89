//! The key store against a keychain in memory. The real Secret Service has tests of its own.

mod fake;

use std::time::{Duration, Instant};

use self::fake::{Bench, LONG, SHORT, Shadow, Twins};
use super::error::{KeyError, KeyFault};
use super::platform::Standing;
use super::state::{KeyReading, KeySource, KeyState, KeyWarning};
use super::store::Limits;
use crate::origin::Origin;

const KEY: &str = "sk-or-v1-0123456789abcdef";
const OTHER_KEY: &str = "sk-or-v1-fedcba9876543210";

fn present(source: KeySource, last4: &str) -> KeyState {
    KeyState::Present { source, last4: last4.to_owned() }
}

fn without_warnings(state: KeyState) -> KeyReading {
    KeyReading { state, warnings: Vec::new() }
}

fn gateway() -> Origin {
    Origin::parse("https://gateway.example").unwrap()
}

#[tokio::test]
async fn a_key_that_is_set_is_used_at_once_and_found_again() {
    let bench = Bench::new();
    assert_eq!(bench.keys.load().await, without_warnings(KeyState::Absent));
    assert_eq!(bench.key(), None);

    let expected = without_warnings(present(KeySource::Keychain, "cdef"));
    assert_eq!(bench.keys.set(&format!(" {KEY}\n")).await, Ok(expected.clone()));
    assert_eq!((bench.key().as_deref(), bench.keys.source()), (Some(KEY), Some(KeySource::Keychain)));
    assert_eq!(bench.fake.content().as_deref(), Some(KEY));
    assert_eq!(bench.keys.load().await, expected);

    assert!(bench.keys.set(OTHER_KEY).await.is_ok());
    assert_eq!(bench.key().as_deref(), Some(OTHER_KEY));
    assert_eq!(bench.keys.clear().await, Ok(without_warnings(KeyState::Absent)));
    assert_eq!((bench.key(), bench.keys.source(), bench.fake.content()), (None, None, None));
    assert_eq!(bench.keys.clear().await, Ok(without_warnings(KeyState::Absent)), "there was none");
    assert!(!format!("{:?}", bench.keys).contains("9876"));
}

#[tokio::test]
async fn what_others_change_is_noticed_at_the_next_load() {
    let bench = Bench::new();
    bench.keys.set(KEY).await.unwrap();
    bench.fake.put(OTHER_KEY);
    assert_eq!(bench.keys.load().await.state, present(KeySource::Keychain, "3210"));
    assert_eq!(bench.key().as_deref(), Some(OTHER_KEY));
    bench.fake.put("");
    assert!(matches!(bench.keys.load().await.state, KeyState::Error(KeyFault::Malformed { .. })));
    assert_eq!(bench.key(), None);
}

#[tokio::test]
async fn the_environment_comes_first_and_that_is_told() {
    let bench = Bench::with(Some(KEY), Origin::default(), LONG, LONG);
    assert_eq!(bench.keys.load().await, without_warnings(present(KeySource::Environment, "cdef")));
    assert_eq!(bench.fake.looks(), 0, "the keychain is left alone");
    let expected = KeyReading {
        state: present(KeySource::Environment, "cdef"),
        warnings: vec![KeyWarning::Shadowed(KeySource::Environment)],
    };
    assert_eq!(bench.keys.set(OTHER_KEY).await, Ok(expected.clone()));
    assert_eq!(bench.fake.content().as_deref(), Some(OTHER_KEY));
    assert_eq!(bench.keys.clear().await, Ok(expected));
    assert_eq!(bench.key().as_deref(), Some(KEY));
}

#[tokio::test]
async fn an_unusual_start_is_worth_a_word_only_for_openrouter() {
    for (origin, warnings) in [(Origin::default(), vec![KeyWarning::UnusualStart]), (gateway(), vec![])] {
        let bench = Bench::with(None, origin, LONG, LONG);
        assert_eq!(bench.keys.set("sk-gateway-0123").await.unwrap().warnings, warnings);
        assert_eq!(bench.keys.load().await.warnings, warnings);
    }
}

#[tokio::test]
async fn a_key_is_never_handed_out_for_another_host() {
    for (case, content, stored_for, wanted) in [
        ("bare", KEY, "https://openrouter.ai", gateway()),
        (
            "another's",
            r#"{"v":1,"key":"k","origin":"https://gateway.example"}"#,
            "https://gateway.example",
            Origin::default(),
        ),
    ] {
        let bench = Bench::with(None, wanted.clone(), LONG, LONG);
        bench.fake.put(content);
        let stored_for = Origin::parse(stored_for).unwrap();
        let expected = KeyState::Error(KeyFault::OtherOrigin { stored_for, wanted });
        assert_eq!(bench.keys.load().await.state, expected, "{case}");
        assert_eq!(bench.key(), None, "{case}");
    }
    let bench = Bench::with(None, gateway(), LONG, LONG);
    bench.keys.set(KEY).await.unwrap();
    assert_eq!(bench.keys.load().await.state, present(KeySource::Keychain, "cdef"));
    assert!(bench.fake.content().unwrap().contains("https://gateway.example"));
}

#[tokio::test]
async fn a_key_that_is_known_outlasts_a_keychain_that_cannot_be_asked() {
    let reason = || "no bus".to_owned();
    for (fault, is_kept) in [
        (KeyFault::NoKeychain { reason: reason() }, true),
        (KeyFault::Hanging { writing: false }, true),
        (KeyFault::Denied, true),
        (KeyFault::Other(reason()), true),
        (KeyFault::Unreadable, false),
    ] {
        let bench = Bench::new();
        bench.keys.set(KEY).await.unwrap();
        bench.fake.stands(Err(fault.clone()));
        assert_eq!(bench.keys.load().await.state, KeyState::from(fault.clone()));
        assert_eq!(bench.keys.state(), KeyState::from(fault.clone()));
        assert_eq!(bench.key().is_some(), is_kept, "{fault}");
        assert_eq!(bench.keys.set(OTHER_KEY).await, Err(KeyError::Fault(fault.clone())));
        assert_eq!(bench.keys.clear().await, Err(KeyError::Fault(fault)));
        assert_eq!(bench.fake.content().as_deref(), Some(KEY));
    }
}

#[tokio::test]
async fn without_a_collection_there_is_no_key_and_none_can_be_set() {
    let bench = Bench::new();
    bench.fake.stands(Ok(Standing::NoCollection));
    assert_eq!(bench.keys.load().await.state, KeyState::Absent);
    assert_eq!(bench.keys.set(KEY).await, Err(KeyError::Fault(KeyFault::NoCollection)));
    assert_eq!(bench.keys.clear().await, Ok(without_warnings(KeyState::Absent)));
}

#[tokio::test]
async fn a_locked_keychain_asks_only_on_demand_and_at_most_once_in_a_while() {
    let bench = Bench::new();
    bench.fake.put(KEY);
    bench.fake.stands(Ok(Standing::Locked));
    bench.fake.answers(Err(KeyFault::Denied));
    assert_eq!(bench.keys.load().await.state, KeyState::Locked(KeyFault::Locked));
    assert_eq!(bench.fake.prompts(), 0);

    assert_eq!(bench.keys.unlock().await.state, KeyState::Denied);
    assert_eq!(bench.fake.prompts(), 1);
    for wish in ["unlock", "set", "clear"] {
        let state = match wish {
            "unlock" => bench.keys.unlock().await.state,
            "set" => bench.keys.set(OTHER_KEY).await.unwrap_err().into(),
            _ => bench.keys.clear().await.unwrap_err().into(),
        };
        assert!(matches!(state, KeyState::Locked(KeyFault::AskedAlready { .. })), "{wish}: {state:?}");
    }
    assert_eq!((bench.fake.prompts(), bench.fake.content().as_deref()), (1, Some(KEY)));
    assert_eq!(bench.keys.load().await.state, KeyState::Locked(KeyFault::Locked));
}

#[test]
fn nobody_is_asked_more_often_than_every_five_minutes_nor_waited_for_longer_than_half_a_minute() {
    let usual = Limits::default();
    assert!(usual.between_prompts >= Duration::from_secs(300));
    assert!(usual.quiet <= Duration::from_secs(5) && usual.asking <= Duration::from_secs(30));
}

#[tokio::test]
async fn after_the_pause_it_may_ask_again() {
    let bench = Bench::with(None, Origin::default(), LONG, Duration::ZERO);
    bench.fake.stands(Ok(Standing::Locked));
    bench.fake.answers(Err(KeyFault::Denied));
    assert_eq!(bench.keys.set(KEY).await, Err(KeyError::Fault(KeyFault::Denied)));
    bench.fake.answers(Ok(()));
    assert_eq!(bench.keys.set(KEY).await, Ok(without_warnings(present(KeySource::Keychain, "cdef"))));
    assert_eq!(bench.fake.prompts(), 2);
    bench.fake.stands(Ok(Standing::Locked));
    assert_eq!(bench.keys.unlock().await.state, present(KeySource::Keychain, "cdef"));
}

#[tokio::test]
async fn a_hanging_keychain_is_given_up_while_the_known_key_serves() {
    let bench = Bench::with(None, Origin::default(), SHORT, LONG);
    bench.keys.set(KEY).await.unwrap();
    bench.fake.hold();
    assert_eq!(bench.keys.load().await.state, KeyState::Hanging);
    assert_eq!((bench.keys.state(), bench.key().as_deref()), (KeyState::Hanging, Some(KEY)));

    let looks = bench.fake.looks();
    let begun = Instant::now();
    for _ in 0..50 {
        assert_eq!(bench.keys.load().await.state, KeyState::Hanging);
    }
    assert!(begun.elapsed() < SHORT, "a keychain that is known to hang is not waited for");
    assert_eq!(bench.fake.looks(), looks, "and nothing piles up before it");

    bench.fake.put(OTHER_KEY);
    bench.fake.release();
    until(&bench, |state| *state == present(KeySource::Keychain, "3210")).await;
    assert_eq!(bench.key().as_deref(), Some(OTHER_KEY));
}

#[tokio::test]
async fn a_change_that_hangs_is_told_to_be_uncertain() {
    let bench = Bench::with(None, Origin::default(), SHORT, LONG);
    bench.fake.hold();
    let error = bench.keys.set(KEY).await.unwrap_err();
    assert_eq!(error, KeyError::Fault(KeyFault::Hanging { writing: true }));
    assert!(error.to_string().contains("key status"), "{error}");
    bench.fake.release();
}

#[tokio::test]
async fn a_question_that_is_answered_too_late_changes_nothing() {
    let bench = Bench::with(None, Origin::default(), SHORT, LONG);
    bench.fake.stands(Ok(Standing::Locked));
    bench.fake.hold();
    assert_eq!(bench.keys.set(KEY).await, Err(KeyError::Fault(KeyFault::PromptOpen)));
    assert_eq!(bench.keys.load().await.state, KeyState::Locked(KeyFault::PromptOpen));
    assert_eq!(bench.fake.prompts(), 1);
    bench.fake.release();
    until(&bench, |state| *state == KeyState::Absent).await;
    assert_eq!(bench.fake.content(), None);
}

#[tokio::test]
async fn what_is_not_kept_as_given_is_an_error() {
    let bench = Bench::new();
    bench.fake.has(Shadow(OTHER_KEY));
    assert_eq!(bench.keys.set(KEY).await, Err(KeyError::Fault(KeyFault::NotKept)));
    assert_eq!(bench.key(), None);
    let left = bench.keys.clear().await.unwrap_err().to_string();
    assert!(left.contains("still in it"), "{left}");

    bench.fake.has(Twins);
    assert_eq!(bench.keys.load().await.state, KeyState::Error(KeyFault::Several(2)));
    assert_eq!(bench.keys.set(KEY).await, Err(KeyError::Fault(KeyFault::Several(2))));
}

#[tokio::test]
async fn no_text_that_is_no_key_reaches_the_keychain() {
    let bench = Bench::new();
    for text in ["", " \n", "two words", "sk-or\0", "sk-ör", &"k".repeat(513)] {
        assert!(matches!(bench.keys.set(text).await, Err(KeyError::Text(_))), "{text:?}");
    }
    assert_eq!(bench.fake.looks(), 0);
}

#[tokio::test]
async fn a_call_that_breaks_down_takes_nothing_with_it() {
    let bench = Bench::new();
    bench.fake.put(KEY);
    bench.fake.break_down();
    assert!(matches!(bench.keys.load().await.state, KeyState::Error(KeyFault::Other(_))));
    until(&bench, |state| *state == present(KeySource::Keychain, "cdef")).await;
}

#[test]
fn each_state_says_what_to_do() {
    let reason = || "no bus".to_owned();
    for (state, told) in [
        (present(KeySource::File, "cdef"), &["••••cdef", "OPENROUTER_API_KEY_FILE"][..]),
        (KeyState::Absent, &["turnpike key set"]),
        (KeyState::Locked(KeyFault::Locked), &["unlock it"]),
        (KeyFault::AskedAlready { again_in: Duration::from_secs(90) }.into(), &["unlock it", "90 s"]),
        (KeyFault::PromptOpen.into(), &["answer its window"]),
        (KeyState::Denied, &["allow it"]),
        (
            KeyFault::NoKeychain { reason: reason() }.into(),
            &["no bus", "OPENROUTER_API_KEY,", "OPENROUTER_API_KEY_FILE", "gnome-keyring-daemon"],
        ),
        (KeyState::Hanging, &["restart it"]),
        (KeyFault::NoCollection.into(), &["create one", "OPENROUTER_API_KEY_FILE"]),
        (KeyFault::Several(2).into(), &["2 keys", "turnpike key clear"]),
        (KeyFault::Unreadable.into(), &["turnpike key set"]),
        (KeyFault::NotKept.into(), &["turnpike key clear"]),
        (KeyFault::Other(reason()).into(), &["no bus", "try again"]),
        (
            KeyFault::OtherOrigin { stored_for: Origin::default(), wanted: gateway() }.into(),
            &["https://openrouter.ai", "https://gateway.example", "turnpike key set"],
        ),
    ] {
        let message = state.message();
        for part in told {
            assert!(message.contains(part), "{message} lacks {part}");
        }
    }
}

/// Loads until the state is as wanted, for ten seconds at most.
async fn until(bench: &Bench, wanted: impl Fn(&KeyState) -> bool) {
    let loading = async {
        while !wanted(&bench.keys.load().await.state) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), loading).await.expect("the state comes about");
}
