//! A single pass over JSON bytes that checks what skipping a value does not check.
//!
//! Large parts of a request (tool schemas, base64 data, tool inputs) travel as raw JSON and are never
//! parsed. A raw part could still carry a nesting that overflows the next reader's stack, a lone
//! surrogate that no UTF-8 text can hold, or a million values; this pass finds them before anything else
//! looks at the body.

/// Deepest nesting accepted; the limit of serde_json too.
pub const MAX_DEPTH: usize = 128;
/// Most values accepted in one body.
pub const MAX_VALUES: usize = 500_000;

/// What is wrong with a JSON text, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault} at byte {offset}")]
pub struct ScanError {
    /// Byte offset in the text.
    pub offset: usize,
    /// What is wrong there.
    pub fault: ScanFault,
}

/// The kinds of fault that [`scan`] finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanFault {
    /// Not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("the JSON is nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// More values than [`MAX_VALUES`].
    #[error("the JSON holds more than {MAX_VALUES} values")]
    TooMany,
    /// Half of a surrogate pair.
    #[error("a \\u escape is half of a surrogate pair")]
    LoneSurrogate,
    /// A number that no float can hold.
    #[error("a number is out of range")]
    NumberOutOfRange,
    /// A string without its closing quote.
    #[error("a string is not closed")]
    OpenString,
}

/// Checks the whole text and gives it back as UTF-8.
///
/// Grammar is left to the parser that follows; this finds only what that parser would skip over.
///
/// # Errors
/// The first [`ScanFault`] with its offset.
pub fn scan(bytes: &[u8]) -> Result<&str, ScanError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|e| ScanError { offset: e.valid_up_to(), fault: ScanFault::NotUtf8 })?;
    let mut depth = 0_usize;
    let mut values = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = scan_string(bytes, at)?;
                continue;
            }
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(ScanError { offset: at, fault: ScanFault::TooDeep });
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => {
                values += 1;
                if values > MAX_VALUES {
                    return Err(ScanError { offset: at, fault: ScanFault::TooMany });
                }
            }
            b'-' | b'0'..=b'9' => {
                at = scan_number(text, at)?;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    Ok(text)
}

/// Returns the offset after the closing quote of the string that opens at `open`.
fn scan_string(bytes: &[u8], open: usize) -> Result<usize, ScanError> {
    let mut at = open + 1;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(offset) = memchr::memchr2(b'"', b'\\', rest) else {
            return Err(ScanError { offset: open, fault: ScanFault::OpenString });
        };
        at += offset;
        if bytes[at] == b'"' {
            return Ok(at + 1);
        }
        at = scan_escape(bytes, at)?;
    }
}

/// Returns the offset after the escape that begins at `at`.
fn scan_escape(bytes: &[u8], at: usize) -> Result<usize, ScanError> {
    match unit(bytes, at) {
        None => Ok(at + 2),
        Some(0xD800..=0xDBFF) if matches!(unit(bytes, at + 6), Some(0xDC00..=0xDFFF)) => Ok(at + 12),
        Some(0xD800..=0xDFFF) => Err(ScanError { offset: at, fault: ScanFault::LoneSurrogate }),
        Some(_) => Ok(at + 6),
    }
}

/// The UTF-16 unit of a `\uXXXX` escape at `at`, if there is one.
pub(crate) fn unit(bytes: &[u8], at: usize) -> Option<u16> {
    let escape = bytes.get(at..at + 6)?;
    if !escape.starts_with(b"\\u") {
        return None;
    }
    let digits = std::str::from_utf8(&escape[2..]).ok()?;
    u16::from_str_radix(digits, 16).ok()
}

/// Returns the offset after the number that begins at `at`.
fn scan_number(text: &str, at: usize) -> Result<usize, ScanError> {
    let rest = &text.as_bytes()[at..];
    let len = rest
        .iter()
        .position(|b| !matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
        .unwrap_or(rest.len());
    let number = &text[at..at + len];
    // Only a number with an exponent or with hundreds of digits can leave the range of a float.
    let suspicious = len > 300 || number.contains(['e', 'E']);
    if suspicious && number.parse::<f64>().is_ok_and(f64::is_infinite) {
        return Err(ScanError { offset: at, fault: ScanFault::NumberOutOfRange });
    }
    Ok(at + len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(bytes: &[u8]) -> Option<(usize, ScanFault)> {
        scan(bytes).err().map(|e| (e.offset, e.fault))
    }

    #[test]
    fn sound_json_passes() {
        for text in [
            r#"{"a":[1,-2.5e3,true,null],"b":"\ud83d\ude00 \"quoted\" \\"}"#,
            "\"\\u00e9 \u{e9}\"",
            "",
            "[1e308]",
            r#""\\ud800""#,
        ] {
            assert_eq!(fault(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_a_skipping_parser_would_miss() {
        for (bytes, expected) in [
            (br#"{"a":"\ud800"}"#.as_slice(), (6, ScanFault::LoneSurrogate)),
            (br#"["\udc00\ud800"]"#.as_slice(), (2, ScanFault::LoneSurrogate)),
            (br#"["\ud800\u0041"]"#.as_slice(), (2, ScanFault::LoneSurrogate)),
            (b"[\"\xff\"]".as_slice(), (2, ScanFault::NotUtf8)),
            (b"[1e400]".as_slice(), (1, ScanFault::NumberOutOfRange)),
            (br#"["abc"#.as_slice(), (1, ScanFault::OpenString)),
            (br#"["abc\"#.as_slice(), (1, ScanFault::OpenString)),
        ] {
            assert_eq!(fault(bytes), Some(expected), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn depth_and_count_are_bounded() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert_eq!(fault(&nested(MAX_DEPTH)), None);
        assert_eq!(fault(&nested(MAX_DEPTH + 1)), Some((MAX_DEPTH, ScanFault::TooDeep)));
        let many = [b"[".to_vec(), b"1,".repeat(MAX_VALUES + 1), b"1]".to_vec()].concat();
        assert_eq!(fault(&many).map(|(_, fault)| fault), Some(ScanFault::TooMany));
    }

    #[test]
    fn braces_inside_strings_do_not_nest() {
        let text = format!("[\"{}\"]", "[{".repeat(500));
        assert_eq!(fault(text.as_bytes()), None);
    }
}
