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

/// What kind of thing stood before.
#[derive(Clone, Copy)]
enum Seen {
    Nothing,
    Lower,
    Upper,
    Digit,
    Space,
    Line,
    Mark,
}

const SEEN: [Seen; 7] =
    [Seen::Nothing, Seen::Lower, Seen::Upper, Seen::Digit, Seen::Space, Seen::Line, Seen::Mark];

/// What a byte is, or an escape.
#[derive(Clone, Copy)]
enum Class {
    Lower,
    Upper,
    Digit,
    Space,
    Line,
    /// Layout of JSON that stands outside of its strings.
    Layout,
    Mark,
    /// Accented Latin, Cyrillic and its like.
    Letter,
    /// Indic scripts.
    Indic,
    Symbol,
    /// Chinese, Japanese and Korean.
    Cjk,
    /// Half of a surrogate pair that was escaped.
    HalfPair,
    Emoji,
    /// Nothing by itself: the later bytes of a character.
    Part,
}

const CLASSES: [Class; 14] = [
    Class::Lower,
    Class::Upper,
    Class::Digit,
    Class::Space,
    Class::Line,
    Class::Layout,
    Class::Mark,
    Class::Letter,
    Class::Indic,
    Class::Symbol,
    Class::Cjk,
    Class::HalfPair,
    Class::Emoji,
    Class::Part,
];

/// What stood before, and how long the word, number or space is so far: as far as that matters.
#[derive(Clone, Copy)]
struct Before {
    seen: Seen,
    /// At most 10: a longer run repeats.
    run: u8,
}

/// What a byte adds, and the state after it.
#[derive(Clone, Copy)]
struct Step {
    units: u8,
    state: u8,
}

/// The steps from each state by each class. Text is most of a request, so it is read by a table.
static STEPS: [[Step; 16]; 128] = steps();

/// Whether the bytes are those of a JSON text, with its escapes and its layout, or of plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Plain,
}

/// What each byte is.
static IN_JSON: [u8; 256] = classes(Form::Json);
static IN_PLAIN: [u8; 256] = classes(Form::Plain);

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
    let classes = match form {
        Form::Json => &IN_JSON,
        Form::Plain => &IN_PLAIN,
    };
    let mut units = 0;
    let mut state = Before { seen: Seen::Nothing, run: 0 }.state();
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        let class = match byte {
            b'\\' if form == Form::Json => escape(&mut bytes) as u8,
            _ => classes[usize::from(byte)],
        };
        let step = STEPS[usize::from(state & 127)][usize::from(class & 15)];
        units += u64::from(step.units);
        state = step.state;
    }
    units
}

/// What the rest of an escape stands for.
fn escape(rest: &mut std::slice::Iter<'_, u8>) -> Class {
    match rest.next() {
        Some(b'n' | b'r' | b't') => Class::Line,
        Some(b'u') => {
            let mut digits = [0; 4].map(|_: u8| rest.next().copied().unwrap_or_default()).into_iter();
            Class::of_escaped(digits.next(), digits.next())
        }
        _ => Class::Mark,
    }
}

const fn classes(form: Form) -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = Class::of(byte as u8, form) as u8;
        byte += 1;
    }
    classes
}

const fn steps() -> [[Step; 16]; 128] {
    let mut steps = [[Step { units: 0, state: 0 }; 16]; 128];
    let (mut seen, mut class) = (0, 0);
    while seen < SEEN.len() {
        let mut run = 0;
        while run <= 10 {
            while class < CLASSES.len() {
                let before = Before { seen: SEEN[seen], run };
                let (units, after) = before.step(CLASSES[class]);
                steps[before.state() as usize][class] = Step { units: units as u8, state: after.state() };
                class += 1;
            }
            class = 0;
            run += 1;
        }
        seen += 1;
    }
    steps
}

// === impl Class ===

impl Class {
    const fn of(byte: u8, form: Form) -> Self {
        match byte {
            b'a'..=b'z' => Self::Lower,
            b'A'..=b'Z' => Self::Upper,
            b' ' => Self::Space,
            b'0'..=b'9' => Self::Digit,
            b'\n' | b'\r' | b'\t' => match form {
                Form::Json => Self::Layout,
                Form::Plain => Self::Line,
            },
            0x21..=0x7e => Self::Mark,
            // The first byte of a character tells the script.
            0xc0..=0xdf => Self::Letter,
            0xe0..=0xe1 => Self::Indic,
            0xe2 => Self::Symbol,
            0xe3..=0xef => Self::Cjk,
            0xf0.. => Self::Emoji,
            _ => Self::Part,
        }
    }

    /// `\uXXXX`: its first two digits tell the script.
    const fn of_escaped(first: Option<u8>, second: Option<u8>) -> Self {
        match (first, second) {
            (Some(b'0'), _) => Self::Letter,
            (Some(b'1'), _) => Self::Indic,
            (Some(b'2'), _) => Self::Symbol,
            (Some(b'd' | b'D'), Some(b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F')) => Self::HalfPair,
            _ => Self::Cjk,
        }
    }
}

// === impl Before ===

impl Before {
    const fn state(self) -> u8 {
        (self.seen as u8) << 4 | self.run
    }

    const fn step(self, class: Class) -> (u64, Self) {
        match class {
            Class::Lower => self.letter(Seen::Lower),
            Class::Upper => self.letter(Seen::Upper),
            Class::Digit => self.digit(),
            Class::Space => self.space(),
            Class::Line => (if matches!(self.seen, Seen::Line) { 0 } else { LINE }, Self::new(Seen::Line, 1)),
            Class::Layout => (0, Self::new(Seen::Line, 2)),
            Class::Mark => {
                let units = if matches!(self.seen, Seen::Mark) { MORE_MARKS } else { MARK };
                (units, Self::new(Seen::Mark, 0))
            }
            Class::Letter => (40, Self::new(Seen::Nothing, 0)),
            Class::Indic => (80, Self::new(Seen::Nothing, 0)),
            Class::Symbol => (120, Self::new(Seen::Nothing, 0)),
            Class::Cjk => (95, Self::new(Seen::Nothing, 0)),
            Class::HalfPair => (125, Self::new(Seen::Nothing, 0)),
            Class::Emoji => (250, Self::new(Seen::Nothing, 0)),
            Class::Part => (0, self),
        }
    }

    const fn new(seen: Seen, run: u8) -> Self {
        Self { seen, run }
    }

    const fn letter(self, case: Seen) -> (u64, Self) {
        let goes_on = matches!((self.seen, case), (Seen::Upper, _) | (Seen::Lower, Seen::Lower));
        if !goes_on {
            return (WORD, Self::new(case, 1));
        }
        // Every fourth letter counts from the seventh on: the eleventh is as the seventh.
        let run = if self.run >= 10 { 7 } else { self.run + 1 };
        (if run == 7 { LONG } else { 0 }, Self::new(case, run))
    }

    const fn digit(self) -> (u64, Self) {
        let run = match self.seen {
            Seen::Digit => self.run % 3 + 1,
            _ => 1,
        };
        (DIGIT + if run == 1 { NUMBER } else { 0 }, Self::new(Seen::Digit, run))
    }

    /// One space belongs to the word after it; more of them are an indent.
    const fn space(self) -> (u64, Self) {
        match (self.seen, self.run) {
            (Seen::Line, 2) => (0, self),
            (Seen::Space, 1) => (INDENT, Self::new(Seen::Space, 2)),
            (Seen::Space, _) => (0, Self::new(Seen::Space, 2)),
            _ => (0, Self::new(Seen::Space, 1)),
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
