//! `turnpike statusline`

use std::process::Output;

use crate::spend::{SESSION, ask};
use crate::support::{World, said};

/// Claude Code's words, as far as they matter.
fn with_words(world: &World, words: &str) -> Output {
    let path = world.home.path().join("words");
    std::fs::write(&path, words).expect("written");
    let mut command = world.command(&["statusline"]);
    command.stdin(std::fs::File::open(&path).expect("a file")).output().expect("it can be started")
}

#[test]
fn it_tells_model_session_day_and_what_is_left() {
    let world = World::new();
    world.configure("[budget]\ndaily_usd = 5\n");
    ask(&world, "sim/text+cost=0.38");
    assert_eq!(said(&world.turnpike(&["stop", "--service"])).0, Some(0), "what was spent is on the disk");
    let words =
        format!(r#"{{"session_id":"{SESSION}","model":{{"id":"opus","display_name":"Opus"}},"cwd":"/"}}"#);
    let rows = [
        (words.as_str(), "sim/text+cost=0.38 · $0.38 session · $0.38 today · $4.62 left · 0 % cached\n"),
        (
            r#"{"session_id":"new","model":{"display_name":"Opus"}}"#,
            "Opus · $0.38 today · $4.62 left · 0 % cached\n",
        ),
        ("", "$0.38 today · $4.62 left · 0 % cached\n"),
        ("no JSON", "$0.38 today · $4.62 left · 0 % cached\n"),
    ];
    for (words, line) in rows {
        assert_eq!(said(&with_words(&world, words)), (Some(0), line.to_owned(), String::new()), "{words}");
    }
}

#[test]
fn whatever_is_missing_it_prints_a_line_and_ends_well() {
    let world = World::offline();
    let plain = |line: &str| (Some(0), line.to_owned(), String::new());
    assert_eq!(said(&with_words(&world, r#"{"model":{"display_name":"Opus"}}"#)), plain("Opus\n"));
    world.write_config("no = [configuration");
    assert_eq!(said(&with_words(&world, "{}")), plain("Turnpike\n"));
    std::fs::write(world.data.path().join("ledger.sqlite"), "no ledger").expect("written");
    assert_eq!(said(&with_words(&world, "{}")), plain("Turnpike\n"));
}
