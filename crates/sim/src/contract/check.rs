//! The pieces that rules are made of: places, kinds, and the list of faults.

use std::fmt;

use serde_json::{Map, Value};

use crate::journal::Fault;

/// Characters of a value that a fault quotes.
const QUOTED_CHARS: usize = 60;

/// A place in the body.
#[derive(Clone, Copy)]
pub(super) enum At<'a> {
    Root,
    Key(&'a At<'a>, &'a str),
    Index(&'a At<'a>, usize),
}

/// What a field must hold.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Checked elsewhere.
    Any,
    Text,
    /// Text of at most so many characters.
    Short(usize),
    Bool,
    Int,
    /// A number within bounds.
    Within(f64, f64),
    OneOf(&'static [&'static str]),
    /// A list of texts.
    Texts,
    /// A list of texts out of a few.
    SomeOf(&'static [&'static str]),
    List,
    Object,
}

/// A field an object may have.
pub(super) type Field = (&'static str, Kind);

/// Collects faults.
#[derive(Default)]
pub(super) struct Check {
    pub(super) faults: Vec<Fault>,
    /// Cache breakpoints seen so far.
    pub(super) breakpoints: usize,
}

// === impl At ===

impl<'a> At<'a> {
    pub(super) const fn key(&'a self, key: &'a str) -> Self {
        Self::Key(self, key)
    }

    pub(super) const fn index(&'a self, index: usize) -> Self {
        Self::Index(self, index)
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("$"),
            Self::Key(parent, key) => write!(f, "{parent}.{key}"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

// === impl Check ===

impl Check {
    pub(super) fn fault(&mut self, rule: &'static str, at: &At<'_>, found: &str) {
        self.faults.push(Fault { rule, path: at.to_string(), found: found.to_owned() });
    }

    /// Notes a value of the wrong kind.
    pub(super) fn wrong(&mut self, at: &At<'_>, wanted: &str, value: &Value) {
        self.fault("wrong-type", at, &format!("{wanted} is wanted, not {}", quoted(value)));
    }

    /// The value as an object, or a fault.
    pub(super) fn object<'v>(&mut self, value: &'v Value, at: &At<'_>) -> Option<&'v Map<String, Value>> {
        if !value.is_object() {
            self.wrong(at, "an object", value);
        }
        value.as_object()
    }

    /// The value as a list, or a fault.
    pub(super) fn list<'v>(&mut self, value: &'v Value, at: &At<'_>) -> &'v [Value] {
        match value {
            Value::Array(items) => items,
            _ => {
                self.wrong(at, "a list", value);
                &[]
            }
        }
    }

    /// Checks an object against the fields it may have, and what they hold.
    pub(super) fn fields(&mut self, value: &Value, at: &At<'_>, known: &[Field]) {
        let Some(object) = self.object(value, at) else { return };
        for (key, value) in object {
            match known.iter().find(|(name, _)| name == key) {
                Some((_, kind)) => self.kind(*kind, value, &at.key(key)),
                None => self.fault("unknown-field", &at.key(key), &quoted(value)),
            }
        }
    }

    /// Notes a field that must be there and is not.
    pub(super) fn needs(&mut self, value: &Value, at: &At<'_>, key: &str) {
        if value.get(key).is_none() {
            self.fault("missing-field", &at.key(key), "nothing");
        }
    }

    fn kind(&mut self, kind: Kind, value: &Value, at: &At<'_>) {
        let texts = |items: &Value| items.as_array().is_some_and(|items| items.iter().all(Value::is_string));
        let wanted = match kind {
            Kind::Any => return,
            Kind::Text if !value.is_string() => "text",
            Kind::Short(most) => match value.as_str() {
                Some(text) if text.chars().count() > most => {
                    let found = format!("{} characters, more than {most}", text.chars().count());
                    return self.fault("too-long", at, &found);
                }
                Some(_) => return,
                None => "text",
            },
            Kind::Bool if !value.is_boolean() => "true or false",
            Kind::Int if !value.is_u64() => "a whole number",
            Kind::Within(least, most) => match value.as_f64() {
                Some(number) if !(least..=most).contains(&number) => {
                    return self.fault(
                        "out-of-range",
                        at,
                        &format!("{number} is not within {least} and {most}"),
                    );
                }
                Some(_) => return,
                None => "a number",
            },
            Kind::OneOf(words) => match value.as_str() {
                Some(text) if words.contains(&text) => return,
                _ => {
                    let found = format!("{} is none of {}", quoted(value), words.join(", "));
                    return self.fault("unknown-value", at, &found);
                }
            },
            Kind::Texts if !texts(value) => "a list of texts",
            Kind::SomeOf(words) => {
                for (number, item) in self.list(value, at).iter().enumerate() {
                    self.kind(Kind::OneOf(words), item, &at.index(number));
                }
                return;
            }
            Kind::List if !value.is_array() => "a list",
            Kind::Object if !value.is_object() => "an object",
            _ => return,
        };
        self.wrong(at, wanted, value);
    }

    /// A `cache_control` value, which is a breakpoint.
    pub(super) fn cache_control(&mut self, value: Option<&Value>, at: &At<'_>) {
        let Some(value) = value else { return };
        self.breakpoints += 1;
        const FIELDS: &[Field] =
            &[("type", Kind::OneOf(&["ephemeral"])), ("ttl", Kind::OneOf(&["5m", "1h"]))];
        let at = at.key("cache_control");
        self.fields(value, &at, FIELDS);
        self.needs(value, &at, "type");
    }
}

/// A value as JSON, shortened.
pub(super) fn quoted(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(QUOTED_CHARS) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}
