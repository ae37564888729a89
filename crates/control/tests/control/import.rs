//! Import: what another tool's file becomes, by the commands that the page uses.

use turnpike_api::ErrorCode;
use turnpike_api::command::{ApplyImport, ImportPlace, ImportPreview, PreviewImport};

use crate::support::{World, end};

const CCR: &str = r#"{
  "Providers": [{"name": "or", "api_base_url": "https://openrouter.ai/api/v1/chat/completions",
                 "api_key": "sk-or-v1-0000000000000000ccr1"}],
  "Router": {"default": "or,sim/text", "webSearch": "or,sim/text+words=3"}
}"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_shown_is_written_and_in_force_at_once() {
    let world = World::new();
    let own = "# mine\n[[map]]\nname = \"other\"\ntarget = \"a/b\"\n";
    world.write_config(own);
    let source = world.folder.path().join("ccr.json");
    std::fs::write(&source, CCR).expect("a file");
    let service = world.start().await;
    let place = ImportPlace { path: Some(source.display().to_string()), ..ImportPlace::default() };
    let config = || std::fs::read_to_string(world.data_dir().config()).expect("config.toml");

    let preview = world.call(PreviewImport { place: place.clone() }).await.expect("a preview");
    let ImportPreview { revision, text, maps, rules, key, .. } = preview;
    assert_eq!((maps, rules, key.map(|key| key.masked)), (1, 1, Some("••••ccr1".to_owned())));
    assert_eq!(config(), own, "looking writes nothing");

    let apply = |text: &str, with_key| {
        world.call(ApplyImport {
            revision: revision.clone(),
            place: place.clone(),
            text: text.to_owned(),
            with_key,
        })
    };
    let code = |error: turnpike_api::ClientError| match error {
        turnpike_api::ClientError::Refused(error) => error.code,
        error => panic!("{error}"),
    };
    assert_eq!(code(apply("[[map]]\n", false).await.expect_err("another text")), ErrorCode::Conflict);
    // The service's key is not the user's here, so it cannot be replaced: nothing may be changed then.
    assert_eq!(code(apply(&text, true).await.expect_err("no keychain")), ErrorCode::Key);
    assert_eq!(config(), own);

    let imported = apply(&text, false).await.expect("an import");
    assert_eq!((imported.maps, imported.rules, imported.key), (1, 1, None));
    assert_eq!(world.message(&service, "claude-opus-5").await.0, 200, "it is in force at once");
    let sent = world.sim.journal();
    let asked = sent.iter().rfind(|entry| entry.path.ends_with("/chat/completions")).expect("a request");
    assert_eq!(asked.model.as_deref(), Some("sim/text"));
    let written = config();
    assert!(written.starts_with(own), "{written}");
    assert!(text.trim().split("\n\n").all(|entry| written.contains(entry)), "{written}");
    assert!(!written.contains("sk-or-"), "the key is in no file");
    assert_eq!(code(apply(&text, false).await.expect_err("it is there already")), ErrorCode::Conflict);
    end(service).await;
}
