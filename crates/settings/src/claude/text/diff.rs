//! What a change changes, line by line, without showing a secret.

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged as _;

use super::document::{BOM, Document};

/// Lines around a change that are shown with it.
const CONTEXT: usize = 3;
/// How many lines are looked through for the place where two texts agree again.
const MOST_LINES: usize = 400;
/// Parts of names whose values are secrets, in small letters.
const SECRETS: [&str; 8] =
    ["token", "key", "secret", "password", "credential", "authorization", "cookie", "header"];
/// Names that have such a part and hold no secret.
const NO_SECRETS: [&str; 2] = ["apikeyhelper", "claude_code_gateway_hint_headers"];
/// Ends of names whose values are counts and times, where they are numbers.
const NUMBERS: [&str; 2] = ["_tokens", "_ms"];
/// What stands for a secret, with its last four characters if it is long enough to spare them.
const DOTS: &str = "••••";
const SHORTEST_WITH_TAIL: usize = 12;

/// One line of the difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    /// What becomes of it.
    pub kind: DiffKind,
    /// The line, without its end; secrets in it are dots.
    pub text: String,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffKind {
    /// It stays.
    Same,
    /// It goes.
    Removed,
    /// It comes.
    Added,
    /// Lines that stay are left out here; the text is empty.
    Gap,
}

/// The difference between two texts; empty when there is none. `None` stands for a file that does not exist.
#[must_use]
pub fn diff(before: Option<&str>, after: Option<&str>) -> Vec<DiffLine> {
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    let (old, new): (Vec<&str>, Vec<&str>) = (lines(before), lines(after));
    let (masked_old, masked_new) = (masked(before), masked(after));
    let (shown_old, shown_new) = (lines(&masked_old), lines(&masked_new));
    let line = |kind, text: Option<&&str>| DiffLine {
        kind,
        text: text.map(|text| text.trim_end_matches(['\r', '\n']).to_owned()).unwrap_or_default(),
    };
    let (mut at, mut to) = (0, 0);
    let mut all = Vec::new();
    while at < old.len() || to < new.len() {
        if at < old.len() && old.get(at) == new.get(to) {
            all.push(line(DiffKind::Same, shown_old.get(at)));
            (at, to) = (at + 1, to + 1);
            continue;
        }
        let (gone, come) = next_match(&old[at..], &new[to..]);
        all.extend((at..at + gone).map(|place| line(DiffKind::Removed, shown_old.get(place))));
        all.extend((to..to + come).map(|place| line(DiffKind::Added, shown_new.get(place))));
        (at, to) = (at + gone, to + come);
    }
    with_gaps(all)
}

/// How many lines go and come until the two texts agree again. Our changes are small, so it is near.
fn next_match(old: &[&str], new: &[&str]) -> (usize, usize) {
    (1..(old.len() + new.len()).min(MOST_LINES))
        .flat_map(|all| (0..=all).map(move |gone| (gone, all - gone)))
        .find(|(gone, come)| old.get(*gone).is_some_and(|line| new.get(*come) == Some(line)))
        .unwrap_or((old.len(), new.len()))
}

fn with_gaps(all: Vec<DiffLine>) -> Vec<DiffLine> {
    let changed: Vec<usize> =
        all.iter().enumerate().filter(|(_, line)| line.kind != DiffKind::Same).map(|(at, _)| at).collect();
    let mut is_shown = vec![false; all.len()];
    for at in &changed {
        let end = (at + CONTEXT + 1).min(all.len());
        is_shown[at.saturating_sub(CONTEXT)..end].fill(true);
    }
    let mut shown: Vec<DiffLine> = Vec::new();
    for (line, is_shown) in all.into_iter().zip(is_shown) {
        if is_shown {
            shown.push(line);
        } else if shown.last().is_none_or(|last| last.kind != DiffKind::Gap) {
            shown.push(DiffLine { kind: DiffKind::Gap, text: String::new() });
        }
    }
    if changed.is_empty() { Vec::new() } else { shown }
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The text with dots for secrets; the lines stay where they are.
fn masked(text: &str) -> String {
    let (bom, body) = text.strip_prefix(BOM).map_or(("", text), |body| (BOM, body));
    let Ok(document) = Document::parse(body) else { return text.to_owned() };
    let mut found = Vec::new();
    secrets(&document.root, false, &mut found);
    let (mut new, mut at) = (bom.to_owned(), 0);
    for (start, end, shown) in found {
        new.push_str(&body[at..start]);
        new.push_str(&shown);
        at = end;
    }
    new.push_str(&body[at..]);
    new
}

fn secrets(object: &Object<'_>, is_secret: bool, found: &mut Vec<(usize, usize, String)>) {
    for member in &object.properties {
        let name = member.name.as_str().to_ascii_lowercase();
        let is_named = SECRETS.iter().any(|part| name.contains(part)) && !NO_SECRETS.contains(&name.as_str());
        secret(&member.value, is_secret || (is_named && !is_number(&name, &member.value)), found);
    }
}

/// Whether it is a count or a time, such as `MAX_THINKING_TOKENS`.
fn is_number(name: &str, value: &Value<'_>) -> bool {
    let Value::StringLit(text) = value else { return false };
    NUMBERS.iter().any(|end| name.ends_with(end)) && text.value.bytes().all(|sign| sign.is_ascii_digit())
}

fn secret(value: &Value<'_>, is_secret: bool, found: &mut Vec<(usize, usize, String)>) {
    match value {
        Value::Object(inside) => secrets(inside, is_secret, found),
        Value::Array(array) => array.elements.iter().for_each(|value| secret(value, is_secret, found)),
        Value::StringLit(text) if is_secret && !text.value.is_empty() => {
            let count = text.value.chars().count();
            let skipped = if count < SHORTEST_WITH_TAIL { count } else { count - 4 };
            let tail: String =
                text.value.chars().skip(skipped).filter(|sign| sign.is_ascii_graphic()).collect();
            let range = text.range();
            found.push((range.start, range.end, format!("\"{DOTS}{tail}\"")));
        }
        _ => {}
    }
}
