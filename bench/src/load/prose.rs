//! Text that looks like instructions, source code and listings, made of a seed.

/// A small generator of repeatable numbers (xorshift).
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

const WORDS: &[&str] = &[
    "read",
    "the",
    "file",
    "before",
    "it",
    "is",
    "changed,",
    "and",
    "tests",
    "that",
    "fail",
    "are",
    "reported",
    "with",
    "their",
    "output;",
    "a",
    "command",
    "may",
    "run",
    "in",
    "background",
    "when",
    "nobody",
    "waits",
    "for",
    "its",
    "result.",
    "Paths",
    "must",
    "be",
    "absolute",
    "“quoted”",
    "text",
    "keeps",
    "indentation",
    "(tabs\tand spaces)",
    "exactly",
    "as",
    "found",
    "—",
    "naïve",
    "répertoire",
    "`git status`",
    "never",
    "commits",
    "unless",
    "asked",
    "to",
    "do",
    "so.\n",
];

const CODE: &[&str] = &[
    "pub fn settle(&mut self, row: Row) -> Result<(), Error> {",
    "    let total = rows.iter().map(|row| row.cost).sum::<NanoUsd>();",
    "    if let Some(\"quoted \\\"text\\\"\") = head.get(\"x-request-id\") {",
    "        return Err(Error::Missing { field: \"tool_call_id\", at: index });",
    "    }",
    "    // A comment that explains why the order of these two matters: é, 漢字, 🚦.",
    "    assert_eq!(stream.events(), 500, \"all of them\\n\");",
    "}",
    "",
];

// === impl Dice ===

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap_or_default()
    }

    /// Puts items into a random order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// Sentences of about so many bytes.
    pub(crate) fn prose(&mut self, bytes: usize) -> String {
        self.fill(bytes, WORDS, " ")
    }

    /// Numbered lines of source code, as a tool shows a file.
    pub(crate) fn code(&mut self, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes + 100);
        let mut line = 1;
        while text.len() < bytes {
            text.push_str(&format!("{line:>6}→{}\n", CODE[self.below(CODE.len())]));
            line += 1;
        }
        text
    }

    /// Base64 text of so many characters that begins like a PNG.
    pub(crate) fn picture(&mut self, characters: usize) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::with_capacity(characters + 4);
        text.push_str("iVBORw0KGgoA");
        while text.len() < characters / 4 * 4 {
            let mut bits = self.next();
            for _ in 0..4 {
                text.push(char::from(ALPHABET[usize::try_from(bits & 63).unwrap_or_default()]));
                bits >>= 6;
            }
        }
        text
    }

    fn fill(&mut self, bytes: usize, words: &[&str], between: &str) -> String {
        let mut text = String::with_capacity(bytes + 40);
        while text.len() < bytes {
            text.push_str(words[self.below(words.len())]);
            text.push_str(between);
        }
        text
    }
}
