//! JSON whose members keep their order and whose scalars keep their bytes.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::DEEPEST;
use crate::members::Members;

/// A JSON value.
#[derive(Clone, Debug)]
pub(super) enum Node<'a> {
    Object(Schema<'a>),
    Array(Vec<Node<'a>>),
    /// JSON text of a scalar, or of what is nested too deep.
    Leaf(Cow<'a, str>),
}

/// A JSON object, in its order.
#[derive(Clone, Debug, Default)]
pub(super) struct Schema<'a>(pub(super) Vec<(Cow<'a, str>, Node<'a>)>);

// === impl Node ===

impl<'a> Node<'a> {
    pub(super) fn read(raw: &'a RawValue, depth: usize) -> Option<Self> {
        let json = raw.get();
        if depth > DEEPEST {
            return Some(Self::Leaf(json.into()));
        }
        Some(match json.as_bytes().first()? {
            b'{' => {
                let members: Members<'a> = serde_json::from_str(json).ok()?;
                let read = |(name, value): (turnpike_wire::text::Text<'a>, &'a RawValue)| {
                    Some((name.0, Self::read(value, depth + 1)?))
                };
                Self::Object(Schema(members.0.into_iter().map(read).collect::<Option<_>>()?))
            }
            b'[' => {
                let list: Vec<&'a RawValue> = serde_json::from_str(json).ok()?;
                Self::Array(list.into_iter().map(|raw| Self::read(raw, depth + 1)).collect::<Option<_>>()?)
            }
            _ => Self::Leaf(json.into()),
        })
    }

    pub(super) fn text(word: &str) -> Self {
        Self::Leaf(serde_json::Value::from(word).to_string().into())
    }

    /// The JSON text of a scalar.
    pub(super) fn leaf(&self) -> Option<&str> {
        match self {
            Self::Leaf(json) => Some(json),
            _ => None,
        }
    }

    pub(super) fn write(&self, out: &mut String) {
        match self {
            Self::Leaf(json) => out.push_str(json),
            Self::Array(list) => {
                out.push('[');
                for (position, node) in list.iter().enumerate() {
                    if position > 0 {
                        out.push(',');
                    }
                    node.write(out);
                }
                out.push(']');
            }
            Self::Object(schema) => schema.write(out),
        }
    }
}

// === impl Schema ===

impl<'a> Schema<'a> {
    pub(super) fn of(members: &[(&'static str, Node<'a>)]) -> Self {
        Self(members.iter().map(|(name, node)| (Cow::Borrowed(*name), node.clone())).collect())
    }

    pub(super) fn write(&self, out: &mut String) {
        out.push('{');
        for (position, (name, node)) in self.0.iter().enumerate() {
            if position > 0 {
                out.push(',');
            }
            if name.bytes().all(|byte| byte >= b' ' && !matches!(byte, b'"' | b'\\')) {
                out.extend(["\"", name, "\""]);
            } else {
                out.push_str(&serde_json::Value::from(name.as_ref()).to_string());
            }
            out.push(':');
            node.write(out);
        }
        out.push('}');
    }

    pub(super) fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, node)| node)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Node<'a>> {
        self.0.iter_mut().find(|(known, _)| known == name).map(|(_, node)| node)
    }

    /// Takes a member out, and all others of its name.
    pub(super) fn take(&mut self, name: &str) -> Option<Node<'a>> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        let (_, node) = self.0.remove(at);
        self.0.retain(|(known, _)| known != name);
        Some(node)
    }

    /// Sets a member in its place, or at the end.
    pub(super) fn set(&mut self, name: &'static str, node: Node<'a>) {
        match self.get_mut(name) {
            Some(slot) => *slot = node,
            None => self.0.push((Cow::Borrowed(name), node)),
        }
    }

    /// Adds the members that are not there yet.
    pub(super) fn add_missing(&mut self, other: Self) {
        for (name, node) in other.0 {
            if self.get(&name).is_none() {
                self.0.push((name, node));
            }
        }
    }

    /// Whether `type` is this word.
    pub(super) fn is_of(&self, word: &str) -> bool {
        self.get("type").and_then(Node::leaf).is_some_and(|kind| kind.trim_matches('"') == word)
    }

    pub(super) fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.get(name).is_some())
    }
}
