//! The size of a text, in hundredths of a word: what tokenizers mostly agree on.
//!
//! Tokenizers cut before they merge: at words, at runs of digits, at punctuation, at line breaks. So counting those
//! comes much nearer than counting bytes. The weights were fitted over all families together.

mod steps;

use steps::{BEGINNING, BEHIND_MARK, Columns};

pub(super) use steps::Form;

/// Texts up to this many bytes are read whole.
const WHOLE: usize = 8 * 1024;
/// Of longer ones, this many bytes are read …
const WINDOW: usize = 1024;
/// … out of this many.
const STRIDE: usize = 4096;

/// Parts of a text that are read side by side, since each step waits for the one before it.
const PLACES: usize = 4;
/// Texts below this many bytes are not worth it.
const SHORT: usize = 96;

/// The size of a text.
pub(super) fn units(text: &[u8], form: Form) -> u64 {
    if text.len() <= WHOLE {
        return read(text, form);
    }
    let (mut sum, mut bytes, mut at) = (0, 0, 0);
    while at < text.len() {
        let window = &text[at..text.len().min(at + WINDOW)];
        sum += read(window, form);
        bytes += window.len() as u64;
        at += STRIDE;
    }
    sum * text.len() as u64 / bytes.max(1)
}

fn read(text: &[u8], form: Form) -> u64 {
    let columns = form.columns();
    let [mut a, mut b, mut c, mut d] = places(text, columns);
    let together = a.rest.len().min(b.rest.len()).min(c.rest.len()).min(d.rest.len());
    let beginnings =
        a.take(together).iter().zip(b.take(together)).zip(c.take(together)).zip(d.take(together));
    let mut units = 0;
    for (((in_a, in_b), in_c), in_d) in beginnings {
        units += a.step(*in_a, columns) + b.step(*in_b, columns);
        units += c.step(*in_c, columns) + d.step(*in_d, columns);
    }
    units + [a, b, c, d].map(|place| place.finish(columns)).iter().sum::<u64>()
}

/// Parts of a text that add up to the whole: they begin behind punctuation marks, where nothing before matters any more.
fn places<'t>(text: &'t [u8], columns: &Columns) -> [Place<'t>; PLACES] {
    let parts = if text.len() < SHORT { [PLACES; PLACES] } else { [1, 2, 3, PLACES] };
    let (mut begin, mut row) = (0, BEGINNING);
    parts.map(|part| {
        let least = begin.max(text.len() * part / PLACES);
        let mark = text.get(least..).and_then(|rest| rest.iter().position(|byte| columns.is_mark(*byte)));
        let end = mark.map_or(text.len(), |mark| least + mark + 1);
        let place = Place { rest: text.get(begin..end).unwrap_or_default(), row };
        (begin, row) = (end, BEHIND_MARK);
        place
    })
}

/// A part of a text that is being read.
#[derive(Clone, Copy)]
struct Place<'t> {
    rest: &'t [u8],
    row: u16,
}

// === impl Place ===

impl<'t> Place<'t> {
    /// Takes so many bytes out, which are to be stepped over.
    fn take(&mut self, bytes: usize) -> &'t [u8] {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }

    /// What the next byte adds.
    #[inline]
    fn step(&mut self, byte: u8, columns: &Columns) -> u64 {
        let step = columns.step(self.row, byte);
        self.row = step.row;
        u64::from(step.units)
    }

    /// What is left adds up to.
    fn finish(mut self, columns: &Columns) -> u64 {
        self.rest.iter().map(|byte| self.step(*byte, columns)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::steps::*;
    use super::*;

    fn json(text: &str) -> u64 {
        units(text.as_bytes(), Form::Json)
    }

    #[test]
    fn words_numbers_marks_and_lines_count() {
        for (text, expected) in [
            ("", 0),
            ("word", WORD),
            ("two words", 2 * WORD),
            ("camelCase", 2 * WORD),
            ("HTTP", WORD),
            ("internationalization", WORD + 4 * LONG),
            ("1234", 4 * DIGIT + 2 * NUMBER),
            ("a.", WORD + MARK),
            ("a()", WORD + MARK + MORE_MARKS),
            (r"a\n\nb", 2 * WORD + LINE),
            (r#"\"a\""#, WORD + 2 * MARK),
            ("a    b", 2 * WORD + INDENT),
            ("你好", 190),
            (r"\u4f60\u597d", 190),
            ("😀", 250),
            (r"\ud83d\ude00", 250),
            ("{\n    \"a\": 1\n}", 4 * MARK + MORE_MARKS + WORD + DIGIT + NUMBER),
        ] {
            assert_eq!(json(text), expected, "{text}");
        }
        assert_eq!(units(b"a\nb", Form::Plain), 2 * WORD + LINE);
    }

    /// The size of a text that is read from its beginning to its end.
    fn in_one(text: &str, form: Form) -> u64 {
        Place { rest: text.as_bytes(), row: BEGINNING }.finish(form.columns())
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        for (label, piece) in [
            ("prose", "The quick brown foxes, 12345 of them,\\n    jumped over   internationalized dogs. "),
            ("marks", r#"{\"a\": [1,2],\n\t\"b\\\\\": \"\\\"\/\b\"}"#),
            ("other scripts", r"Größe: \u4f60\u597d 你好, 😀 \ud83d\ude00! été\u00e9; "),
            ("no marks", "words and words without any end "),
            ("marks alone", r#"\\\"\/,.\\"#),
        ] {
            for length in [1, 2, 5, 40] {
                let text = piece.repeat(length);
                for form in [Form::Json, Form::Plain] {
                    let (parts, one) = (read(text.as_bytes(), form), in_one(&text, form));
                    assert_eq!(parts, one, "{label} {length} times, {form:?}");
                }
            }
        }
    }

    #[test]
    fn long_texts_are_sampled_within_a_few_percent() {
        let text: String =
            (0..40_000).map(|n| format!("word{} of line {n}, \\\"quoted\\\"\\n", n % 7)).collect();
        let (whole, sampled) = (read(text.as_bytes(), Form::Json), json(&text));
        assert!(whole.abs_diff(sampled) * 100 < whole * 3, "{whole} {sampled}");
    }
}
