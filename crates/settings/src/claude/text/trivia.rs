//! What stands between tokens: white space and comments. The text has been parsed, so all of it is well formed.

/// One comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comment {
    /// Where it begins and where it ends, in bytes. A line's end does not belong to it.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether only a line's end ends it.
    pub(super) is_line: bool,
}

/// The comments from `at` on, and where the next token stands.
pub(super) fn skip(text: &str, at: usize) -> (Vec<Comment>, usize) {
    let (mut comments, mut at) = (Vec::new(), at);
    loop {
        let rest = &text[at..];
        at += rest.len() - rest.trim_start().len();
        match comment(text, at) {
            Some(comment) => {
                at = comment.end;
                comments.push(comment);
            }
            None => return (comments, at),
        }
    }
}

/// The end of the comments that follow `at` on the same line, and whether the last of them is one that the line ends.
pub(super) fn end_of_line_comments(text: &str, at: usize) -> (usize, bool) {
    let (mut end, mut is_line) = (at, false);
    for comment in skip(text, at).0 {
        if text[end..comment.start].contains(['\n', '\r']) {
            break;
        }
        (end, is_line) = (comment.end, comment.is_line);
    }
    (end, is_line)
}

fn comment(text: &str, at: usize) -> Option<Comment> {
    let rest = &text[at..];
    if rest.starts_with("//") {
        let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        return Some(Comment { start: at, end: at + length, is_line: true });
    }
    let inside = rest.strip_prefix("/*")?;
    let length = inside.find("*/").map_or(rest.len(), |length| length + 4);
    Some(Comment { start: at, end: at + length, is_line: false })
}
