//! What each byte of a text adds to its size: a machine as a table, so that a step takes no branch.

pub(super) const WORD: u64 = 120;
/// Every fourth letter of a word from the seventh on.
pub(super) const LONG: u64 = 25;
pub(super) const DIGIT: u64 = 25;
/// Every third digit of a number.
pub(super) const NUMBER: u64 = 90;
pub(super) const MARK: u64 = 117;
/// A punctuation mark right after another.
pub(super) const MORE_MARKS: u64 = 38;
pub(super) const LINE: u64 = 70;
pub(super) const INDENT: u64 = 60;
// Characters of other scripts.
const LETTER: u64 = 40;
const INDIC: u64 = 80;
const SYMBOL: u64 = 120;
const CJK: u64 = 95;
const HALF_EMOJI: u64 = 125;

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
    /// A backslash of JSON; the run says what stood before it.
    Escape,
    /// `\u`; the run says how much of it.
    Unicode,
}

const SEEN: [Seen; 9] = [
    Seen::Nothing,
    Seen::Lower,
    Seen::Upper,
    Seen::Digit,
    Seen::Space,
    Seen::Line,
    Seen::Mark,
    Seen::Escape,
    Seen::Unicode,
];

/// What a byte is.
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
    /// What begins an escape.
    Backslash,
    /// Accented Latin, Cyrillic and its like.
    Letter,
    /// Indic scripts.
    Indic,
    Symbol,
    /// Chinese, Japanese and Korean.
    Cjk,
    Emoji,
    /// Nothing by itself: the later bytes of a character.
    Part,
    // Letters and digits that say something in an escape.
    LowerLine,
    LowerUnicode,
    LowerHex,
    LowerD,
    UpperHex,
    UpperD,
    Zero,
    One,
    Two,
    EightOrNine,
}

const CLASSES: [Class; 24] = [
    Class::Lower,
    Class::Upper,
    Class::Digit,
    Class::Space,
    Class::Line,
    Class::Layout,
    Class::Mark,
    Class::Backslash,
    Class::Letter,
    Class::Indic,
    Class::Symbol,
    Class::Cjk,
    Class::Emoji,
    Class::Part,
    Class::LowerLine,
    Class::LowerUnicode,
    Class::LowerHex,
    Class::LowerD,
    Class::UpperHex,
    Class::UpperD,
    Class::Zero,
    Class::One,
    Class::Two,
    Class::EightOrNine,
];

/// What stood before, and how long the word, number or space is so far: as far as that matters.
#[derive(Clone, Copy)]
struct Before {
    seen: Seen,
    /// At most 10: a longer run repeats.
    run: u8,
}

/// What a byte adds, and the row of the state after it.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) units: u16,
    pub(super) row: u16,
}

const COLUMNS: usize = 32;
const ROWS: usize = 256;

/// A row for each state, with a column for each class. Text is most of a request, so it is read by a table, and
/// without a branch: what is an escape is part of the state.
static STEPS: [Step; ROWS * COLUMNS] = steps();

/// The row before anything was read.
pub(super) const BEGINNING: u16 = Before::new(Seen::Nothing, 0).row();
/// The row behind a punctuation mark.
pub(super) const BEHIND_MARK: u16 = Before::new(Seen::Mark, 0).row();

/// Whether the bytes are those of a JSON text, with its escapes and its layout, or of plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::count) enum Form {
    Json,
    Plain,
}

/// What each byte is: its column.
pub(super) struct Columns([u8; 256]);

static IN_JSON: Columns = Columns(classes(Form::Json));
static IN_PLAIN: Columns = Columns(classes(Form::Plain));

// === impl Form ===

impl Form {
    pub(super) fn columns(self) -> &'static Columns {
        match self {
            Self::Json => &IN_JSON,
            Self::Plain => &IN_PLAIN,
        }
    }
}

// === impl Columns ===

impl Columns {
    /// The step from a row by a byte.
    #[inline]
    pub(super) fn step(&self, row: u16, byte: u8) -> Step {
        STEPS[(usize::from(row) + usize::from(self.0[usize::from(byte)])) % STEPS.len()]
    }

    /// Whether [`BEHIND_MARK`] is the row behind this byte, whatever the row before it. A backslash begins an escape
    /// or ends one; other marks are marks behind a backslash too.
    pub(super) fn is_mark(&self, byte: u8) -> bool {
        self.0[usize::from(byte)] == Class::Mark as u8 && byte != b'\\'
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

const fn steps() -> [Step; ROWS * COLUMNS] {
    let mut steps = [Step { units: 0, row: 0 }; ROWS * COLUMNS];
    let (mut seen, mut class) = (0, 0);
    while seen < SEEN.len() {
        let mut run = 0;
        while run <= 10 {
            while class < CLASSES.len() {
                let before = Before { seen: SEEN[seen], run };
                let (units, after) = before.step(CLASSES[class]);
                steps[before.row() as usize + class] = Step { units: units as u16, row: after.row() };
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
            b'n' | b'r' | b't' => Self::LowerLine,
            b'u' => Self::LowerUnicode,
            b'd' => Self::LowerD,
            b'a' | b'b' | b'c' | b'e' | b'f' => Self::LowerHex,
            _ if byte.is_ascii_lowercase() => Self::Lower,
            b'D' => Self::UpperD,
            b'A' | b'B' | b'C' | b'E' | b'F' => Self::UpperHex,
            _ if byte.is_ascii_uppercase() => Self::Upper,
            b' ' => Self::Space,
            b'0' => Self::Zero,
            b'1' => Self::One,
            b'2' => Self::Two,
            b'8' | b'9' => Self::EightOrNine,
            b'3'..=b'7' => Self::Digit,
            b'\n' | b'\r' | b'\t' => match form {
                Form::Json => Self::Layout,
                Form::Plain => Self::Line,
            },
            b'\\' if matches!(form, Form::Json) => Self::Backslash,
            _ if byte.is_ascii_graphic() => Self::Mark,
            // The first byte of a character tells the script.
            0xc0..=0xdf => Self::Letter,
            0xe0..=0xe1 => Self::Indic,
            0xe2 => Self::Symbol,
            0xe3..=0xef => Self::Cjk,
            0xf0.. => Self::Emoji,
            _ => Self::Part,
        }
    }
}

// === impl Before ===

impl Before {
    const fn row(self) -> u16 {
        ((self.seen as u16) << 4 | self.run as u16) * COLUMNS as u16
    }

    const fn step(self, class: Class) -> (u64, Self) {
        match self.seen {
            Seen::Escape => self.escaped(class),
            Seen::Unicode => self.unicode(class),
            _ => self.plain(class),
        }
    }

    const fn plain(self, class: Class) -> (u64, Self) {
        match class {
            Class::Lower | Class::LowerLine | Class::LowerUnicode | Class::LowerHex | Class::LowerD => {
                self.letter(Seen::Lower)
            }
            Class::Upper | Class::UpperHex | Class::UpperD => self.letter(Seen::Upper),
            Class::Digit | Class::Zero | Class::One | Class::Two | Class::EightOrNine => self.digit(),
            Class::Space => self.space(),
            Class::Line => (if matches!(self.seen, Seen::Line) { 0 } else { LINE }, Self::new(Seen::Line, 1)),
            Class::Layout => (0, Self::new(Seen::Line, 2)),
            Class::Mark => {
                let units = if matches!(self.seen, Seen::Mark) { MORE_MARKS } else { MARK };
                (units, Self::new(Seen::Mark, 0))
            }
            Class::Backslash => (0, self.escape()),
            Class::Letter => (LETTER, Self::new(Seen::Nothing, 0)),
            Class::Indic => (INDIC, Self::new(Seen::Nothing, 0)),
            Class::Symbol => (SYMBOL, Self::new(Seen::Nothing, 0)),
            Class::Cjk => (CJK, Self::new(Seen::Nothing, 0)),
            Class::Emoji => (2 * HALF_EMOJI, Self::new(Seen::Nothing, 0)),
            Class::Part => (0, self),
        }
    }

    const fn new(seen: Seen, run: u8) -> Self {
        Self { seen, run }
    }

    /// Behind a backslash. Of what stood before, only a line break and a mark matter then.
    const fn escape(self) -> Self {
        let run = match self.seen {
            Seen::Line => 1,
            Seen::Mark => 2,
            _ => 0,
        };
        Self::new(Seen::Escape, run)
    }

    const fn escaped(self, class: Class) -> (u64, Self) {
        let before = match self.run {
            1 => Self::new(Seen::Line, 1),
            2 => Self::new(Seen::Mark, 0),
            _ => Self::new(Seen::Nothing, 0),
        };
        match class {
            Class::LowerLine => before.plain(Class::Line),
            Class::LowerUnicode => (0, Self::new(Seen::Unicode, 0)),
            _ => before.plain(Class::Mark),
        }
    }

    /// `\uXXXX`: its first two digits tell the script. The run is the number of digits that were read, or 10 where the
    /// first was a D.
    const fn unicode(self, class: Class) -> (u64, Self) {
        const fn next(run: u8) -> Before {
            Before::new(Seen::Unicode, run)
        }
        match (self.run, class) {
            (0, Class::LowerD | Class::UpperD) => (0, next(10)),
            (0, Class::Zero) => (LETTER, next(1)),
            (0, Class::One) => (INDIC, next(1)),
            (0, Class::Two) => (SYMBOL, next(1)),
            (0, _) => (CJK, next(1)),
            (10, Class::EightOrNine | Class::LowerHex | Class::LowerD | Class::UpperHex | Class::UpperD) => {
                (HALF_EMOJI, next(2))
            }
            (10, _) => (CJK, next(2)),
            (1 | 2, _) => (0, next(self.run + 1)),
            (_, _) => (0, Self::new(Seen::Nothing, 0)),
        }
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
