//! What happens between the way there and the way back.

use super::*;

const BEFORE: &str = "{\n  \"model\": \"opus\",\n  \"env\": {\n    \"A\": \"1\",\n    \"ANTHROPIC_API_KEY\": \"sk-ant\"\n  }\n}\n";

/// What somebody does while Claude Code is connected, and what is there after the way back.
type Row = (&'static str, fn(&World), &'static str, &'static [&'static str]);

const ROWS: [Row; 12] = [
    ("nothing", |_| {}, BEFORE, &[]),
    (
        "another key",
        |world| world.edit("\"A\": \"1\"", "\"A\": \"2\""),
        "{\n  \"model\": \"opus\",\n  \"env\": {\n    \"A\": \"2\",\n    \"ANTHROPIC_API_KEY\": \"sk-ant\"\n  }\n}\n",
        &[],
    ),
    (
        "a new key before ours",
        |world| world.edit("\"A\": \"1\"", "\"A\": \"1\",\n    \"B\": \"2\""),
        "{\n  \"model\": \"opus\",\n  \"env\": {\n    \"A\": \"1\",\n    \"B\": \"2\",\n    \"ANTHROPIC_API_KEY\": \"sk-ant\"\n  }\n}\n",
        &[],
    ),
    (
        "a new key behind ours",
        |world| world.edit("HEADERS\": \"1\"", "HEADERS\": \"1\",\n    \"B\": \"2\" // two"),
        "{\n  \"model\": \"opus\",\n  \"env\": {\n    \"A\": \"1\",\n    \"ANTHROPIC_API_KEY\": \"sk-ant\",\n    \"B\": \"2\" // two\n  }\n}\n",
        &[],
    ),
    (
        "our address",
        |world| world.edit(URL, "http://theirs"),
        "{\n  \"model\": \"opus\",\n  \"env\": {\n    \"A\": \"1\",\n    \"ANTHROPIC_API_KEY\": \"sk-ant\",\n    \"ANTHROPIC_BASE_URL\": \"http://theirs\"\n  }\n}\n",
        &["env.ANTHROPIC_BASE_URL"],
    ),
    (
        "our address is taken out",
        |world| world.edit(&format!("\"ANTHROPIC_BASE_URL\": \"{URL}\",\n    "), ""),
        BEFORE,
        &[],
    ),
    (
        "what was there before is put back by hand",
        |world| world.edit("API_KEY\": \"\"", "API_KEY\": \"sk-ant\""),
        BEFORE,
        &[],
    ),
    (
        "the key that was there before gets another value",
        |world| world.edit("API_KEY\": \"\"", "API_KEY\": \"sk-new\""),
        "{\n  \"model\": \"opus\",\n  \"env\": {\n    \"A\": \"1\",\n    \"ANTHROPIC_API_KEY\": \"sk-new\"\n  }\n}\n",
        &["env.ANTHROPIC_API_KEY"],
    ),
    (
        "the whole env is taken out",
        |world| world.write("{\n  \"model\": \"opus\"\n}\n"),
        "{\n  \"model\": \"opus\"\n}\n",
        &["env.ANTHROPIC_API_KEY"],
    ),
    (
        "/model picks one of ours",
        |world| world.edit("\"opus\"", "\"claude-via-openrouter/z-ai/glm-5.2\""),
        BEFORE,
        &[],
    ),
    (
        "/model picks one of Claude's",
        |world| world.edit("\"opus\"", "\"sonnet\""),
        "{\n  \"model\": \"sonnet\",\n  \"env\": {\n    \"A\": \"1\",\n    \"ANTHROPIC_API_KEY\": \"sk-ant\"\n  }\n}\n",
        &[],
    ),
    (
        "Claude Code writes it anew",
        |world| {
            let mut all = world.value();
            all["theme"] = "dark".into();
            world.write(&serde_json::to_string(&all).unwrap());
        },
        "{\"env\":{\"A\":\"1\",\"ANTHROPIC_API_KEY\":\"sk-ant\"},\"model\":\"opus\",\"theme\":\"dark\"}",
        &[],
    ),
];

#[test]
fn what_others_change_meanwhile_stays() {
    for (name, meanwhile, after, left) in ROWS {
        let world = World::with(BEFORE);
        world.connect();
        meanwhile(&world);
        let done = world.disconnect();
        assert_eq!(world.text().as_deref(), Some(after), "{name}");
        let told: Vec<String> = done.left.iter().map(|path| path.join(".")).collect();
        assert_eq!(told, left, "{name}");
    }
}

#[test]
fn a_file_that_is_gone_or_emptied_meanwhile_stays_so() {
    let world = World::with(BEFORE);
    world.connect();
    fs::remove_file(world.settings()).unwrap();
    world.disconnect();
    assert_eq!(world.text(), None);
    let world = World::with(BEFORE);
    world.connect();
    world.write("");
    world.disconnect();
    assert_eq!(world.text().as_deref(), Some(""));
    let world = World::with(BEFORE);
    world.connect();
    fs::remove_file(world.settings()).unwrap();
    world.connect();
    world.assert_connected("anew");
    world.disconnect();
    assert_eq!(world.text(), None, "what was there when it was connected anew");
}

#[test]
fn a_change_between_the_look_and_the_click_is_a_conflict() {
    let world = World::with(BEFORE);
    let revision = world.look().file.revision();
    world.edit("opus", "sonnet");
    let told = world.connect_if(Some(&revision)).unwrap_err();
    assert!(matches!(told, SettingsError::Changed { .. }), "{told}");
    assert!(!world.record().exists() && world.text().unwrap().contains("sonnet"));
    world.connect_if(Some(&world.look().file.revision())).unwrap();
    let revision = world.look().file.revision();
    world.edit("sonnet", "haiku");
    let told = world.connections.disconnect(&world.place(), Some(&revision)).unwrap_err();
    assert!(matches!(told, SettingsError::Changed { .. }), "{told}");
    world.assert_connected("still");
    assert_eq!(World::new().look().file.revision(), "none");
}

#[test]
fn another_port_and_another_token_are_written_and_forgotten_with_the_rest() {
    let mut world = World::with(BEFORE);
    world.connect();
    world.url = "http://127.0.0.1:5000".to_owned();
    world.connect();
    world.assert_connected("another port");
    world.token = "tp-another-token".to_owned();
    world.edit("\"A\": \"1\"", "\"A\": \"1\",\n    \"B\": \"2\"");
    world.connect();
    world.assert_connected("another token");
    assert!(!world.text().unwrap().contains(TOKEN));
    world.options.default_mode = true;
    world.connect();
    world.assert_connected("another box");
    world.options.default_mode = false;
    world.connect();
    assert_eq!(world.value().get("permissions"), None, "a box that is empty again");
    assert!(world.disconnect().left.is_empty());
    assert_eq!(world.text().unwrap(), BEFORE.replace("\"A\": \"1\"", "\"A\": \"1\",\n    \"B\": \"2\""));
}

#[test]
fn a_crash_between_the_two_writes_loses_nothing() {
    let crashed_connecting = |first: bool| {
        let mut world = World::with(BEFORE);
        if !first {
            world.connect();
            world.url = "http://127.0.0.1:5000".to_owned();
        }
        let text = world.text().unwrap();
        world.connect();
        // The record was written, the settings were not.
        world.write(&text);
        world
    };
    let crashed_disconnecting = || {
        let world = World::with(BEFORE);
        world.connect();
        let record = fs::read(world.record()).unwrap();
        world.disconnect();
        // The settings were written, the record was not.
        fs::write(world.record(), record).unwrap();
        world
    };
    for (name, world) in [
        ("the first time", crashed_connecting(true)),
        ("another port", crashed_connecting(false)),
        ("on the way back", crashed_disconnecting()),
    ] {
        assert!(world.disconnect().left.is_empty(), "{name}");
        assert_eq!(world.text().as_deref(), Some(BEFORE), "{name}");
        assert!(!world.record().exists(), "{name}");
    }
    for (name, world) in [
        ("the first time", crashed_connecting(true)),
        ("another port", crashed_connecting(false)),
        ("on the way back", crashed_disconnecting()),
    ] {
        world.connect();
        world.assert_connected(name);
        world.disconnect();
        assert_eq!(world.text().as_deref(), Some(BEFORE), "{name}, and on");
    }
}

#[test]
fn the_end_takes_it_back_until_the_start() {
    let world = World::with(BEFORE);
    assert!(world.connections.suspend().unwrap().is_empty() && !world.resume().has_changed);
    world.connect();
    let connected = world.text();
    assert!(world.connections.suspend().unwrap().iter().all(|one| one.done.is_ok()));
    assert_eq!(world.text().as_deref(), Some(BEFORE));
    assert!(!world.look().is_connected() && world.look().connection.is_some());
    let refreshed = world.connections.refresh(&world.place(), false, |_, _| world.wanted()).unwrap();
    assert!(!refreshed.has_changed, "another token, say, does not connect it");
    assert!(world.connections.suspend().unwrap().is_empty(), "twice is once");
    world.resume();
    assert_eq!(world.text(), connected);
    world.connections.suspend().unwrap();
    world.edit("opus", "sonnet");
    world.resume();
    world.assert_connected("with somebody's change");
    world.disconnect();
    assert_eq!(world.text().unwrap(), BEFORE.replace("opus", "sonnet"));
    world.connect();
    world.connections.suspend().unwrap();
    assert!(!world.disconnect().has_changed, "for good this time");
    assert!(!world.resume().has_changed);
}

#[test]
fn settings_in_two_folders_are_two_connections() {
    let world = World::with(BEFORE);
    let other = SettingsPlace::new(world.home("work/settings.json"));
    fs::create_dir(world.home("work")).unwrap();
    fs::write(other.path(), "{}").unwrap();
    world.connect();
    world.connections.connect(&other, world.options, None, |_| world.wanted()).unwrap();
    assert_eq!(world.connections.all().unwrap().len(), 2);
    world.disconnect();
    assert_eq!(world.text().as_deref(), Some(BEFORE));
    assert!(fs::read_to_string(other.path()).unwrap().contains(URL));
    world.connections.disconnect(&other, None).unwrap();
    assert_eq!(fs::read_to_string(other.path()).unwrap(), "{}");
}
