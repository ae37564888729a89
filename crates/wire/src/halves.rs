//! Halves of surrogate pairs in JSON text (`"\ud83d"` alone), which strict readers refuse.
//!
//! JSON's grammar lets them pass (RFC 8259, section 8.2, calls the outcome unpredictable), and an upstream that cuts its text
//! by UTF-16 units sends one pair in two pieces. Two pieces that meet become the pair; any other half becomes U+FFFD.

use std::borrow::Cow;

use crate::scan::unit;

/// Length of a `\uXXXX` escape.
const ESCAPE: usize = 6;
/// The escape of U+FFFD, which stands for what cannot be told.
const REPLACEMENT: &[u8] = b"\\ufffd";

/// Joins the halves of pairs over the pieces of one answer.
#[derive(Clone, Debug, Default)]
pub struct Halves {
    /// The escape of a first half at the end of a string, waiting for the second at the beginning of another.
    first: Option<[u8; ESCAPE]>,
}

// === impl Halves ===

impl Halves {
    /// The JSON text with whole pairs only; unchanged, and not copied, where nothing is wrong with it.
    #[must_use]
    pub fn mend<'a>(&mut self, json: &'a [u8]) -> Cow<'a, [u8]> {
        let mut mended = Vec::new();
        let (mut at, mut copied) = (0, 0);
        while let Some(offset) = json.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
            at += offset;
            let end = at + ESCAPE;
            let put: Cow<'_, [u8]> = match unit(json, at) {
                Some(0xD800..=0xDBFF) if matches!(unit(json, end), Some(0xDC00..=0xDFFF)) => {
                    at = end + ESCAPE;
                    continue;
                }
                Some(0xD800..=0xDBFF) if json.get(end) == Some(&b'"') => {
                    self.first = json.get(at..end).and_then(|escape| escape.try_into().ok());
                    Cow::Borrowed(&[])
                }
                Some(0xDC00..=0xDFFF) => match self.first.take_if(|_| json[..at].ends_with(b"\"")) {
                    Some(first) => Cow::Owned([&first, &json[at..end]].concat()),
                    None => Cow::Borrowed(REPLACEMENT),
                },
                Some(0xD800..=0xDFFF) => Cow::Borrowed(REPLACEMENT),
                Some(_) => {
                    at = end;
                    continue;
                }
                None => {
                    at += 2;
                    continue;
                }
            };
            mended.extend_from_slice(&json[copied..at]);
            mended.extend_from_slice(&put);
            copied = end;
            at = end;
        }
        if copied == 0 {
            return Cow::Borrowed(json);
        }
        mended.extend_from_slice(&json[copied..]);
        Cow::Owned(mended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(pieces: &[&str]) -> Vec<String> {
        let mut halves = Halves::default();
        pieces
            .iter()
            .map(|piece| String::from_utf8(halves.mend(piece.as_bytes()).into_owned()).expect("UTF-8"))
            .collect()
    }

    #[test]
    fn halves_become_pairs_or_the_sign_for_what_cannot_be_told() {
        for (name, pieces, expected) in [
            (
                "nothing to do",
                &[r#"{"a":"\n \u00e9 \ud83d\ude00"}"#][..],
                &[r#"{"a":"\n \u00e9 \ud83d\ude00"}"#][..],
            ),
            ("an escaped backslash", &[r#""\\ud800""#], &[r#""\\ud800""#]),
            (
                "two pieces that meet",
                &[r#"["a\ud83d"]"#, r#"["b"]"#, r#"["\ude00c"]"#],
                &[r#"["a"]"#, r#"["b"]"#, r#"["\ud83d\ude00c"]"#],
            ),
            ("a first half inside", &[r#""\ud800x\uD83D\uDE00""#], &[r#""\ufffdx\uD83D\uDE00""#]),
            ("a second half alone", &[r#""\udc00x\udc00""#], &[r#""\ufffdx\ufffd""#]),
            ("two first halves", &[r#""\ud800\ud801x""#], &[r#""\ufffd\ufffdx""#]),
            ("a first half that nothing follows", &[r#""x\ud800""#, r#""y""#], &[r#""x""#, r#""y""#]),
            ("cut in the escape", &[r#""\ud8"#, r#""\"#], &[r#""\ud8"#, r#""\"#]),
        ] {
            assert_eq!(mended(pieces), expected, "{name}");
        }
    }
}
