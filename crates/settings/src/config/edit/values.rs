//! Writing and removing what is at a path.

use std::ops::Range;

use toml_edit::{InlineTable, Value};

use super::blocks::{self, line_end, line_start};
use super::draft::{Draft, Kind, assignment};
use super::inline;
use crate::config::error::EditError;
use crate::config::locate::{self, Node, Step};
use crate::config::schema::{self, Place};

/// Reads a path; only what the configuration knows is a place.
pub(super) fn path(text: &str) -> Result<Vec<Step>, EditError> {
    let path = locate::parse(text).filter(|path| schema::place(&locate::pattern(path)).is_some());
    path.ok_or_else(|| EditError::NoSuchPlace(text.to_owned()))
}

/// Writes a value. `None`: the path leads beyond a list's end, or such a value cannot stand there.
pub(super) fn set(draft: &mut Draft, path: &[Step], value: &Value) -> Option<()> {
    match schema::place(&locate::pattern(path))? {
        Place::Value(_) => {}
        Place::Table if value.is_inline_table() => {}
        Place::Tables if tables(value).is_some() => {}
        Place::Table | Place::Tables => return None,
    }
    let there = {
        let document = draft.document()?;
        let found = locate::find(&document, path);
        found.map(|found| found.node.as_value().and_then(Value::span))
    };
    match there {
        Some(Some(span)) => draft.replace(span, &inline::bare(value).to_string()),
        Some(None) => match path {
            [Step::Name(list), Step::Index(index)] => {
                draft.take(path);
                draft.put(list, *index, value.as_inline_table()?);
            }
            _ => {
                draft.take(path);
                insert(draft, path, value)?;
            }
        },
        None => insert(draft, path, value)?,
    }
    Some(())
}

/// Removes what is at a path, if anything is. `None`: the path leads beyond a list's end.
pub(super) fn unset(draft: &mut Draft, path: &[Step]) -> Option<()> {
    {
        let document = draft.document()?;
        if locate::find(&document, path).is_none() {
            let ends_in_index = |prefix: &&[Step]| matches!(prefix.last(), Some(Step::Index(_)));
            let mut elements = (1..=path.len()).filter_map(|length| path.get(..length)).filter(ends_in_index);
            return elements.all(|element| locate::find(&document, element).is_some()).then_some(());
        }
    }
    // Dotted keys and headers can both make up one table: each round takes one kind out.
    while let Some(lines) = removal(draft, path)? {
        for range in lines.into_iter().rev() {
            draft.cut(range);
        }
        // One of a list is gone at once, and now the next one has its path.
        if matches!(path.last(), Some(Step::Index(_))) {
            break;
        }
    }
    Some(())
}

/// The next lines to take out, ascending; nothing is left when there are none. A value within another is removed
/// right here.
fn removal(draft: &mut Draft, path: &[Step]) -> Option<Option<Vec<Range<usize>>>> {
    let headed = draft.blocks_of(path);
    if !headed.is_empty() {
        return Some(Some(headed.into_iter().map(|block| block.begin..block.end).collect()));
    }
    let (outer, spans) = {
        let document = draft.document()?;
        let Some(found) = locate::find(&document, path) else { return Some(None) };
        let outer = outermost_value(&document, path).filter(|length| *length < path.len());
        let spans = match (&found.node, found.key) {
            (Node::Item(toml_edit::Item::Table(table)), _) => blocks::values(table),
            (node, key) => key.zip(node.span()).into_iter().collect(),
        };
        (outer, spans)
    };
    if let Some(length) = outer {
        change_inline(draft, path, length, inline::unset)?;
        return Some(None);
    }
    let text = draft.text();
    let mut lines: Vec<_> = spans
        .into_iter()
        .map(|(key, value)| line_start(text, key.start)..line_end(text, value.end))
        .collect();
    lines.sort_by_key(|range| range.start);
    Some((!lines.is_empty()).then_some(lines))
}

/// Writes a value where nothing is yet.
fn insert(draft: &mut Draft, path: &[Step], value: &Value) -> Option<()> {
    let (known, kind) = deepest(draft, path)?;
    let (there, rest) = path.split_at(known);
    match (kind, rest) {
        (None, [Step::Name(section), rest @ ..]) => new_section(draft, section, rest, value)?,
        (Some(Kind::Value), _) => {
            let length = outermost_value(&draft.document()?, path)?;
            change_inline(draft, path, length, |inner, rest| inline::set(inner, rest, value))?;
        }
        (Some(Kind::List), [Step::Index(index)]) => {
            let [Step::Name(list)] = there else { return None };
            if *index != draft.count(list) {
                return None;
            }
            draft.put(list, *index, value.as_inline_table()?);
        }
        (Some(Kind::Headed), [Step::Name(name), rest @ ..]) => {
            let block = draft.blocks_of(there).into_iter().find(|block| block.path == there)?;
            draft.add_line(block.end, &assignment(name, &inline::nested(rest, value)?));
        }
        (Some(Kind::Dotted), _) => dotted(draft, there, path, value)?,
        (Some(Kind::Implied), [Step::Name(name), rest @ ..]) => {
            let below = draft.blocks_of(there).first()?.begin;
            let mut table = InlineTable::new();
            table.insert(name, inline::nested(rest, value)?);
            let block = draft.block(&format!("[{}]", names(there).join(".")), &table);
            draft.paste(Some(below), &block);
        }
        _ => return None,
    }
    Some(())
}

/// A section or a list that the file does not have yet, at its end.
fn new_section(draft: &mut Draft, section: &str, rest: &[Step], value: &Value) -> Option<()> {
    match rest {
        [] if value.is_array() => {
            for (index, table) in tables(value)?.into_iter().enumerate() {
                draft.put(section, index, table);
            }
        }
        [Step::Index(0)] => draft.put(section, 0, value.as_inline_table()?),
        rest => {
            let value = inline::nested(rest, value)?;
            let block = draft.block(&format!("[{section}]"), value.as_inline_table()?);
            draft.paste(None, &block);
        }
    }
    Some(())
}

/// One more line among those that make up a table by dotted keys.
fn dotted(draft: &mut Draft, there: &[Step], path: &[Step], value: &Value) -> Option<()> {
    let (end, above) = {
        let document = draft.document()?;
        let Node::Item(toml_edit::Item::Table(table)) = locate::find(&document, there)?.node else {
            return None;
        };
        let all = blocks::blocks(&document).into_iter().map(|block| block.path);
        let above = all.filter(|block| there.starts_with(block)).map(|block| block.len()).max();
        (line_end(draft.text(), blocks::last_value(table)?), above.unwrap_or(0))
    };
    let below = path.get(above..)?;
    if below.iter().any(|step| matches!(step, Step::Index(_))) {
        return None;
    }
    draft.add_line(end, &format!("{} = {}", names(below).join("."), inline::bare(value)));
    Some(())
}

/// How much of the path is there, and what stands at its end; nothing at the end of an empty one.
fn deepest(draft: &Draft, path: &[Step]) -> Option<(usize, Option<Kind>)> {
    let document = draft.document()?;
    let known = (1..path.len()).rev().find_map(|length| {
        let found = locate::find(&document, path.get(..length)?)?;
        Some((length, Kind::of(&found.node)))
    });
    Some(known.unwrap_or((0, None)))
}

/// The length of the shortest part of the path at which a value stands.
fn outermost_value(document: &toml_edit::Document<&str>, path: &[Step]) -> Option<usize> {
    (1..=path.len()).find(|length| {
        let found = path.get(..*length).and_then(|path| locate::find(document, path));
        found.is_some_and(|found| found.node.as_value().is_some())
    })
}

/// Changes something within the value at the first `length` steps of the path.
fn change_inline(
    draft: &mut Draft,
    path: &[Step],
    length: usize,
    change: impl FnOnce(&mut Value, &[Step]) -> Option<()>,
) -> Option<()> {
    let (outer, rest) = path.split_at_checked(length)?;
    let (span, mut value) = {
        let document = draft.document()?;
        let found = locate::find(&document, outer)?;
        draft.value(found.node.as_value()?)?
    };
    change(&mut value, rest)?;
    draft.write_back(span, &value);
    Some(())
}

/// The tables in a list of such.
fn tables(value: &Value) -> Option<Vec<&InlineTable>> {
    value.as_array()?.iter().map(Value::as_inline_table).collect()
}

fn names(path: &[Step]) -> Vec<&str> {
    let mut names = Vec::new();
    for step in path {
        if let Step::Name(name) = step {
            names.push(name.as_str());
        }
    }
    names
}
