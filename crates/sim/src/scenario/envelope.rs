//! Answers that are good HTTP and yet not what was asked for: errors under a 200, pages, redirects,
//! recordings, bodies of absurd size.

use std::io::Write as _;
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::StatusCode;
use serde_json::json;

use super::{Answer, Fixed, Scenario, Stage, row};
use crate::errors::ErrorAnswer;
use crate::script::{Act, Ending, Script};

pub(super) const ALL: &[Scenario] = &[
    row("error-200-json", json_200, "Status 200, and the body is an error."),
    row("error-200-html", html_200, "Status 200 with a login page, as captive portals send it."),
    row("error-200-empty", empty_200, "Status 200 and no body."),
    row("error-partial", partial, "Text, and an error beside it in `choices[0]`."),
    row("padded-json", padded, "White space before the body keeps a slow plain answer alive."),
    row("redirect", redirect, "Redirects (`=301`…`=308`) to a path that only notes who came."),
    row("huge-line", huge_line, "One line without an end: 64 MiB, or `=<MiB>`."),
    row("gzip-bomb", gzip_bomb, "64 MiB of white space, compressed a thousandfold."),
    row("replay", replayed, "A recorded answer: `=<tag or sha>`."),
];

const MIB: usize = 1 << 20;

fn fixed(status: StatusCode, content_type: &str, body: impl Into<Vec<u8>>) -> Fixed {
    Fixed {
        status,
        content_type: Some(content_type.to_owned()),
        headers: Vec::new(),
        body: body.into(),
        cost: None,
    }
}

fn json_200(_: &Stage<'_>) -> Answer {
    let error = json!({"error": {"code": 502, "message": "Provider returned error", "metadata": {"provider_name": "Simulator", "raw": "overloaded"}}});
    Answer::Fixed(fixed(StatusCode::OK, "application/json", error.to_string()))
}

fn html_200(_: &Stage<'_>) -> Answer {
    let page = "<!DOCTYPE html><html><head><title>Welcome to the airport</title></head><body>Sign in</body></html>\n";
    Answer::Fixed(fixed(StatusCode::OK, "text/html; charset=utf-8", page))
}

fn empty_200(_: &Stage<'_>) -> Answer {
    Answer::Fixed(fixed(StatusCode::OK, "application/json", Vec::new()))
}

fn partial(_: &Stage<'_>) -> Answer {
    let choice = json!({
        "index": 0, "finish_reason": "error", "native_finish_reason": null,
        "message": {"role": "assistant", "content": "The first half of", "refusal": null, "reasoning": null},
        "error": {"code": 502, "message": "Provider returned error", "metadata": {"raw": "connection lost"}},
    });
    let acts = [Act::text("The first half of")];
    let ending = Ending { billed: false, ..Ending::new(Some("error"), None) };
    Answer::script(Script::new(acts, ending).with_plain(choice))
}

fn padded(stage: &Stage<'_>) -> Answer {
    let pad = "\n         \n".repeat(16);
    let acts =
        std::iter::once(Act::Line(pad)).chain([Act::text(super::text::text(stage.modifiers.word_count()))]);
    Answer::script(Script::new(acts.collect::<Vec<_>>(), Ending::stop()))
}

fn redirect(stage: &Stage<'_>) -> Answer {
    let status = stage.value.and_then(|v| StatusCode::from_bytes(v.as_bytes()).ok());
    let status = status.filter(StatusCode::is_redirection).unwrap_or(StatusCode::TEMPORARY_REDIRECT);
    let mut answer = fixed(status, "text/plain", "Moved\n");
    answer.headers.push(("location", format!("{}/__sim/redirected", stage.origin)));
    Answer::Fixed(answer)
}

fn huge_line(stage: &Stage<'_>) -> Answer {
    let mib: usize = stage.value.and_then(|v| v.parse().ok()).unwrap_or(64);
    let piece = "x".repeat(MIB);
    let head = Act::Line("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"".to_owned());
    let acts = std::iter::once(head).chain((0..mib).map(move |_| Act::Line(piece.clone())));
    Answer::script(Script::new(acts, Ending { done: false, billed: false, ..Ending::said() }))
}

fn gzip_bomb(_: &Stage<'_>) -> Answer {
    static BOMB: OnceLock<Vec<u8>> = OnceLock::new();
    let bomb = BOMB.get_or_init(|| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let blank = vec![b' '; MIB];
        for _ in 0..64 {
            // Writing into memory does not fail.
            let _ = encoder.write_all(&blank);
        }
        encoder.finish().unwrap_or_default()
    });
    let mut answer = fixed(StatusCode::OK, "application/json", bomb.clone());
    answer.headers.push(("content-encoding", "gzip".to_owned()));
    Answer::Fixed(answer)
}

fn replayed(stage: &Stage<'_>) -> Answer {
    let key = stage.value.unwrap_or_default();
    match stage.recordings.find(stage.request.api, key) {
        Ok(recorded) => {
            let content_type = recorded.content_type.unwrap_or_else(|| "application/json".to_owned());
            let status = StatusCode::from_u16(recorded.status).unwrap_or(StatusCode::OK);
            let cost = last_cost(&recorded.body);
            Answer::Fixed(Fixed { cost, ..fixed(status, &content_type, recorded.body) })
        }
        Err(why) => Answer::error(ErrorAnswer::new(400, why.to_string())),
    }
}

/// The cost that a recorded answer states, as its own text.
fn last_cost(body: &str) -> Option<String> {
    let (_, rest) = body.rsplit_once("\"cost\":")?;
    let text: String = rest
        .trim_start()
        .chars()
        .take_while(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '-' | '+'))
        .collect();
    (!text.is_empty()).then_some(text)
}
