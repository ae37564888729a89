//! The path of the place in a JSON text at which the parser found a fault.

/// An object or array that is open, and what of it is being read.
enum Level<'t> {
    /// The key of the value, unless that is still to come.
    Object(Option<&'t str>),
    /// The position of the element.
    Array(usize),
}

/// The path (`messages.0.content.1`) of the value that the parser was at when it had read the first `read` bytes;
/// empty for the whole text, which is sound JSON.
///
/// What a value lacks is found behind it. What is wrong with an element may be told when the comma behind it was
/// read, or the end of the array.
pub(super) fn path_at(text: &str, read: usize) -> String {
    let bytes = text.as_bytes();
    let (mut levels, mut key, mut last) = (Vec::new(), None, None);
    let (mut before, mut at) = (b' ', 0);
    while at < read {
        let Some(&byte) = bytes.get(at) else { break };
        if byte.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        last = None;
        if before == b',' {
            levels.last_mut().map(Level::go_on);
        }
        match byte {
            b'{' => levels.push(Level::Object(None)),
            b'[' => levels.push(Level::Array(0)),
            b'}' => drop(levels.pop()),
            b']' => last = levels.pop().filter(|_| before != b'['),
            b':' => {
                if let Some(Level::Object(name)) = levels.last_mut() {
                    *name = key;
                }
            }
            b'"' => {
                let end = end_of_string(bytes, at);
                key = text.get(at + 1..end);
                at = end;
            }
            _ => {}
        }
        before = byte;
        at += 1;
    }
    let steps: Vec<String> = levels.iter().chain(&last).filter_map(Level::step).collect();
    steps.join(".")
}

/// Where the string that opens at `open` has its closing quote.
fn end_of_string(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while let Some(byte) = bytes.get(at).filter(|byte| **byte != b'"') {
        at += if *byte == b'\\' { 2 } else { 1 };
    }
    at
}

// === impl Level ===

impl Level<'_> {
    /// A comma was read, and what follows it begins.
    fn go_on(&mut self) {
        match self {
            Self::Object(key) => *key = None,
            Self::Array(position) => *position += 1,
        }
    }

    fn step(&self) -> Option<String> {
        match self {
            Self::Object(key) => key.map(str::to_owned),
            Self::Array(position) => Some(position.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_that_of_the_value_that_was_read_last() {
        // A bar shows how far the text was read.
        for (text, path) in [
            (r#"{"a":1}|"#, ""),
            (r#"{"a"|:1}"#, ""),
            (r#"{"a":1|}"#, "a"),
            (r#"{"a":1,"b":"x\"}]"|}"#, "b"),
            (r#"{"a":1,|"b":2}"#, "a"),
            (r#"{"a":1,"b"|:2}"#, ""),
            (r#"{"a":[{"b":1}|,{}]}"#, "a.0"),
            (r#"{"a":[{"b":1}, |{}]}"#, "a.0"),
            (r#"{"a":[{"b":1}, {|}]}"#, "a.1"),
            (r#"{"a":[{"b":1},{}|]}"#, "a.1"),
            (r#"{"a":[{"b":1},{}]|}"#, "a.1"),
            (r#"{"a":[{"b":1},{}] |}"#, "a.1"),
            (r#"{"a":[{"b":[1,[2|]]}]}"#, "a.0.b.1.0"),
            (r#"{"a":[[ ]|]}"#, "a.0"),
            (r#"{"a":[1],"b":2|}"#, "b"),
            ("[1,2|]", "1"),
        ] {
            assert_eq!(path_at(&text.replacen('|', "", 1), text.find('|').unwrap()), path, "{text}");
        }
    }
}
