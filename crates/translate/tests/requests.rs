//! Golden pairs: a request of the Messages API, and the chat completions request that is made of it, byte
//! for byte.
//!
//! Each pair is two files in `requests/`, named for what it shows: `NAME.in.json` holds the target and the
//! request, `NAME.out.json` what is sent and what the way back is told, or the failure. After a deliberate
//! change `TURNPIKE_REWRITE_GOLDEN=1 cargo nextest run -p turnpike-translate --test requests` writes the
//! second file of each pair anew; read the difference before committing it. CI refuses to rewrite.

#![cfg(test)]

#[path = "requests/case.rs"]
mod case;
#[path = "shared/contract.rs"]
mod contract;
#[path = "requests/pretty.rs"]
mod pretty;

use std::fs;

/// What the name of a pair begins with: the part of the translation that it shows.
const FAMILIES: [&str; 9] =
    ["answer", "cache", "content", "identity", "refused", "results", "thinking", "tools", "turns"];

fn rewriting() -> bool {
    let asked = std::env::var_os("TURNPIKE_REWRITE_GOLDEN").is_some();
    assert!(!(asked && std::env::var_os("CI").is_some()), "golden files are never rewritten in CI");
    asked
}

/// Compares all pairs of one family; a pair that differs is shown in full.
fn check(family: &str) {
    let names: Vec<String> =
        case::names().into_iter().filter(|name| name.starts_with(&format!("{family}-"))).collect();
    assert!(!names.is_empty(), "no pair begins with {family}-");
    let rewriting = rewriting();
    let mut wrong = Vec::new();
    for name in names {
        let (out, body) = case::run(&name);
        let faults = body.as_ref().map(contract::faults).unwrap_or_default();
        if !faults.is_empty() {
            wrong.push(format!("{name} breaks the contract: {faults:#?}\n{out}"));
            continue;
        }
        let file = case::folder().join(format!("{name}.out.json"));
        if rewriting {
            fs::write(&file, &out).unwrap();
        } else if fs::read_to_string(&file).unwrap_or_default() != out {
            wrong.push(format!("{name} comes out otherwise than {}:\n{out}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_kind_of_content_block_is_translated() {
    check("content");
}

#[test]
fn tool_results_follow_their_calls() {
    check("results");
}

#[test]
fn turns_of_all_roles_keep_their_order() {
    check("turns");
}

#[test]
fn tools_and_their_choice_are_translated() {
    check("tools");
}

#[test]
fn thinking_and_effort_become_reasoning() {
    check("thinking");
}

#[test]
fn options_of_the_answer_are_translated() {
    check("answer");
}

#[test]
fn cache_breakpoints_are_kept_where_they_count() {
    check("cache");
}

#[test]
fn session_and_user_go_on_and_nothing_else_about_them() {
    check("identity");
}

#[test]
fn what_cannot_be_translated_is_refused_with_its_place() {
    check("refused");
}

#[test]
fn each_pair_is_whole_and_belongs_to_a_family() {
    let names = case::names();
    for name in &names {
        assert!(
            FAMILIES.iter().any(|family| name.starts_with(&format!("{family}-"))),
            "{name} belongs to no family"
        );
    }
    for file in fs::read_dir(case::folder()).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        if let Some(name) = file.strip_suffix(".out.json") {
            assert!(names.iter().any(|known| known == name), "{file} has no {name}.in.json");
        }
    }
}

/// The device id of these pairs is `d3v1ce`, the client's build `cc_version`.
#[test]
fn device_id_and_build_appear_nowhere() {
    let mut seen = 0;
    for name in case::names() {
        let given = fs::read_to_string(case::folder().join(format!("{name}.in.json"))).unwrap();
        for secret in ["d3v1ce", "cc_version"] {
            seen += usize::from(given.contains(secret));
            let (out, _) = case::run(&name);
            assert!(!out.contains(secret), "{name} tells {secret}:\n{out}");
        }
    }
    assert!(seen >= 4, "{seen} requests hold one");
}
