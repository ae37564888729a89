//! Stop sequences that the upstream was not asked to watch for, met here in the visible text.

use turnpike_wire::text::JsonStr;

/// Watches the text for the end that the client asked for.
#[derive(Debug, Default)]
pub(super) struct StopWatch {
    sequences: Vec<String>,
    /// The end of the text so far, as long as it may become a sequence.
    held: String,
}

/// What of a piece of text may be shown, and the sequence that ended it.
#[derive(Debug, PartialEq)]
pub(super) struct Watched<'a> {
    pub(super) visible: JsonStr<'a>,
    pub(super) met: Option<String>,
}

// === impl StopWatch ===

impl StopWatch {
    pub(super) fn new(sequences: &[String]) -> Self {
        let sequences = sequences.iter().filter(|sequence| !sequence.is_empty()).cloned().collect();
        Self { sequences, held: String::new() }
    }

    /// Whether there is nothing to watch for.
    pub(super) const fn is_idle(&self) -> bool {
        self.sequences.is_empty()
    }

    /// Takes the next piece. Only what may still become a sequence is held back; the sequence that is whole
    /// first ends the text, and of two that end together the longer.
    pub(super) fn feed<'a>(&mut self, text: JsonStr<'a>) -> Watched<'a> {
        let decoded = text.decode();
        if self.held.is_empty() && self.earliest(&decoded).is_none() && self.prefix_at_end(&decoded) == 0 {
            return Watched { visible: text, met: None };
        }
        self.held.push_str(&decoded);
        if let Some((start, sequence)) = self.earliest(&self.held) {
            self.held.truncate(start);
            return Watched { visible: std::mem::take(&mut self.held).into(), met: Some(sequence) };
        }
        let held = self.held.split_off(self.held.len() - self.prefix_at_end(&self.held));
        Watched { visible: std::mem::replace(&mut self.held, held).into(), met: None }
    }

    /// What was held back: it became no sequence.
    pub(super) fn release(&mut self) -> Option<String> {
        (!self.held.is_empty()).then(|| std::mem::take(&mut self.held))
    }

    fn earliest(&self, text: &str) -> Option<(usize, String)> {
        let found = self.sequences.iter().filter_map(|sequence| Some((text.find(sequence)?, sequence)));
        let (start, sequence) = found.min_by_key(|(start, sequence)| (start + sequence.len(), *start))?;
        Some((start, sequence.clone()))
    }

    /// Size of the longest end of the text that begins a sequence.
    fn prefix_at_end(&self, text: &str) -> usize {
        let begins = |sequence: &String| {
            let most = text.len().min(sequence.len() - 1);
            let sizes = (1..=most).rev();
            sizes
                .into_iter()
                .find(|size| text.as_bytes().ends_with(&sequence.as_bytes()[..*size]))
                .unwrap_or(0)
        };
        // Both are UTF-8, so an end that equals a beginning starts where a character does; it may only end
        // within one if the sequence's next bytes were cut off, which whole characters of text never are.
        self.sequences.iter().map(begins).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is shown of the pieces, and the sequence that was met.
    fn watch(sequences: &[&str], pieces: &[&str]) -> (String, Option<String>) {
        let sequences: Vec<String> = sequences.iter().map(|sequence| (*sequence).to_owned()).collect();
        let mut watch = StopWatch::new(&sequences);
        let mut shown = String::new();
        for piece in pieces {
            let Watched { visible, met } = watch.feed(JsonStr::from(*piece));
            shown.push_str(&visible.decode());
            if met.is_some() {
                return (shown, met);
            }
        }
        shown.push_str(&watch.release().unwrap_or_default());
        (shown, None)
    }

    #[test]
    fn the_text_ends_where_a_sequence_begins() {
        for (label, sequences, text, shown, met) in [
            ("in the middle", vec!["</block>"], "<block>no</block> so", "<block>no", Some("</block>")),
            ("at the start", vec!["a"], "abc", "", Some("a")),
            ("at the end", vec!["c"], "abc", "ab", Some("c")),
            ("not at all", vec!["</block>"], "a </bloc> b </bl", "a </bloc> b </bl", None),
            ("the first of several", vec!["x", "c", "b"], "abc", "a", Some("b")),
            ("whole first, though it began later", vec!["abcd", "c"], "abcd", "ab", Some("c")),
            ("two that end together: the longer", vec!["c", "bc"], "abc", "a", Some("bc")),
            ("a beginning within a beginning", vec!["aab"], "aaab", "a", Some("aab")),
            ("a repeated beginning", vec!["abac"], "ababac", "ab", Some("abac")),
            ("letters beyond ASCII", vec!["ß→"], "Straß→e", "Stra", Some("ß→")),
            ("an empty sequence is none", vec!["", "z"], "abc", "abc", None),
        ] {
            let expected = (shown.to_owned(), met.map(str::to_owned));
            assert_eq!(watch(&sequences, &[text]), expected, "{label}");
            let letters: Vec<String> = text.chars().map(String::from).collect();
            let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
            assert_eq!(watch(&sequences, &letters), expected, "{label}, letter by letter");
        }
    }

    #[test]
    fn only_what_may_become_a_sequence_is_held_back() {
        let mut stops = StopWatch::new(&["</block>".to_owned()]);
        for (piece, shown, held) in
            [("Hi", "Hi", 0), (" <", " ", 1), ("/bl", "", 4), ("a", "</bla", 0), ("</b<", "</b", 1)]
        {
            assert_eq!(stops.feed(JsonStr::from(piece)).visible.decode(), shown, "{piece}");
            assert_eq!(stops.held.len(), held, "{piece}");
        }
    }

    #[test]
    fn text_without_a_trace_of_a_sequence_passes_as_it_came() {
        let raw: JsonStr<'_> = serde_json::from_str(r#""plain text""#).unwrap();
        let mut stops = StopWatch::new(&["</block>".to_owned()]);
        assert!(matches!(stops.feed(raw).visible, JsonStr::Raw(_)));
    }

    proptest::proptest! {
        #[test]
        fn however_the_text_is_cut_it_ends_at_the_same_place(
            text in "[ab<é]{0,24}",
            sequences in proptest::collection::vec("[ab<é]{1,4}", 1..5),
            cuts in proptest::collection::vec(0..24_usize, 0..6),
        ) {
            let sequences: Vec<&str> = sequences.iter().map(String::as_str).collect();
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| text.is_char_boundary(*cut)).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&str> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
            let cut = watch(&sequences, &pieces);
            proptest::prop_assert_eq!(&cut, &watch(&sequences, &[&text]));
            match &cut.1 {
                Some(met) => {
                    let whole = format!("{}{met}", cut.0);
                    proptest::prop_assert!(text.starts_with(&whole));
                    proptest::prop_assert!(sequences.iter().all(|sequence| !cut.0.contains(sequence)));
                }
                None => proptest::prop_assert_eq!(cut.0, text),
            }
        }
    }
}
