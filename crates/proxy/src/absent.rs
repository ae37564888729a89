//! Endpoints of both APIs that are not served: what to do instead.

use crate::dialect::Dialect;

/// Anything else.
const UNKNOWN: &str = "There is no such path. Messages are sent to /v1/messages (set ANTHROPIC_BASE_URL without /v1), \
    chat completions to /v1/chat/completions (set OPENAI_BASE_URL with /v1).";
/// The first words of a path behind its version, and what to do.
const ABSENT: [(&str, Dialect, &str); 4] = [
    (
        "/messages/batches",
        Dialect::Messages,
        "Batches are not served: OpenRouter has none. Send each request to /v1/messages by itself.",
    ),
    (
        "/files",
        Dialect::Messages,
        "Files are not kept here. Put the content into the message: as base64, as text, or as a URL.",
    ),
    ("/complete", Dialect::Messages, "Text completions are not served. Send messages to /v1/messages."),
    (
        "/responses",
        Dialect::Chat,
        "The Responses API is not served. Let the client use chat completions: /v1/chat/completions.",
    ),
];

/// Why nothing answers there, in the words and the shape of the API that it belongs to.
pub(crate) fn words(path: &str) -> (Dialect, &'static str) {
    let is_below =
        |first: &str| path.strip_prefix(first).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let found = ABSENT.iter().find(|(first, ..)| is_below(first));
    found.map_or((Dialect::Messages, UNKNOWN), |(_, dialect, words)| (*dialect, words))
}
