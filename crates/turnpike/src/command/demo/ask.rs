//! One streamed request, as any client of the Messages API makes it, printed as its answer comes.

use std::borrow::Cow;
use std::io::{Read as _, Write};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use turnpike_wire::sse::{Frame, SseDecoder};

use crate::exit::Failure;

/// How long the answer may take in all.
const DEADLINE: Duration = Duration::from_secs(120);

/// What is asked, and where.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) url: String,
    pub(super) token: String,
    pub(super) model: &'static str,
    pub(super) prompt: String,
}

/// An event of the answer, as far as it is shown.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event<'a> {
    ContentBlockDelta {
        #[serde(borrow)]
        delta: Delta<'a>,
    },
    Error {
        #[serde(borrow)]
        error: Told<'a>,
    },
    MessageStop,
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
struct Delta<'a> {
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
}

#[derive(Debug, Deserialize)]
struct Told<'a> {
    #[serde(borrow)]
    message: Cow<'a, str>,
}

/// The body of an answer that is an error.
#[derive(Debug, Deserialize)]
struct ErrorBody<'a> {
    #[serde(borrow)]
    error: Told<'a>,
}

/// Asks, and prints the answer's text as it comes. Blocks.
pub(super) fn stream(question: &Question, out: &mut impl Write) -> Result<(), Failure> {
    let failed =
        |detail: &dyn std::fmt::Display| Failure::plain(format!("the demo's request failed: {detail}"));
    let agent = ureq::Agent::config_builder()
        .proxy(None)
        .http_status_as_error(false)
        .timeout_global(Some(DEADLINE))
        .build()
        .new_agent();
    let body = json!({
        "model": question.model,
        "max_tokens": 1_024,
        "stream": true,
        "messages": [{"role": "user", "content": question.prompt}],
    });
    let answer = agent
        .post(format!("{}/v1/messages", question.url))
        .header("authorization", format!("Bearer {}", question.token))
        .header("anthropic-version", "2023-06-01")
        .content_type("application/json")
        .send(body.to_string())
        .map_err(|error| failed(&error))?;
    let is_ok = answer.status().is_success();
    let mut reader = answer.into_body().into_reader();
    if !is_ok {
        let mut text = String::new();
        reader.read_to_string(&mut text).map_err(|error| failed(&error))?;
        let told = serde_json::from_str::<ErrorBody<'_>>(&text).map(|body| body.error.message.into_owned());
        return Err(failed(&told.unwrap_or(text)));
    }
    let mut decoder = SseDecoder::new();
    let mut bytes = [0; 4_096];
    loop {
        let count = reader.read(&mut bytes).map_err(|error| failed(&error))?;
        if count == 0 {
            return Err(failed(&"the answer broke off"));
        }
        decoder.push(&bytes[..count]).map_err(|error| failed(&error))?;
        while let Some(frame) = decoder.next_frame() {
            let Frame::Event { data, .. } = frame else { continue };
            match serde_json::from_slice(data) {
                Ok(Event::ContentBlockDelta { delta }) => {
                    let text = delta.text.unwrap_or_default();
                    out.write_all(text.as_bytes())?;
                    out.flush()?;
                }
                Ok(Event::Error { error }) => return Err(failed(&error.message)),
                Ok(Event::MessageStop) => return Ok(()),
                Ok(Event::Other) => {}
                Err(error) => return Err(failed(&error)),
            }
        }
    }
}
