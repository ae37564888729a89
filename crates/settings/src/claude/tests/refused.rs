//! What is no settings file, or cannot be written, is left as it is.

use super::*;

/// How a row is prepared, and what its refusal says.
type Row = (&'static str, fn(&World), &'static str);

#[test]
fn what_cannot_be_changed_is_told_and_untouched() {
    let mut rows: Vec<Row> = vec![
        ("half a file", |world| world.write("{\"env\": {"), "not valid JSON"),
        ("a list", |world| world.write("[]"), "not an object"),
        ("single quotes", |world| world.write("{'env': {}}"), "not valid JSON"),
        ("no quotes", |world| world.write("{env: {}}"), "not valid JSON"),
        ("YAML", |world| world.write("env:\n  A: 1\n"), "not valid JSON"),
        ("a comment without an end", |world| world.write("{} /* x"), "not valid JSON"),
        ("env is a text", |world| world.write("{\"env\": \"A=1\"}"), "`env` is not an object"),
        ("env is a list", |world| world.write("{\"env\": []}"), "`env` is not an object"),
        ("env is null", |world| world.write("{\"env\": null}"), "`env` is not an object"),
        ("half a surrogate pair", |world| world.write("{\"a\": \"\\udc00\"}"), "not valid JSON"),
        (
            "very deep",
            |world| world.write(&format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000))),
            "not valid JSON",
        ),
        (
            "not UTF-8",
            |world| {
                world.write("");
                fs::write(world.settings(), b"{\"a\": \"\xff\"}").unwrap();
            },
            "not UTF-8",
        ),
        ("a folder", |world| fs::create_dir_all(world.settings()).unwrap(), "no settings file"),
        (
            "a file where the folder should be",
            |world| fs::write(world.home(".claude"), "x").unwrap(),
            "cannot be changed",
        ),
    ];
    #[cfg(unix)]
    rows.extend(on_unix());
    for (name, prepare, says) in rows {
        let world = World::new();
        prepare(&world);
        let before = fs::read(world.settings()).ok();
        let told = world.connect_if(None).unwrap_err().to_string();
        assert!(told.contains(says), "{name}: {told}");
        assert_eq!(fs::read(world.settings()).ok(), before, "{name}");
        assert!(!world.record().exists(), "{name}: nothing is remembered of what was not done");
    }
}

#[cfg(unix)]
fn on_unix() -> Vec<Row> {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    vec![
        (
            "a read-only file",
            |world| {
                world.write("{}");
                world.set_mode(0o444);
            },
            "read-only",
        ),
        (
            "a read-only folder",
            |world| {
                world.write("{}");
                let folder = world.home(".claude");
                fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).unwrap();
            },
            "its folder is read-only",
        ),
        (
            "a link into a folder that is not there",
            |world| {
                fs::create_dir(world.home(".claude")).unwrap();
                symlink("/no-such-folder/settings.json", world.settings()).unwrap();
            },
            "cannot be changed",
        ),
        (
            "links in a circle",
            |world| {
                fs::create_dir(world.home(".claude")).unwrap();
                symlink("settings.json", world.settings()).unwrap();
            },
            "circle",
        ),
    ]
}

#[test]
fn what_became_unreadable_is_not_taken_back_and_not_forgotten() {
    let world = World::with("{}");
    world.connect();
    let connected = world.text().unwrap();
    world.write("{\"env\": {");
    let told = world.connections.disconnect(&world.place(), None).unwrap_err().to_string();
    assert!(told.contains("not valid JSON"), "{told}");
    assert_eq!(world.text().as_deref(), Some("{\"env\": {"));
    world.write(&connected);
    world.disconnect();
    assert_eq!(world.text().as_deref(), Some("{}"));
}

#[test]
fn a_damaged_record_is_told_with_the_remedy() {
    let world = World::with("{}");
    world.connect();
    fs::write(world.record(), "{\"connections\": 3}").unwrap();
    let told = world.connections.disconnect(&world.place(), None).unwrap_err().to_string();
    assert!(told.contains("claude.json is damaged") && told.contains("by hand"), "{told}");
    world.assert_connected("untouched");
}

#[test]
fn two_at_a_time_do_not_lose_a_change() {
    let world = World::with("{\n  \"a\": 1\n}\n");
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..2 {
                    world.connect();
                    world.disconnect();
                }
            });
        }
    });
    assert_eq!(world.text().as_deref(), Some("{\n  \"a\": 1\n}\n"));
    assert!(!world.record().exists());
}
