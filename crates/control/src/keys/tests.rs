//! What data plane and clients are told of the key.

use super::*;

#[test]
fn a_client_without_a_key_is_told_the_command() {
    let told = |message: &str| {
        for_clients(&KeyReport {
            state: KeyState::Missing,
            source: None,
            masked: None,
            message: message.to_owned(),
            awaited: false,
            undo: None,
        })
    };
    for message in ["there is no key: run `turnpike key set`", "the keychain is locked", &not_yet().message] {
        let told = told(message);
        assert_eq!(told.matches("turnpike key set").count(), 1, "{told}");
    }
}

#[test]
fn a_key_that_is_locked_away_is_awaited_and_one_that_is_missing_is_not() {
    let report = |state, message: &str| KeyReport {
        state,
        source: None,
        masked: None,
        message: message.to_owned(),
        awaited: false,
        undo: None,
    };
    for seen in [report(KeyState::Locked, "the keychain is locked: unlock it"), not_yet()] {
        let standing = without_a_key(&seen, false);
        let is_asked = matches!(standing, KeyStanding::Asked(_));
        assert_eq!(is_asked, seen.message == NOT_YET, "requests wait for the first answer alone");
        let (KeyStanding::Awaited(told) | KeyStanding::Asked(told)) = &standing else {
            panic!("{seen:?}: {standing:?}")
        };
        assert!(told.contains(&seen.message) && told.contains("unlock the keychain"), "{told}");
    }
    for missing in [report(KeyState::Missing, "none"), report(KeyState::Unavailable, "there is no keychain")]
    {
        assert!(matches!(without_a_key(&missing, false), KeyStanding::Missing(_)), "{missing:?}");
        assert!(
            matches!(without_a_key(&missing, true), KeyStanding::Awaited(_)),
            "one that hangs may answer yet"
        );
    }
}

#[tokio::test]
async fn the_demos_key_is_used_and_never_kept() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = DataDir::open(dir.path()).unwrap();
    let choice = KeyChoice::Fixed(Secret::new("sk-or-v1-made-up-0000".to_owned()));
    let keys = Keys::open(&choice, &data_dir, &BaseUrl::default()).await;
    assert!(matches!(keys.standing(), KeyStanding::Ready(_)));
    let refused = keys.set(&SecretText::new("sk-or-v1-another".to_owned())).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Key);
    assert_eq!(keys.clear().await.unwrap_err().code, ErrorCode::Key);
    assert_eq!(keys.look().await.source, Some(KeySource::Demo));
}
