//! How long a file may be and what it may be called.

use crate::tree;

/// Lines a source file may have. A longer one does more than one thing.
const MOST_LINES: usize = 400;

/// Kinds of file that people read and write.
const SOURCES: &[&str] = &["rs", "ts", "js", "mjs", "svelte", "css", "py", "sh"];

/// Words that say nothing about what a file does.
const EMPTY_WORDS: &[&str] = &["manager", "helper", "util"];

/// A generator marks its output in the first lines, and its output is read by nobody.
fn is_generated(text: &str) -> bool {
    text.lines().take(5).any(|line| line.contains("@generated"))
}

#[test]
fn no_source_file_is_longer_than_400_lines() {
    let mut long = Vec::new();
    for path in tree::tracked() {
        if !SOURCES.contains(&tree::extension(&path)) {
            continue;
        }
        let text = tree::text(&path).unwrap_or_else(|| panic!("{path} is not UTF-8"));
        let lines = text.lines().count();
        if lines > MOST_LINES && !is_generated(&text) {
            long.push(format!("{path}: {lines} lines; split it by what it does"));
        }
    }
    assert!(long.is_empty(), "\n{}\n", long.join("\n"));
}

#[test]
fn a_module_is_foo_rs_beside_foo_never_mod_rs() {
    let wrong: Vec<String> = tree::tracked().into_iter().filter(|p| tree::name(p) == "mod.rs").collect();
    assert!(wrong.is_empty(), "name these after their folder, beside it: {wrong:?}");
}

#[test]
fn no_file_is_called_manager_helper_or_util() {
    for path in tree::tracked() {
        let stem = tree::name(&path).split('.').next().unwrap_or_default();
        for word in words(stem) {
            let singular = word.strip_suffix('s').unwrap_or(&word);
            assert!(
                !EMPTY_WORDS.contains(&singular),
                "{path}: \"{word}\" says nothing; name the file after what it does"
            );
        }
    }
}

/// The words of a file name: `fooBar_baz-qux` is foo, bar, baz, qux.
fn words(stem: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in stem.chars() {
        let starts_word = c.is_uppercase() || !c.is_alphanumeric();
        if starts_word {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().expect("starts with one word").extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn file_names_are_read_word_by_word() {
    let rows: [(&str, &[&str]); 4] = [
        ("stream_machine", &["stream", "machine"]),
        ("http-utils", &["http", "utils"]),
        ("KeyManager", &["key", "manager"]),
        ("futility", &["futility"]),
    ];
    for (stem, expected) in rows {
        assert_eq!(words(stem), expected, "{stem}");
    }
}
