//! From a document to types, with the path to the first value that a type refuses.
//!
//! `toml_edit` has a deserializer too. It brings its reading of tables and of lists once for each of some forty types,
//! which made 0.5 MB of the program with the one that follows paths; and it reads money as a float. Here every type meets
//! one kind of table, one of lists and the scalars, and money is the text that it is written in.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, Error as _, IntoDeserializer as _, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use serde::forward_to_deserialize_any;
use toml_edit::{Document, Item, Value};

use super::locate::{Node, Step};
use super::schema::{self, Place};

/// What the types make of a document.
///
/// # Errors
/// The first value that they refuse.
pub(super) fn read<'a, T: de::Deserialize<'a>>(document: &'a Document<&str>) -> Result<T, Refused> {
    let whole = Input { node: Node::Item(document.as_item()), pattern: String::new() };
    T::deserialize(whole).map_err(|mut refused| {
        refused.path.reverse();
        refused
    })
}

/// A value that a type refuses.
#[derive(Debug)]
pub(super) struct Refused {
    /// Where it stands.
    pub path: Vec<Step>,
    /// Why, in the type's words.
    pub why: String,
}

// === impl Refused ===

impl Refused {
    /// Called from the inside outwards: the path stands in reverse until it is whole.
    fn within(mut self, step: Step) -> Self {
        self.path.push(step);
        self
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Refused {}

impl de::Error for Refused {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self { path: Vec::new(), why: why.to_string() }
    }
}

/// One value on its way to its type.
struct Input<'a> {
    node: Node<'a>,
    /// Its path in the table of keys.
    pattern: String,
}

// === impl Input ===

impl<'a> Input<'a> {
    fn table(self) -> Result<Table<'a>, Self> {
        match self.node.as_table_like() {
            Some(table) => Ok(Table { entries: table.iter(), value: None, pattern: self.pattern }),
            None => Err(self),
        }
    }

    fn list(self) -> Result<List<'a>, Self> {
        let nodes: Box<dyn Iterator<Item = Node<'a>> + 'a> = match self.node {
            Node::Item(Item::ArrayOfTables(tables)) => Box::new(tables.iter().map(Node::Table)),
            Node::Item(Item::Value(Value::Array(list))) | Node::Value(Value::Array(list)) => {
                Box::new(list.iter().map(Node::Value))
            }
            _ => return Err(self),
        };
        Ok(List { nodes: nodes.enumerate(), pattern: self.pattern + "[]" })
    }

    /// The digits of an amount of money.
    fn money(&self) -> Option<String> {
        let number = match self.node.as_value()? {
            Value::Integer(number) => number.display_repr(),
            Value::Float(number) => number.display_repr(),
            _ => return None,
        };
        let is_money = matches!(schema::place(&self.pattern), Some(Place::Value(key)) if key.is_money);
        is_money.then(|| number.into_owned())
    }

    fn refused(&self, visitor: &dyn de::Expected) -> Refused {
        let unexpected = match self.node.as_value() {
            Some(Value::String(text)) => Unexpected::Str(text.value()),
            Some(Value::Integer(number)) => Unexpected::Signed(*number.value()),
            Some(Value::Float(number)) => Unexpected::Float(*number.value()),
            Some(Value::Boolean(is)) => Unexpected::Bool(*is.value()),
            Some(Value::Datetime(_)) => Unexpected::Other("a date"),
            Some(Value::Array(_)) => Unexpected::Seq,
            Some(Value::InlineTable(_)) | None => Unexpected::Map,
        };
        Refused::invalid_type(unexpected, visitor)
    }
}

impl<'de> Deserializer<'de> for Input<'de> {
    type Error = Refused;

    /// A scalar: tables and lists are asked for as such by every type of the configuration.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        if let Some(money) = self.money() {
            return visitor.visit_string(money);
        }
        match self.node.as_value() {
            Some(Value::String(text)) => visitor.visit_str(text.value()),
            Some(Value::Integer(number)) => visitor.visit_i64(*number.value()),
            Some(Value::Float(number)) => visitor.visit_f64(*number.value()),
            Some(Value::Boolean(is)) => visitor.visit_bool(*is.value()),
            _ => Err(self.refused(&visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.list() {
            Ok(list) => visitor.visit_seq(list),
            Err(other) => Err(other.refused(&visitor)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.table() {
            Ok(table) => visitor.visit_map(table),
            Err(other) => Err(other.refused(&visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.deserialize_map(visitor)
    }

    /// One of some words.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        match self.node.as_value() {
            Some(Value::String(text)) => visitor.visit_enum(StrDeserializer::new(text.value())),
            _ => Err(self.refused(&visitor)),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct
        tuple tuple_struct identifier ignored_any
    }
}

/// The keys of a table.
struct Table<'a> {
    entries: toml_edit::Iter<'a>,
    value: Option<(&'a str, &'a Item)>,
    pattern: String,
}

impl<'de> MapAccess<'de> for Table<'de> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        self.value = self.entries.next();
        self.value.map(|(name, _)| seed.deserialize(name.into_deserializer())).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refused> {
        let Some((name, item)) = self.value.take() else {
            return Err(Refused::custom("a value was asked for before its key"));
        };
        let input = Input { node: Node::Item(item), pattern: schema::joined(&self.pattern, name) };
        seed.deserialize(input).map_err(|refused| refused.within(Step::Name(name.to_owned())))
    }
}

/// The elements of a list.
struct List<'a> {
    nodes: std::iter::Enumerate<Box<dyn Iterator<Item = Node<'a>> + 'a>>,
    pattern: String,
}

impl<'de> SeqAccess<'de> for List<'de> {
    type Error = Refused;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refused> {
        let Some((index, node)) = self.nodes.next() else { return Ok(None) };
        let input = Input { node, pattern: self.pattern.clone() };
        seed.deserialize(input).map(Some).map_err(|refused| refused.within(Step::Index(index)))
    }
}
