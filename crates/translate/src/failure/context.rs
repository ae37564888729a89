//! "The conversation is too long", in the many wordings of vendors, and in the one that clients act on.

/// Marks of a context overflow, in lower case.
const MARKS: [&str; 16] = [
    "context length",
    "context_length_exceeded",
    "context window",
    "context limit",
    "maximum context",
    "prompt is too long",
    "input is too long",
    "input token count",
    "maximum number of tokens allowed",
    "too many tokens",
    "reduce the length of the messages",
    "maximum prompt length",
    "exceeded model token limit",
    "prompt exceeds max length",
    "range of input length",
    "max_new_tokens` must be <=",
];

/// The smallest number that is a count of tokens here; smaller ones are codes and versions.
const LEAST: u64 = 512;
/// MiniMax's code for a full window, which is no count.
const MINIMAX_CODE: &str = "(2013)";

/// Whether the text says that the conversation does not fit.
pub(super) fn is_overflow(text: &str) -> bool {
    let lower = text.to_lowercase();
    MARKS.iter().any(|mark| lower.contains(mark))
}

/// The sentence that Claude Code recognises and answers with a compaction:
/// `prompt is too long: N tokens > M maximum`.
///
/// The two numbers are read from the upstream's text; what it does not say is taken from the model's
/// window and from the estimate, both in tokens.
pub(super) fn sentence(text: &str, window: Option<u64>, estimate: u64) -> String {
    let (asked, limit) = numbers(text);
    let limit = limit.or(window).unwrap_or(0);
    let asked = asked.filter(|asked| *asked > limit).unwrap_or_else(|| estimate.max(limit.saturating_add(1)));
    format!("prompt is too long: {asked} tokens > {limit} maximum")
}

/// Tokens asked for, and the limit.
fn numbers(text: &str) -> (Option<u64>, Option<u64>) {
    let text = &text.replace(MINIMAX_CODE, "");
    let found = integers(text);
    let sizes: Vec<u64> = found.iter().map(|(_, n)| *n).filter(|n| *n >= LEAST).collect();
    let lower = text.to_lowercase();
    let after = |words: &[&str]| {
        words
            .iter()
            .filter_map(|word| lower.find(word).map(|at| at + word.len()))
            .find_map(|from| found.iter().find(|(at, n)| *at >= from && *n >= LEAST).map(|(_, n)| *n))
    };
    // "190000 + 32000 > 200000": the sum is what was asked for.
    if let Some((left, right)) = text.split_once('>').filter(|(_, right)| !right.starts_with('=')) {
        let term = |c: char| c.is_ascii_digit() || matches!(c, ' ' | ',' | '+');
        let left = left.trim_end().trim_end_matches("tokens");
        let left = &left[left
            .rfind(|c| !term(c))
            .map_or(0, |at| at + left[at..].chars().next().map_or(1, char::len_utf8))..];
        let sum = integers(left).iter().fold(0_u64, |sum, (_, n)| sum.saturating_add(*n));
        let limit = integers(right).first().map(|(_, n)| *n).filter(|limit| *limit >= LEAST);
        if limit.is_some_and(|limit| sum > limit) {
            return (Some(sum), limit);
        }
    }
    let limit = after(&[
        "context length is",
        "context length of",
        "window is",
        "window of",
        "limit of",
        "limit is",
        "allowed (",
        "maximum of",
        "maximum prompt length is",
        "up to",
        "exceeds",
        "cannot exceed",
        "token limit:",
        "must be <=",
        "should be [1,",
    ]);
    // One number alone may be what was asked for.
    let limit = limit.or_else(|| sizes.iter().min().copied().filter(|_| sizes.len() > 1));
    let asked = limit.and_then(|limit| sizes.iter().filter(|n| **n > limit).max().copied());
    (asked, limit)
}

/// Whole numbers with the offset where they begin; `1,048,576` counts as one.
fn integers(text: &str) -> Vec<(usize, u64)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        let mut number = 0_u64;
        while at < bytes.len() {
            let grouped = bytes[at] == b','
                && bytes.get(at + 1..at + 4).is_some_and(|g| g.iter().all(u8::is_ascii_digit));
            if bytes[at].is_ascii_digit() {
                number = number.saturating_mul(10).saturating_add(u64::from(bytes[at] - b'0'));
            } else if !grouped {
                break;
            }
            at += 1;
        }
        found.push((start, number));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::too_many_lines, reason = "one table")]
    fn the_wordings_of_vendors() {
        for (text, expected) in [
            (
                "This endpoint's maximum context length is 200000 tokens. However, you requested about 2500021 tokens \
                 (2500021 of text input). Please reduce the length of either one",
                "prompt is too long: 2500021 tokens > 200000 maximum",
            ),
            (
                "prompt is too long: 210000 tokens > 200000 maximum",
                "prompt is too long: 210000 tokens > 200000 maximum",
            ),
            (
                "input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000, decrease input length",
                "prompt is too long: 222000 tokens > 200000 maximum",
            ),
            (
                "The input token count (1,200,000) exceeds the maximum number of tokens allowed (1048576).",
                "prompt is too long: 1200000 tokens > 1048576 maximum",
            ),
            (
                "Requested token count exceeds the model's maximum context length of 131072 tokens. You requested a \
                 total of 163840 tokens: 131072 tokens from the input messages and 32768 tokens for the completion.",
                "prompt is too long: 163840 tokens > 131072 maximum",
            ),
            (
                "This model's maximum context length is 65536 tokens. However, you requested 70000 tokens (60000 in the \
                 messages, 10000 in the completion). Please reduce the length of the messages or completion.",
                "prompt is too long: 70000 tokens > 65536 maximum",
            ),
            (
                "'max_tokens' or 'max_completion_tokens' is too large: 32000. This model's maximum context length is \
                 131072 tokens and your request has 120000 input tokens (32000 > 131072 - 120000).",
                "prompt is too long: 150000 tokens > 131072 maximum",
            ),
            (
                "Prompt contains 140000 tokens and 0 draft tokens, too large for model with 131072 maximum context length",
                "prompt is too long: 140000 tokens > 131072 maximum",
            ),
            (
                "This model's maximum prompt length is 131072 but the request contains 150000 tokens.",
                "prompt is too long: 150000 tokens > 131072 maximum",
            ),
            (
                "Your request exceeded model token limit: 131072 (requested: 140000)",
                "prompt is too long: 140000 tokens > 131072 maximum",
            ),
            (
                "`inputs` tokens + `max_new_tokens` must be <= 32769. Given: 40000 `inputs` tokens and 3000 `max_new_tokens`",
                "prompt is too long: 40000 tokens > 32769 maximum",
            ),
            (
                "InternalError.Algo.InvalidParameter: Range of input length should be [1, 98304]",
                "prompt is too long: 150000 tokens > 98304 maximum",
            ),
            (
                "too many tokens: total number of tokens in the prompt cannot exceed 128000 - received 140000",
                "prompt is too long: 140000 tokens > 128000 maximum",
            ),
            (
                "ValidationException: Input is too long for requested model.",
                "prompt is too long: 150000 tokens > 128000 maximum",
            ),
            (
                "invalid params, context window exceeds limit (2013)",
                "prompt is too long: 150000 tokens > 128000 maximum",
            ),
            ("Prompt exceeds max length", "prompt is too long: 150000 tokens > 128000 maximum"),
            (
                "Your input exceeds the context window of this model.",
                "prompt is too long: 150000 tokens > 128000 maximum",
            ),
        ] {
            assert!(is_overflow(text), "{text}");
            assert_eq!(sentence(text, Some(128_000), 150_000), expected, "{text}");
        }
    }

    #[test]
    fn the_sentence_is_never_absurd() {
        assert_eq!(
            sentence("context length", Some(1000), 10),
            "prompt is too long: 1001 tokens > 1000 maximum"
        );
        let huge = "context length is 99999999999999999999, 99999999999999999999 + 9 > 99999999999999999999";
        assert!(sentence(huge, None, 0).starts_with("prompt is too long: "), "numbers beyond all bounds");
        assert!(!is_overflow("max_tokens must be at least 16"));
    }
}
