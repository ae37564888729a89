//! Code fences: what stands in one is shown, not meant.

/// Where the text is, as far as fences of Markdown go.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fence {
    line: Line,
    /// Sign and length of the fence that is open.
    open: Option<(u8, usize)>,
    /// The byte before.
    last: u8,
}

#[derive(Clone, Copy, Debug, Default)]
enum Line {
    /// Nothing but white space so far.
    #[default]
    Start,
    /// So many signs of a fence; `ended` by white space.
    Signs { sign: u8, count: usize, ended: bool },
    /// Anything else.
    Text,
}

/// Fewest signs of a fence.
const LEAST: usize = 3;

// === impl Fence ===

impl Fence {
    pub(super) fn pass(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.step(byte));
    }

    /// Whether what follows is code: within a fence, or right behind a backtick.
    pub(super) const fn holds(&self) -> bool {
        self.open.is_some() || self.last == b'`' || matches!(self.line, Line::Signs { count: LEAST.., .. })
    }

    fn step(&mut self, byte: u8) {
        self.last = byte;
        self.line = match (self.line, byte) {
            (Line::Signs { sign, count, .. }, b'\n') => {
                self.end_of_signs(sign, count);
                Line::Start
            }
            (_, b'\n') => Line::Start,
            (Line::Start, b' ' | b'\t' | b'\r') => Line::Start,
            (Line::Start, b'`' | b'~') => Line::Signs { sign: byte, count: 1, ended: false },
            (Line::Signs { sign, count, ended: false }, same) if same == sign => {
                Line::Signs { sign, count: count + 1, ended: false }
            }
            (Line::Signs { sign, count, .. }, b' ' | b'\t' | b'\r') => {
                Line::Signs { sign, count, ended: true }
            }
            (Line::Signs { sign, count, .. }, _) => {
                // Words behind the signs: only a fence that opens may have them.
                if count >= LEAST && self.open.is_none() {
                    self.open = Some((sign, count));
                }
                Line::Text
            }
            _ => Line::Text,
        };
    }

    fn end_of_signs(&mut self, sign: u8, count: usize) {
        match self.open {
            None if count >= LEAST => self.open = Some((sign, count)),
            Some((open, least)) if open == sign && count >= least => self.open = None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_open_and_close_as_in_markdown() {
        for (text, holds) in [
            ("", false),
            ("text ", false),
            ("```\n", true),
            ("```xml\ncode\n", true),
            ("```xml", true),
            ("```\ncode\n```\n", false),
            ("```\ncode\n```", true),
            ("````\n```\n", true),
            ("````\n```\n````\n", false),
            ("~~~\n```\n", true),
            ("~~~\n~~~ \n", false),
            ("```\n``` no end\n", true),
            ("a ``` in a line\n", false),
            ("  ```\n", true),
            ("an inline `", true),
            ("an inline `x` ", false),
            ("``\n", false),
        ] {
            let mut fence = Fence::default();
            fence.pass(text);
            assert_eq!(fence.holds(), holds, "{text:?}");
        }
    }
}
