//! The way back.

use serde_json::Value;

use super::connect::MODEL;
use super::document::{BOM, Document, TextError};
use super::{FileBefore, KeyBefore, ObjectBefore, Path, Written, member};

/// How our names for models begin, and what else no model of Claude's own has.
const ALIAS: &str = "claude-via-openrouter/";
const SLUG_SIGN: char = '/';

/// What the way back leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The text; `None` when there was no file, and nothing but ours is in it.
    pub text: Option<String>,
    /// Keys that somebody has changed since, which stay as they are.
    pub left: Vec<Path>,
}

/// The text without what is ours: each key that still has our value is what it was before. A file that has been taken
/// back already comes out as it went in.
///
/// # Errors
/// [`TextError`] when the text is no JSON.
pub fn restore(text: Option<&str>, written: &Written) -> Result<Restored, TextError> {
    let Some(whole) = text else { return Ok(Restored { text: None, left: Vec::new() }) };
    let (bom, body) = whole.strip_prefix(BOM).map_or(("", whole), |body| (BOM, body));
    if body.trim().is_empty() {
        return Ok(Restored { text: Some(whole.to_owned()), left: Vec::new() });
    }
    Document::parse(body)?;
    let (mut body, mut left) = (body.to_owned(), Vec::new());
    for key in written.keys.iter().rev() {
        match take_back(&body, key)? {
            Some(text) => body = text,
            None => {
                if !is_as_before(&body, key)? {
                    left.push(key.path.clone());
                }
            }
        }
    }
    body = model(&body, written.model.as_deref())?;
    for object in written.objects.iter().rev() {
        body = empty_again(body, object)?;
    }
    left.reverse();
    Ok(Restored { text: file(&written.file, bom, body)?, left })
}

/// The text with that key as it was before; `None` when it has not our value any more.
pub(super) fn take_back(body: &str, key: &KeyBefore) -> Result<Option<String>, TextError> {
    let document = Document::parse(body)?;
    if !document.value(&key.path).is_some_and(|now| key.ours.contains(&now)) {
        return Ok(None);
    }
    match &key.before {
        Some(raw) => member::replace(body, &key.path, raw).map(Some),
        None => member::remove(body, &key.path).map(Some),
    }
}

/// An object in which nothing is left is again what it was: gone, or with its own white space.
pub(super) fn empty_again(body: String, object: &ObjectBefore) -> Result<String, TextError> {
    let Some(inside) = &object.inside else {
        let document = Document::parse(&body)?;
        let made = document.object(&object.path).ok().flatten();
        let is_empty = made.is_some_and(|made| member::is_empty(&document, made));
        return if is_empty { member::remove(&body, &object.path) } else { Ok(body) };
    };
    member::refill(&body, &object.path, inside)
}

/// Whether a model's name is one that only we understand.
pub(super) fn ours_by_name(value: &Value) -> bool {
    value.as_str().is_some_and(|name| name.starts_with(ALIAS) || name.contains(SLUG_SIGN))
}

fn is_as_before(body: &str, key: &KeyBefore) -> Result<bool, TextError> {
    Ok(Document::parse(body)?.raw(&key.path) == key.before.as_deref())
}

/// Without us, Claude Code cannot ask for a model by our name.
fn model(body: &str, before: Option<&str>) -> Result<String, TextError> {
    let path = [MODEL.to_owned()];
    let document = Document::parse(body)?;
    if !document.value(&path).is_some_and(|now| ours_by_name(&now)) || document.raw(&path) == before {
        return Ok(body.to_owned());
    }
    match before {
        Some(raw) => member::replace(body, &path, raw),
        None => member::remove(body, &path),
    }
}

/// What was no object before is that again, when nothing of the user's is in it.
fn file(before: &FileBefore, bom: &str, body: String) -> Result<Option<String>, TextError> {
    let document = Document::parse(&body)?;
    let is_bare = body.trim().len() == document.root.range.end - document.root.range.start
        && member::is_empty(&document, &document.root);
    Ok(match before {
        FileBefore::Missing if is_bare => None,
        FileBefore::Blank(text) if is_bare => Some(text.clone()),
        FileBefore::Missing | FileBefore::Blank(_) | FileBefore::Settings => Some(format!("{bom}{body}")),
    })
}
