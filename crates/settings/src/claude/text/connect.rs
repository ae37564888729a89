//! The way there.

use serde_json::Value;

use super::document::{BOM, Document, TextError};
use super::restore::{empty_again, ours_by_name, take_back};
use super::{FileBefore, KeyBefore, ObjectBefore, Wanted, Written, layout, member};

/// The key that Claude Code itself writes when a model is picked.
pub(super) const MODEL: &str = "model";

/// The text with all keys as wanted, and the record of what was there before. `text` is `None` for a file that does not
/// exist. `earlier` is the record of the last time, when it has not been taken back: keys that still have our value stay
/// ours, with what was there before them.
///
/// # Errors
/// [`TextError`] when the text is no JSON, or `env` is no object.
pub fn connect(
    text: Option<&str>,
    wanted: &[Wanted],
    earlier: Option<&Written>,
) -> Result<(String, Written), TextError> {
    let whole = text.unwrap_or_default();
    let (bom, body) = whole.strip_prefix(BOM).map_or(("", whole), |body| (BOM, body));
    let is_blank = body.trim().is_empty();
    let file = match (text, earlier) {
        (None, _) => FileBefore::Missing,
        (Some(text), _) if is_blank => FileBefore::Blank(text.to_owned()),
        (Some(_), Some(earlier)) => earlier.file.clone(),
        (Some(_), None) => FileBefore::Settings,
    };
    let earlier = earlier.filter(|_| !is_blank);
    let body = if is_blank { format!("{{}}{}", layout::newline(body)) } else { body.to_owned() };
    let document = Document::parse(&body)?;
    let mut written = Written {
        file,
        objects: known_objects(&document, earlier),
        keys: Vec::new(),
        model: model_before(&document, earlier),
    };
    let mut body = without_old_keys(body.clone(), wanted, earlier, &mut written)?;
    for one in wanted {
        let known = earlier.and_then(|earlier| earlier.keys.iter().find(|key| key.path == one.path));
        let key;
        (body, key) = set(body, one, known, &mut written.objects)?;
        written.keys.push(key);
    }
    Ok((format!("{bom}{body}"), written))
}

/// What `model` was before it was ours.
fn model_before(document: &Document<'_>, earlier: Option<&Written>) -> Option<String> {
    let now = document.raw(&[MODEL.to_owned()]);
    let is_ours = document.value(&[MODEL.to_owned()]).is_some_and(|value| ours_by_name(&value));
    match earlier {
        Some(earlier) if is_ours => earlier.model.clone(),
        _ => now.map(str::to_owned),
    }
}

/// Objects of the last time that are still there.
fn known_objects(document: &Document<'_>, earlier: Option<&Written>) -> Vec<ObjectBefore> {
    let known = earlier.map(|earlier| earlier.objects.clone()).unwrap_or_default();
    known.into_iter().filter(|object| matches!(document.object(&object.path), Ok(Some(_)))).collect()
}

/// Keys that were ours and are not wanted any more go back to what they were. They stay in the record this once: should
/// the file not get written, they are still in it.
fn without_old_keys(
    mut body: String,
    wanted: &[Wanted],
    earlier: Option<&Written>,
    written: &mut Written,
) -> Result<String, TextError> {
    let keys = earlier.map(|earlier| earlier.keys.as_slice()).unwrap_or_default();
    for key in keys.iter().rev().filter(|key| wanted.iter().all(|one| one.path != key.path)) {
        if let Some(text) = take_back(&body, key)? {
            body = text;
            written.keys.insert(0, key.clone());
        }
    }
    let is_needed = |object: &ObjectBefore| wanted.iter().any(|one| one.path.starts_with(&object.path));
    for object in written.objects.iter().rev().filter(|object| !is_needed(object)) {
        body = empty_again(body, object)?;
    }
    Ok(body)
}

fn set(
    body: String,
    wanted: &Wanted,
    known: Option<&KeyBefore>,
    objects: &mut Vec<ObjectBefore>,
) -> Result<(String, KeyBefore), TextError> {
    let Wanted { path, value } = wanted;
    let document = Document::parse(&body)?;
    let now = document.value(path);
    let known = known.filter(|known| now.as_ref().is_some_and(|now| known.ours.contains(now)));
    let key = |before, mut ours: Vec<Value>| {
        ours.retain(|older| older != value);
        ours.push(value.clone());
        KeyBefore { path: path.clone(), before, ours }
    };
    let key = match known {
        Some(known) => key(known.before.clone(), now.clone().into_iter().collect()),
        None => key(document.raw(path).map(str::to_owned), Vec::new()),
    };
    if now.as_ref() == Some(value) {
        return Ok((body, key));
    }
    if now.is_some() {
        return Ok((member::replace(&body, path, &value.to_string())?, key));
    }
    let (body, made) = member::insert(&body, path, value)?;
    for object in made {
        // What was made just now had not been there, whatever an earlier record says.
        objects.retain(|known| known.path != object.path);
        objects.push(object);
    }
    Ok((body, key))
}
