//! One member: set, changed, taken out. Each step is a few splices, and the last undoes the first to the byte.

use std::ops::Range;

use jsonc_parser::ast::Object;
use jsonc_parser::common::Ranged as _;
use serde_json::Value;

use super::document::{Document, TextError};
use super::layout::{self, Layout};
use super::{ObjectBefore, trivia};

/// A piece of text that takes the place of another one.
struct Splice {
    at: Range<usize>,
    with: String,
}

/// The text with that value at that path, which holds none; and the objects that were made or filled for it.
pub(super) fn insert(
    text: &str,
    path: &[String],
    value: &Value,
) -> Result<(String, Vec<ObjectBefore>), TextError> {
    let document = Document::parse(text)?;
    let Some((name, parents)) = path.split_last() else { return Ok((text.to_owned(), Vec::new())) };
    let unit = layout::unit(text, &document.root);
    let root = Layout::of(text, &document.root, &unit).unwrap_or_else(|| Layout::of_root(text));
    let Some(object) = document.object(parents)? else {
        let made = Value::Object(std::iter::once((name.clone(), value.clone())).collect());
        let (text, mut objects) = insert(text, parents, &made)?;
        objects.push(ObjectBefore { path: parents.to_vec(), inside: None });
        return Ok((text, objects));
    };
    let inside = document.inside(object);
    let is_blank = object.properties.is_empty() && inside.trim().is_empty();
    let layout = match Layout::of(text, object, &unit) {
        Some(layout) => layout,
        None if parents.is_empty() => root,
        None => Layout::inside(&root),
    };
    if is_blank {
        let (start, end) = (object.range.start + 1, object.range.end - 1);
        let with = format!("{}{}{}", layout.lead, layout.member(name, value), layout.closing());
        let filled = ObjectBefore { path: parents.to_vec(), inside: Some(inside.to_owned()) };
        return Ok((spliced(text, vec![Splice { at: start..end, with }]), vec![filled]));
    }
    Ok((spliced(text, at_the_end(text, object, &layout, &layout.member(name, value))), Vec::new()))
}

/// A member behind all others, or behind the comments of an object that has none.
fn at_the_end(text: &str, object: &Object<'_>, layout: &Layout, member: &str) -> Vec<Splice> {
    let forced = |is_line: bool| {
        let needs_line = is_line && !layout.has_lines();
        format!("{}{}", if needs_line { layout::newline(text) } else { "" }, layout.lead)
    };
    let Some(last) = object.properties.last() else {
        let comments = trivia::skip(text, object.range.start + 1).0;
        let (end, is_line) =
            comments.last().map_or((object.range.start + 1, false), |last| (last.end, last.is_line));
        return vec![Splice { at: end..end, with: format!("{}{member}", forced(is_line)) }];
    };
    let end = last.range.end;
    let (_, next) = trivia::skip(text, end);
    if text[next..].starts_with(',') {
        let (place, is_line) = trivia::end_of_line_comments(text, next + 1);
        return vec![Splice { at: place..place, with: format!("{}{member},", forced(is_line)) }];
    }
    let (place, is_line) = trivia::end_of_line_comments(text, end);
    vec![
        Splice { at: end..end, with: ",".to_owned() },
        Splice { at: place..place, with: format!("{}{member}", forced(is_line)) },
    ]
}

/// The text with another value, given as text, at a path that holds one.
pub(super) fn replace(text: &str, path: &[String], raw: &str) -> Result<String, TextError> {
    let document = Document::parse(text)?;
    let Some((_, _, member)) = document.member(path) else { return Ok(text.to_owned()) };
    let range = member.value.range();
    Ok(spliced(text, vec![Splice { at: range.start..range.end, with: raw.to_owned() }]))
}

/// The text without the member at that path.
pub(super) fn remove(text: &str, path: &[String]) -> Result<String, TextError> {
    let document = Document::parse(text)?;
    let Some((object, place, member)) = document.member(path) else { return Ok(text.to_owned()) };
    let start = layout::lead_start(text, object, place);
    let end = member.range.end;
    let (_, next) = trivia::skip(text, end);
    let has_comma = text[next..].starts_with(',');
    let behind = if has_comma { next + 1 } else { next };
    let mut splices = Vec::new();
    if has_comma {
        splices.push(Splice { at: next..behind, with: String::new() });
    } else if place > 0 {
        let comma = layout::after_separator(text, object, place) - 1;
        splices.push(Splice { at: comma..comma + 1, with: String::new() });
    }
    let rest = if has_comma {
        format!("{}{}", &text[end..next], first_line(&text[behind..]))
    } else {
        first_line(&text[end..]).to_owned()
    };
    let with = if needs_line_end(text, object, place, &rest) { layout::newline(text) } else { "" };
    splices.push(Splice { at: start..end, with: with.to_owned() });
    Ok(spliced(text, splices))
}

/// The text with other white space between the braces of an object that has no members any more.
pub(super) fn refill(text: &str, path: &[String], inside: &str) -> Result<String, TextError> {
    let document = Document::parse(text)?;
    let Some(object) = document.object(path)? else { return Ok(text.to_owned()) };
    if !is_empty(&document, object) {
        return Ok(text.to_owned());
    }
    let at = object.range.start + 1..object.range.end - 1;
    Ok(spliced(text, vec![Splice { at, with: inside.to_owned() }]))
}

/// Whether nothing but white space stands between the braces.
pub(super) fn is_empty(document: &Document<'_>, object: &Object<'_>) -> bool {
    object.properties.is_empty() && document.inside(object).trim().is_empty()
}

/// Whether what follows a member that goes would end up in a comment before it.
fn needs_line_end(text: &str, object: &Object<'_>, place: usize, rest: &str) -> bool {
    let from = layout::after_separator(text, object, place);
    let is_behind_comment = trivia::skip(text, from).0.last().is_some_and(|comment| comment.is_line);
    is_behind_comment && !rest.trim_start_matches([' ', '\t']).starts_with(['\n', '\r'])
}

/// Up to the first line's end, with it.
fn first_line(text: &str) -> &str {
    &text[..text.find(['\n', '\r']).map_or(text.len(), |at| at + 1)]
}

fn spliced(text: &str, mut splices: Vec<Splice>) -> String {
    splices.sort_by_key(|splice| splice.at.start);
    let (mut new, mut at) = (String::with_capacity(text.len() + 256), 0);
    for Splice { at: range, with } in splices {
        new.push_str(&text[at..range.start]);
        new.push_str(&with);
        at = range.end;
    }
    new.push_str(&text[at..]);
    new
}
