//! The gate before anything is timed: each way must answer as the simulator itself does.

use anyhow::{Context as _, Result, ensure};

use super::requests::{REFUSED, TEXT};
use super::streams::{self, EVENTS};
use super::{Kind, Scenario};
use crate::load::Question;
use crate::load::answer::{Answer, read};
use crate::load::body::Body;
use crate::load::connection::Connection;
use crate::load::stream::delivered;
use crate::system::Way;

/// Plain text, so long that it is cut in many places.
pub const LONG_TEXT: &str = "sim/text+words=60";
/// Text, then two calls one after the other: what providers usually send.
pub const CALLS: &str = "sim/tool-sequence";

/// Checks whether a way may be timed in a scenario.
///
/// # Errors
/// The reason why not.
pub fn check(scenario: &Scenario, direct: &Way, way: &Way) -> Result<()> {
    match scenario.kind {
        Kind::Requests(body) => {
            same(direct, way, &Question::plain(TEXT, body)).context("text")?;
            same(direct, way, &Question::plain(CALLS, Body::Tools)).context("calls")
        }
        Kind::Refused => refusal(way),
        Kind::FullSpeed | Kind::Paced | Kind::Many(_) | Kind::Blocked => {
            same(direct, way, &Question::streamed(LONG_TEXT, Body::Small)).context("text")?;
            same(direct, way, &Question::streamed(CALLS, Body::Tools)).context("calls")?;
            all_events(way)
        }
    }
}

/// The same question directly and on the way must give the same content.
fn same(direct: &Way, way: &Way, question: &Question) -> Result<()> {
    let expected = ask(direct, question).context("direct")?;
    let got = ask(way, question)?;
    ensure!(!expected.text.is_empty() || !expected.calls.is_empty(), "direct gave nothing");
    ensure!(got.text == expected.text, "another text: {:?}", shown(&got.text));
    ensure!(got.calls == expected.calls, "other calls: {:?}", got.calls);
    ensure!(got.stop == expected.stop, "stop reason `{}` instead of `{}`", got.stop, expected.stop);
    ensure!(
        got.output_tokens == expected.output_tokens && got.input_tokens > 0,
        "usage {} + {} tokens, where the answer has {}",
        got.input_tokens,
        got.output_tokens,
        expected.output_tokens
    );
    Ok(())
}

fn ask(way: &Way, question: &Question) -> Result<Answer> {
    let reply = Connection::new(&way.address).ask(&way.request(question))?;
    ensure!(
        reply.status != 200 || reply.events == question.stream,
        "{} where {} was asked for",
        if reply.events { "a stream" } else { "a plain answer" },
        if question.stream { "a stream" } else { "a plain answer" },
    );
    read(way.dialect, &reply)
}

fn all_events(way: &Way) -> Result<()> {
    let stream = streams::ask(way, &mut Connection::new(&way.address), EVENTS, std::time::Duration::ZERO)?;
    let came = delivered(&stream.stamps);
    ensure!(came == EVENTS, "{came} of {EVENTS} events came");
    Ok(())
}

/// A refusal stays one, and a failure of the upstream does not become a success.
fn refusal(way: &Way) -> Result<()> {
    // Where Claude Code would hide the words of a 404, 410 says the same aloud.
    for (model, said, passed_on) in [(REFUSED, 400, [400, 400]), ("sim/error-404-tools", 404, [404, 410])] {
        let reply = Connection::new(&way.address).ask(&way.request(&Question::plain(model, Body::Small)))?;
        ensure!(passed_on.contains(&reply.status), "status {} where the upstream says {said}", reply.status);
        let json: serde_json::Value = serde_json::from_slice(&reply.body).context("the error is no JSON")?;
        ensure!(json["error"]["message"].is_string(), "an error without a message: {json}");
    }
    let question = Question::plain("sim/error-500", Body::Small);
    let reply = Connection::new(&way.address).ask(&way.request(&question))?;
    ensure!(reply.status >= 500, "status {} where the upstream says 500", reply.status);
    Ok(())
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}
