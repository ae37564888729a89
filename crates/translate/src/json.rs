//! Looking at JSON text without parsing it: the arguments of a tool call as a model writes them, not whole
//! yet, and the nesting of what an upstream sent.

/// Follows one JSON value through pieces of text and knows when it ends.
///
/// ```text
///             ┌──────── "  ────────┐
///   Before ─▶ Inside(depth) ⇄ InString(depth) ⇄ Escape(depth)
///     │            │ depth 0
///     └─ scalar ─▶ Scalar            Complete
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JsonProgress {
    /// Nothing but white space so far.
    #[default]
    Before,
    /// Inside an object or array.
    Inside(u32),
    /// Inside a string within an object or array.
    InString(u32),
    /// After a backslash in such a string.
    Escape(u32),
    /// A value that is no object or array; its end cannot be seen from within.
    Scalar,
    /// The object or array is whole.
    Complete,
}

// === impl JsonProgress ===

impl JsonProgress {
    /// Takes the next piece and tells how many of its bytes belong to the value (leading space included).
    pub fn feed(&mut self, piece: &str) -> usize {
        for (at, byte) in piece.bytes().enumerate() {
            *self = match (*self, byte) {
                (Self::Complete, _) => return at,
                (Self::Scalar, _) => return piece.len(),
                (Self::Before, b' ' | b'\t' | b'\n' | b'\r') => Self::Before,
                (Self::Before, b'{' | b'[') => Self::Inside(1),
                (Self::Before, _) => Self::Scalar,
                (Self::Inside(depth), b'{' | b'[') => Self::Inside(depth.saturating_add(1)),
                (Self::Inside(1), b'}' | b']') => Self::Complete,
                (Self::Inside(depth), b'}' | b']') => Self::Inside(depth.saturating_sub(1)),
                (Self::Inside(depth), b'"') => Self::InString(depth),
                (Self::InString(depth), b'"') => Self::Inside(depth),
                (Self::InString(depth), b'\\') => Self::Escape(depth),
                (Self::Escape(depth), _) => Self::InString(depth),
                (state, _) => state,
            };
        }
        piece.len()
    }
}

/// Whether values are nested deeper than `limit`. Readers of single fields start anew at each field, so they
/// do not see how deep they are.
pub(crate) fn is_nested_deeper(json: &[u8], limit: usize) -> bool {
    let mut depth = 0_usize;
    let mut bytes = json.iter();
    let mut in_string = false;
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if in_string => drop(bytes.next()),
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// What a key or value is expected to be, at one level of nesting.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Array,
    Key,
    Value,
}

/// The longest part of cut-off JSON that is whole, closed: what SDKs make of a truncated tool call.
///
/// A string, number or key that was cut is left out. `None` when the text is no object or array at all.
#[must_use]
pub fn close_partial(text: &str) -> Option<String> {
    let mut levels: Vec<Level> = Vec::new();
    let mut safe = 0;
    let mut at = 0;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let level = levels.last().copied();
        match bytes[at] {
            b'{' | b'[' => {
                levels.push(if bytes[at] == b'{' { Level::Key } else { Level::Array });
                safe = at + 1;
            }
            b'}' | b']' => {
                levels.pop()?;
                safe = at + 1;
                if levels.is_empty() {
                    break;
                }
                value_done(&mut levels);
            }
            b'"' => {
                let Some(end) = string_end(bytes, at) else { break };
                at = end;
                if level != Some(Level::Key) {
                    safe = end + 1;
                    value_done(&mut levels);
                }
            }
            b':' => set_top(&mut levels, Level::Value),
            b',' | b' ' | b'\t' | b'\n' | b'\r' => {}
            _ => {
                let Some(end) = scalar_end(bytes, at) else { break };
                at = end - 1;
                safe = end;
                value_done(&mut levels);
            }
        }
        at += 1;
    }
    if safe == 0 {
        return None;
    }
    let mut closed = text[..safe].to_owned();
    closed.extend(levels.iter().rev().map(|level| if *level == Level::Array { ']' } else { '}' }));
    serde_json::from_str::<serde::de::IgnoredAny>(&closed).ok().map(|_| closed)
}

fn set_top(levels: &mut [Level], level: Level) {
    if let Some(top) = levels.last_mut().filter(|top| **top != Level::Array) {
        *top = level;
    }
}

fn value_done(levels: &mut [Level]) {
    set_top(levels, Level::Key);
}

/// Offset of the closing quote of the string that opens at `open`.
fn string_end(bytes: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Offset after a number or literal; `None` when the text ends before it is sure to be whole.
fn scalar_end(bytes: &[u8], start: usize) -> Option<usize> {
    let len =
        bytes[start..].iter().position(|b| matches!(b, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'))?;
    Some(start + len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_value_is_seen() {
        for (pieces, taken, state) in [
            (vec!["{\"a\":", "1}"], vec![5, 2], JsonProgress::Complete),
            (vec!["{\"a\":\"}\\\"}\"", "}"], vec![11, 1], JsonProgress::Complete),
            (vec![" {}", "{}"], vec![3, 0], JsonProgress::Complete),
            (vec!["{}  "], vec![2], JsonProgress::Complete),
            (vec!["[[1],", "[2]"], vec![5, 3], JsonProgress::Inside(1)),
            (vec!["\"{", "}\""], vec![2, 2], JsonProgress::Scalar),
            (vec!["", "  "], vec![0, 2], JsonProgress::Before),
            (vec!["{\"a\\"], vec![4], JsonProgress::Escape(1)),
        ] {
            let mut progress = JsonProgress::default();
            let got: Vec<usize> = pieces.iter().map(|piece| progress.feed(piece)).collect();
            assert_eq!((got, progress), (taken, state), "{pieces:?}");
        }
    }

    #[test]
    fn nesting_is_counted_outside_of_strings() {
        for (json, deeper) in [
            ("[[1]]", false),
            ("[[[1]]]", true),
            (r#"{"a":[1],"b":[2],"c":{}}"#, false),
            (r#"["[[[[","\"[[[["]"#, false),
            (r#"["\\",[[]]]"#, true),
            ("]]][[", false),
        ] {
            assert_eq!(is_nested_deeper(json.as_bytes(), 2), deeper, "{json}");
        }
    }

    #[test]
    fn cut_json_is_closed_where_it_was_whole() {
        for (cut, closed) in [
            (r#"{"a":1,"b":"x"#, Some(r#"{"a":1}"#)),
            (r#"{"a":1"#, Some("{}")),
            (r#"{"a":[1,2"#, Some(r#"{"a":[1]}"#)),
            (r#"{"a":{"b":"c"},"d"#, Some(r#"{"a":{"b":"c"}}"#)),
            (r#"{"a":"#, Some("{}")),
            (r#"{"a":tru"#, Some("{}")),
            (r#"{"a":true,"#, Some(r#"{"a":true}"#)),
            (r#"{"a":"\"#, Some("{}")),
            ("{", Some("{}")),
            ("[{\"a\":\"b\"}", Some("[{\"a\":\"b\"}]")),
            (r#"{"a":1} trailing"#, Some(r#"{"a":1}"#)),
            ("not json", None),
            ("", None),
            ("}", None),
        ] {
            assert_eq!(close_partial(cut).as_deref(), closed, "{cut}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_prefix_of_an_object_closes_to_json(text in "[a-z\"\\\\{}\\[\\],: é]{0,12}", n in 0i64..1000) {
            let whole = serde_json::json!({"t": text, "n": n, "l": [1, {"k": [text, null, true]}], "o": {}}).to_string();
            for cut in (1..=whole.len()).filter(|cut| whole.is_char_boundary(*cut)) {
                let closed = close_partial(&whole[..cut]);
                proptest::prop_assert!(closed.is_some(), "{}", &whole[..cut]);
            }
            proptest::prop_assert_eq!(close_partial(&whole), Some(whole));
        }
    }
}
