//! From a key's path to its place in the text.

use std::ops::Range;

use toml_edit::{Document, Item, Key, Table, TableLike, Value};

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Into a table, by name.
    Name(String),
    /// Into a list, by position from 0.
    Index(usize),
}

/// Line and column, both from 1; the column counts characters.
pub(super) type Position = (usize, usize);

/// Something on the way along a path.
pub(super) enum Node<'a> {
    /// What a name stands for.
    Item(&'a Item),
    /// One of a list of tables.
    Table(&'a Table),
    /// One of a list of values.
    Value(&'a Value),
}

impl<'a> Node<'a> {
    fn step(&self, step: &Step) -> Option<(Self, Option<&'a Key>)> {
        match step {
            Step::Name(name) => {
                let (key, item) = self.as_table_like()?.get_key_value(name)?;
                Some((Node::Item(item), Some(key)))
            }
            Step::Index(index) => match self {
                Node::Item(Item::ArrayOfTables(tables)) => Some((Node::Table(tables.get(*index)?), None)),
                Node::Item(Item::Value(Value::Array(list))) | Node::Value(Value::Array(list)) => {
                    Some((Node::Value(list.get(*index)?), None))
                }
                _ => None,
            },
        }
    }

    /// The table, if it is one, however it is written.
    pub(super) fn as_table_like(&self) -> Option<&'a dyn TableLike> {
        match self {
            Node::Item(item) => item.as_table_like(),
            Node::Table(table) => Some(*table),
            Node::Value(value) => value.as_inline_table().map(|table| table as &dyn TableLike),
        }
    }

    /// The value, if it is one and no table with a header.
    pub(super) fn as_value(&self) -> Option<&'a Value> {
        match self {
            Node::Item(item) => item.as_value(),
            Node::Table(_) => None,
            Node::Value(value) => Some(value),
        }
    }

    /// Its bytes in the text.
    pub(super) fn span(&self) -> Option<Range<usize>> {
        match self {
            Node::Item(item) => item.span(),
            Node::Table(table) => table.span(),
            Node::Value(value) => value.span(),
        }
    }
}

/// What the text holds at a path.
pub(super) struct Found<'a> {
    /// Bytes of the key, if the path ends in a name.
    pub key: Option<Range<usize>>,
    /// What stands there.
    pub node: Node<'a>,
}

/// What is at the end of the path, if the text leads there.
pub(super) fn find<'a, S>(document: &'a Document<S>, path: &[Step]) -> Option<Found<'a>> {
    let mut node = Node::Item(document.as_item());
    let mut key = None;
    for step in path {
        let (next, next_key) = node.step(step)?;
        key = next_key.and_then(Key::span);
        node = next;
    }
    Some(Found { key, node })
}

/// Where a byte stands.
pub(super) fn position(text: &str, byte: usize) -> Position {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// The path as people write it: `map[0].target`.
pub(super) fn written(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Name(name) if text.is_empty() => text.push_str(name),
            Step::Name(name) => {
                text.push('.');
                text.push_str(name);
            }
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

/// The path without positions, as the table of keys has it: `map[].target`.
pub(super) fn pattern(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Name(name) => text = super::schema::joined(&text, name),
            Step::Index(_) => text.push_str("[]"),
        }
    }
    text
}

/// Reads `map[0].target` or `map.0.target`.
pub(super) fn parse(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for part in text.replace('[', ".").replace(']', "").split('.') {
        if part.is_empty() {
            return None;
        }
        steps.push(match part.parse() {
            Ok(index) => Step::Index(index),
            Err(_) => Step::Name(part.to_owned()),
        });
    }
    Some(steps)
}
