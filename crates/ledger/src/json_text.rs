//! JSON that the ledger keeps as text and never looks into: decisions, attempts, drops, repairs.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// Bytes of one text that are kept. A longer one is replaced by a note of its size, so that a pathological
/// request cannot fill the disk.
const MOST_BYTES: usize = 16 * 1024;

/// One valid JSON value as text, at most 16 KiB.
#[derive(Clone, Debug)]
pub struct JsonText(Box<RawValue>);

// === impl JsonText ===

impl JsonText {
    /// Writes `value` as JSON. Over 16 KiB it becomes `{"omitted_bytes":N}`.
    ///
    /// # Errors
    /// When `value` cannot be written as JSON, such as a map with keys that are no text.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::value::to_raw_value(value).and_then(Self::bounded)
    }

    /// Takes text that is JSON already, with the same bound.
    ///
    /// # Errors
    /// When `text` is not JSON.
    pub fn parse(text: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text).and_then(Self::bounded)
    }

    fn bounded(raw: Box<RawValue>) -> Result<Self, serde_json::Error> {
        let bytes = raw.get().len();
        if bytes <= MOST_BYTES {
            return Ok(Self(raw));
        }
        RawValue::from_string(format!(r#"{{"omitted_bytes":{bytes}}}"#)).map(Self)
    }

    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for JsonText {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for JsonText {}

impl Serialize for JsonText {
    /// As the JSON it is, not as a string.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl ToSql for JsonText {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.as_str()))
    }
}

impl FromSql for JsonText {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::parse(value.as_str()?.to_owned()).map_err(FromSqlError::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_json() {
        let text = JsonText::of(&vec![("rule", 3)]).unwrap();
        assert_eq!(text.as_str(), r#"[["rule",3]]"#);
        assert_eq!(serde_json::to_string(&text).unwrap(), r#"[["rule",3]]"#);
        assert!(JsonText::parse("{".to_owned()).is_err());
    }

    #[test]
    fn too_long_a_text_is_replaced_by_its_size() {
        let text = JsonText::of(&"x".repeat(20_000)).unwrap();
        assert_eq!(text.as_str(), r#"{"omitted_bytes":20002}"#);
    }
}
