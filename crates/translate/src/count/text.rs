//! The size of a text, in hundredths of a word: what tokenizers mostly agree on.
//!
//! Tokenizers cut before they merge: at words, at runs of digits, at punctuation, at line breaks. So counting those
//! comes much nearer than counting bytes. The weights were fitted over all families together.

/// Texts up to this many bytes are read whole.
const WHOLE: usize = 8 * 1024;
/// Of longer ones, this many bytes are read …
const WINDOW: usize = 1024;
/// … out of this many.
const STRIDE: usize = 4096;

const WORD: u64 = 120;
/// Every fourth letter of a word from the seventh on.
const LONG: u64 = 25;
const DIGIT: u64 = 25;
/// Every third digit of a number.
const NUMBER: u64 = 90;
const MARK: u64 = 117;
/// A punctuation mark right after another.
const MORE_MARKS: u64 = 38;
const LINE: u64 = 70;
const INDENT: u64 = 60;

/// What stood before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Nothing,
    Lower,
    Upper,
    Digit,
    Space,
    Line,
    Mark,
}

/// Counts as it reads.
struct Meter {
    units: u64,
    seen: Seen,
    /// Length of the word, number or space so far.
    run: u32,
}

/// Whether the bytes are those of a JSON text, with its escapes and its layout, or of plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Plain,
}

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
    let mut meter = Meter { units: 0, seen: Seen::Nothing, run: 0 };
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        if byte != b'\\' || form == Form::Plain {
            meter.take(byte, form);
            continue;
        }
        match text.get(at) {
            Some(b'n' | b'r' | b't') => meter.line(),
            Some(b'u') => {
                meter.escaped(text.get(at + 1), text.get(at + 2));
                at += 4;
            }
            _ => meter.mark(),
        }
        at += 1;
    }
    meter.units
}

// === impl Meter ===

impl Meter {
    fn take(&mut self, byte: u8, form: Form) {
        match byte {
            b'a'..=b'z' => self.letter(Seen::Lower),
            b'A'..=b'Z' => self.letter(Seen::Upper),
            b' ' => self.space(),
            b'0'..=b'9' => self.digit(),
            // Layout of JSON that stands outside of its strings.
            b'\n' | b'\r' | b'\t' if form == Form::Json => (self.seen, self.run) = (Seen::Line, 2),
            b'\n' | b'\r' | b'\t' => self.line(),
            0x21..=0x7e => self.mark(),
            // The later bytes of a character.
            0x80..=0xbf => {}
            // The first byte tells the script: accented Latin, Cyrillic and its like, Indic scripts, symbols, then
            // Chinese, Japanese and Korean; beyond them emoji.
            0xc0..=0xc9 => self.other(40),
            0xca..=0xdf => self.other(40),
            0xe0..=0xe1 => self.other(80),
            0xe2 => self.other(120),
            0xe3..=0xef => self.other(95),
            0xf0.. => self.other(250),
            _ => {}
        }
    }

    fn letter(&mut self, case: Seen) {
        let goes_on = matches!(self.seen, Seen::Lower | Seen::Upper)
            && !(self.seen == Seen::Lower && case == Seen::Upper);
        if goes_on {
            self.run += 1;
            if self.run > 6 && self.run % 4 == 3 {
                self.units += LONG;
            }
        } else {
            self.run = 1;
            self.units += WORD;
        }
        self.seen = case;
    }

    fn digit(&mut self) {
        self.run = if self.seen == Seen::Digit { self.run + 1 } else { 1 };
        self.units += DIGIT + if self.run % 3 == 1 { NUMBER } else { 0 };
        self.seen = Seen::Digit;
    }

    /// One space belongs to the word after it; more of them are an indent.
    fn space(&mut self) {
        match self.seen {
            Seen::Space => {
                self.run += 1;
                if self.run == 2 {
                    self.units += INDENT;
                }
            }
            Seen::Line if self.run == 2 => {}
            _ => (self.seen, self.run) = (Seen::Space, 1),
        }
    }

    fn line(&mut self) {
        if self.seen != Seen::Line {
            self.units += LINE;
        }
        (self.seen, self.run) = (Seen::Line, 1);
    }

    fn mark(&mut self) {
        self.units += if self.seen == Seen::Mark { MORE_MARKS } else { MARK };
        self.seen = Seen::Mark;
    }

    fn other(&mut self, units: u64) {
        self.units += units;
        self.seen = Seen::Nothing;
    }

    /// `\uXXXX`: its first two digits tell the script. Half of a pair is half of an emoji.
    fn escaped(&mut self, first: Option<&u8>, second: Option<&u8>) {
        match (first, second) {
            (Some(b'0'), Some(b'0'..=b'2')) => self.other(40),
            (Some(b'0'), _) => self.other(40),
            (Some(b'1'), _) => self.other(80),
            (Some(b'2'), _) => self.other(120),
            (Some(b'd' | b'D'), Some(b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F')) => self.other(125),
            _ => self.other(95),
        }
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn long_texts_are_sampled_within_a_few_percent() {
        let text: String =
            (0..40_000).map(|n| format!("word{} of line {n}, \\\"quoted\\\"\\n", n % 7)).collect();
        let (whole, sampled) = (read(text.as_bytes(), Form::Json), json(&text));
        assert!(whole.abs_diff(sampled) * 100 < whole * 3, "{whole} {sampled}");
    }
}
