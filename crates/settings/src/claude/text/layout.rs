//! How an object is laid out, so that what is added looks as if it had always been there.

use jsonc_parser::ast::{Object, ObjectProp};
use jsonc_parser::common::Ranged as _;
use serde_json::Value;

use super::trivia;

/// What an object's members are indented by when nothing in the file tells.
const UNIT: &str = "  ";

/// The layout of an object's members.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// White space before a member: a line's end with an indent, a space, or nothing.
    pub(super) lead: String,
    /// What stands between a name and its value.
    pub(super) colon: String,
    /// One step of indentation.
    pub(super) unit: String,
}

// === impl Layout ===

impl Layout {
    /// That of an object with members.
    pub(super) fn of(text: &str, object: &Object<'_>, unit: &str) -> Option<Self> {
        let place = object.properties.len().checked_sub(1)?;
        let member = object.properties.last()?;
        let lead = from_last_line(&text[lead_start(text, object, place)..member.range.start]).to_owned();
        Some(Self { lead, colon: colon(text, member), unit: unit.to_owned() })
    }

    /// That of an object without members, which stands on a line with that indent, or in one line with its neighbours.
    pub(super) fn inside(around: &Self) -> Self {
        let lead = match around.lead.rfind('\n') {
            Some(_) => format!("{}{}", around.lead, around.unit),
            None => around.lead.clone(),
        };
        Self { lead, ..around.clone() }
    }

    /// That of the root when it has no members.
    pub(super) fn of_root(text: &str) -> Self {
        let newline = newline(text);
        Self { lead: format!("{newline}{UNIT}"), colon: ": ".to_owned(), unit: UNIT.to_owned() }
    }

    /// Whether each member has a line of its own.
    pub(super) fn has_lines(&self) -> bool {
        self.lead.contains('\n')
    }

    /// White space before the closing brace of an object of this layout.
    pub(super) fn closing(&self) -> &str {
        if self.has_lines() { self.lead.strip_suffix(&self.unit).unwrap_or(&self.lead) } else { &self.lead }
    }

    /// A member.
    pub(super) fn member(&self, name: &str, value: &Value) -> String {
        format!("{}{}{}", Value::from(name), self.colon, self.value(value))
    }

    /// A value: objects with their members laid out in the same way, all else in one line.
    fn value(&self, value: &Value) -> String {
        let Value::Object(members) = value else { return value.to_string() };
        let inside = Self::inside(self);
        let members: Vec<String> = members
            .iter()
            .map(|(name, value)| format!("{}{}", inside.lead, inside.member(name, value)))
            .collect();
        format!("{{{}{}}}", members.join(","), inside.closing())
    }
}

/// Where the white space before a member begins: after what stands before it, be that a comment.
pub(super) fn lead_start(text: &str, object: &Object<'_>, place: usize) -> usize {
    let from = after_separator(text, object, place);
    trivia::skip(text, from).0.last().map_or(from, |comment| comment.end)
}

/// Right behind the comma or the brace before a member.
pub(super) fn after_separator(text: &str, object: &Object<'_>, place: usize) -> usize {
    match place.checked_sub(1).and_then(|before| object.properties.get(before)) {
        Some(before) => trivia::skip(text, before.range.end).1 + 1,
        None => object.range.start + 1,
    }
}

/// One step of indentation in a file: that of the root's members.
pub(super) fn unit(text: &str, root: &Object<'_>) -> String {
    let layout = Layout::of(text, root, UNIT);
    let indent = layout.as_ref().and_then(|layout| layout.lead.rsplit_once('\n')).map(|(_, indent)| indent);
    indent.filter(|indent| !indent.is_empty()).unwrap_or(UNIT).to_owned()
}

/// How lines end in a text.
pub(super) fn newline(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// Without the empty lines above.
fn from_last_line(lead: &str) -> &str {
    match lead.rfind('\n') {
        Some(at) if lead[..at].ends_with('\r') => &lead[at - 1..],
        Some(at) => &lead[at..],
        None => lead,
    }
}

fn colon(text: &str, member: &ObjectProp<'_>) -> String {
    let between = &text[member.name.range().end..member.value.range().start];
    let is_plain = between.trim() == ":" && !between.contains(['\n', '\r']);
    if is_plain { between.to_owned() } else { ": ".to_owned() }
}
