//! Answers as they should be, and answers that are not what was asked for.

use serde_json::{Value, json};
use turnpike_ledger::{CostSource, Mode, Status};
use turnpike_sim::words;

use crate::client::{Answer, ask};
use crate::harness::{Plane, Setup, map, maps, native};
use crate::upstream::{STREAM, says};

#[tokio::test]
async fn text_comes_streamed_and_whole_with_a_row_each() {
    let plane = Plane::start().await;
    for stream in [true, false] {
        let answer = plane.ask("sim/text", stream).await;
        assert_eq!((answer.status, answer.said()), (200, words(12)), "stream: {stream}");
    }
    let rows = plane.rows();
    assert_eq!(rows.len(), 2);
    for (row, entry) in rows.iter().zip(plane.sim.journal()) {
        assert_eq!(row.status, Status::Ok);
        assert_eq!(row.cost.amount, entry.charged);
        assert_eq!(row.cost.source, CostSource::Upstream);
        assert_eq!(row.generation_id, entry.generation);
        assert_eq!(row.mode, Some(Mode::Translate));
        assert_eq!(row.stop_reason.as_deref(), Some("end_turn"));
        assert!(row.first_token_ns <= row.duration_ns && row.first_token_ns.is_some());
        assert!(entry.faults.is_empty());
    }
}

#[tokio::test]
async fn the_same_request_twice_is_two_requests_with_a_row_and_a_cost_each() {
    let plane = Plane::start().await;
    // What a client sends again after a time-out, while the first is still under way.
    let request = plane.request(&ask("sim/text+words=20+delay=5ms", true));
    let (mut first, mut second) = (plane.connect().await, plane.connect().await);
    first.send(&request).await;
    second.send(&request).await;
    for client in [&mut first, &mut second] {
        assert_eq!(client.answer().await.expect("a head came").said(), words(20));
    }
    let (rows, entries) = (plane.rows(), plane.upstream_requests());
    assert_eq!((rows.len(), entries.len()), (2, 2));
    assert!(rows[0].id != rows[1].id && rows[0].generation_id != rows[1].generation_id, "{rows:#?}");
    for row in &rows {
        let entry =
            entries.iter().find(|entry| entry.generation == row.generation_id).expect("its own request");
        assert_eq!((row.status, row.cost.amount), (Status::Ok, entry.charged));
        assert!(row.cost.amount.nanos() > 0);
    }
}

#[tokio::test]
async fn a_native_stream_may_lack_its_last_blank_line_and_nothing_else() {
    let stream = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"gen-1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":9,\"output_tokens\":0}}}\n\n\
        event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n\
        event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"word\"}}\n\n\
        event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n\
        event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":1,\"cost\":0.0042}}\n\n\
        event: message_stop\ndata: {\"type\":\"message_stop\"}";
    for (cut, last, status) in [(0, "message_stop", Status::Ok), (1, "error", Status::Truncated)] {
        let answer = [STREAM, &stream[..stream.len() - cut]].concat();
        let config = maps(vec![native("mine", &["a/b"])]);
        let upstream = Some(says(answer).await);
        let plane = Plane::with(Setup { config, upstream, ..Setup::default() }).await;
        let answer = plane.ask("mine", true).await;
        assert_eq!((answer.status, answer.said().as_str(), answer.last().0.as_str()), (200, "word", last));
        let row = plane.row();
        assert_eq!((row.status, row.cost.amount.nanos()), (status, 4_200_000), "{row:?}");
    }
}

#[tokio::test]
async fn an_error_in_the_middle_leaves_what_was_used_in_its_row() {
    let stream = "data: {\"id\":\"gen-1\",\"choices\":[{\"delta\":{\"content\":\"word\"}}]}\n\n\
        data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1,\"cost\":0.0042}}\n\n\
        data: {\"error\":{\"code\":502,\"message\":\"the provider fell over\"},\"choices\":[{\"delta\":{},\"finish_reason\":\"error\"}]}\n\n";
    let upstream = Some(says([STREAM, stream].concat()).await);
    let plane = Plane::with(Setup { upstream, ..Setup::default() }).await;
    let answer = plane.ask("a/b", true).await;
    assert_eq!((answer.said().as_str(), answer.last().0.as_str()), ("word", "error"));
    let row = plane.row();
    assert_eq!((row.status, row.generation_id.as_deref()), (Status::Error, Some("gen-1")));
    assert_eq!((row.usage.input_tokens, row.usage.output_tokens), (9, 1));
    assert_eq!((row.cost.amount.nanos(), row.cost.source), (4_200_000, CostSource::Upstream));
}

#[tokio::test]
async fn however_the_upstream_writes_its_lines_the_answer_is_the_same() {
    let plane = Plane::start().await;
    let tail = |answer: &Answer| answer.events().split_off(1);
    let plain = plane.ask("sim/parallel", true).await;
    assert_eq!(plain.last().0, "message_stop");
    // The prompt is counted with the model's name in it, and calls have new ids each time.
    let shape = |answer: &Answer| {
        let fixed = |data: Value| regular(&data.to_string());
        tail(answer)
            .into_iter()
            .filter(|(name, _)| name != "message_delta")
            .map(|(_, data)| fixed(data))
            .collect::<Vec<_>>()
    };
    for style in
        ["slice=1", "slice=random", "crlf", "cr", "bom", "no-space", "fields", "multi-data", "comments=50"]
    {
        let answer = plane.ask(&format!("sim/parallel+{style}"), true).await;
        assert_eq!(shape(&answer), shape(&plain), "{style}");
    }
}

/// JSON text without what is random in it: the ids of calls.
fn regular(json: &str) -> String {
    let mut parts = json.split("toolu_sim_");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('"').map_or("", |(_, rest)| rest))
}

#[tokio::test]
async fn json_for_a_stream_and_a_stream_for_json_are_converted() {
    let plane = Plane::start().await;
    for scenario in ["text", "tool", "thinking"] {
        let right = plane.ask(&format!("sim/{scenario}"), true).await;
        let json = plane.ask(&format!("sim/{scenario}+flip"), true).await;
        assert_eq!(
            (json.status, json.header("content-type")),
            (200, right.header("content-type")),
            "{scenario}"
        );
        assert_eq!((json.said(), json.last().0), (right.said(), "message_stop".to_owned()), "{scenario}");
        let stream = plane.ask(&format!("sim/{scenario}+flip"), false).await;
        assert_eq!(stream.header("content-type"), Some("application/json"), "{scenario}");
        let message = stream.json();
        assert_eq!((stream.said(), &message["type"]), (right.said(), &"message".into()), "{scenario}");
    }
    assert!(
        plane.rows().iter().all(|row| row.status == Status::Ok && row.cost.source == CostSource::Upstream)
    );
}

#[tokio::test]
async fn what_is_no_answer_becomes_an_error_that_says_so() {
    let plane = Plane::start().await;
    for (scenario, says) in [
        ("text+gzip", "compressed with gzip"),
        ("gzip-bomb", "compressed with gzip"),
        ("error-200-html", "web page"),
        ("error-200-empty", "empty body"),
        ("redirect", "HTTP 307"),
        ("redirect=301", "HTTP 301"),
        ("redirect=302", "HTTP 302"),
        ("redirect=308", "HTTP 308"),
        ("huge-line=20", ""),
        ("big-head", ""),
        ("not-http", ""),
        ("length-short", ""),
    ] {
        for stream in [true, false] {
            let answer = plane.ask(&format!("sim/{scenario}"), stream).await;
            let (status, kind, message) = answer.error();
            assert_eq!((status, kind.as_str()), (502, "api_error"), "{scenario} stream: {stream}: {message}");
            assert!(message.contains(says), "{scenario} stream: {stream}: {message}");
        }
    }
    let paths: Vec<String> = plane.sim.journal().into_iter().map(|entry| entry.path).collect();
    assert!(!paths.iter().any(|path| path.contains("redirected")), "no redirect is followed: {paths:?}");
    assert!(plane.rows().iter().all(|row| row.status == Status::Error));
}

#[tokio::test]
async fn odd_ends_are_ends() {
    let plane = Plane::start().await;
    for (scenario, stop) in [
        ("no-done", "end_turn"),
        ("two-done", "end_turn"),
        ("after-done", "end_turn"),
        ("finish-once", "end_turn"),
        ("finish-null", "end_turn"),
        ("finish-unknown", "end_turn"),
        ("finish-length", "max_tokens"),
        ("finish-content-filter", "refusal"),
        ("null-content", "end_turn"),
        ("unknown-fields", "end_turn"),
    ] {
        let answer = plane.ask(&format!("sim/{scenario}"), true).await;
        let names = answer.outline();
        assert_eq!(
            (answer.status, names.last().map(String::as_str)),
            (200, Some("message_stop")),
            "{scenario}"
        );
        assert_eq!(answer.said(), words(12), "{scenario}");
        let delta = answer.events().into_iter().find(|(name, _)| name == "message_delta").expect("one").1;
        assert_eq!(delta["delta"]["stop_reason"], stop, "{scenario}");
    }
    assert!(plane.rows().iter().all(|row| row.status == Status::Ok));
}

#[tokio::test]
async fn padding_before_a_plain_answer_is_no_harm() {
    let plane = Plane::start().await;
    assert_eq!(plane.ask("sim/padded-json", false).await.said(), words(12));
}

#[tokio::test]
async fn native_answers_pass_with_their_bill() {
    let plane = Plane::mapped(maps(vec![native("mine", &["sim/thinking"])])).await;
    for stream in [true, false] {
        let answer = plane.ask("mine", stream).await;
        assert_eq!(answer.status, 200, "stream: {stream}: {}", answer.text());
        assert!(!answer.said().is_empty(), "stream: {stream}");
        assert!(!answer.text().contains("[DONE]"), "stream: {stream}");
    }
    for (row, entry) in plane.rows().iter().zip(plane.upstream_requests()) {
        assert!(entry.path.ends_with("/messages"), "{}", entry.path);
        assert_eq!((row.status, row.mode), (Status::Ok, Some(Mode::Native)));
        assert_eq!((row.cost.amount, row.cost.source), (entry.charged, CostSource::Upstream));
        assert!(row.cost.amount.nanos() > 0 && row.usage.output_tokens > 0, "{row:?}");
        assert_eq!(row.stop_reason.as_deref(), Some("end_turn"));
    }
}

#[tokio::test]
async fn a_native_message_for_a_stream_and_the_reverse_are_converted() {
    for scenario in ["text", "tool", "thinking", "web-search"] {
        let (right, flipped) = (format!("sim/{scenario}"), format!("sim/{scenario}+flip"));
        let plane =
            Plane::mapped(maps(vec![native("right", &[&right]), native("flipped", &[&flipped])])).await;
        let asked = |model: &str, stream: bool| {
            let mut body = ask(model, stream);
            body["tools"] = json!([{"type": "web_search_20250305", "name": "web_search"},
                {"name": "Bash", "input_schema": {"type": "object", "properties": {}}}]);
            body
        };
        let message = plane.send(&asked("right", false)).await.json();
        let whole = plane.send(&asked("flipped", false)).await;
        assert_eq!(
            (whole.status, whole.header("content-type")),
            (200, Some("application/json")),
            "{scenario}"
        );
        let kinds = |message: &Value| {
            let blocks = message["content"].as_array().expect("blocks");
            blocks.iter().map(|block| (block["type"].clone(), block["input"].clone())).collect::<Vec<_>>()
        };
        let got = whole.json();
        assert_eq!(
            (kinds(&got), &got["stop_reason"]),
            (kinds(&message), &message["stop_reason"]),
            "{scenario}"
        );
        let blocks = |answer: &Answer| {
            let starts = answer.events().into_iter().filter(|(name, _)| name != "content_block_delta");
            starts.map(|(name, data)| (name, data["content_block"]["type"].clone())).collect::<Vec<_>>()
        };
        let streamed = plane.send(&asked("right", true)).await;
        assert_eq!(whole.said(), streamed.said(), "{scenario}");
        let stream = plane.send(&asked("flipped", true)).await;
        assert_eq!(stream.header("content-type"), streamed.header("content-type"), "{scenario}");
        assert_eq!((blocks(&stream), stream.said()), (blocks(&streamed), streamed.said()), "{scenario}");
        for (row, entry) in plane.rows().iter().zip(plane.upstream_requests()) {
            assert_eq!((row.status, row.mode), (Status::Ok, Some(Mode::Native)), "{scenario}");
            assert_eq!(
                (row.cost.amount, row.cost.source),
                (entry.charged, CostSource::Upstream),
                "{scenario}"
            );
            assert_eq!(row.stop_reason.as_deref(), message["stop_reason"].as_str(), "{scenario}");
        }
        assert_eq!(plane.rows().len(), 4, "{scenario}");
    }
}

#[tokio::test]
async fn native_failures_are_the_same_errors() {
    for (scenario, status, kind) in [
        ("error-429", 429, "rate_limit_error"),
        ("error-402", 402, "billing_error"),
        ("error-529", 529, "overloaded_error"),
        ("error-400-context", 400, "invalid_request_error"),
        ("error-200-html", 502, "api_error"),
        ("close", 502, "api_error"),
        ("text+gzip", 502, "api_error"),
    ] {
        let target = format!("sim/{scenario}");
        let plane = Plane::mapped(maps(vec![native("mine", &[&target])])).await;
        for stream in [true, false] {
            let (got, word, message) = plane.ask("mine", stream).await.error();
            assert_eq!((got, word.as_str()), (status, kind), "{scenario} stream: {stream}: {message}");
        }
    }
    let plane = Plane::mapped(maps(vec![native("mine", &["sim/error-first-chunk"])])).await;
    assert_eq!(plane.ask("mine", true).await.error().0, 502);
    for scenario in ["error-midstream", "text+words=100+cut=3000", "text+words=100+end=3000"] {
        let plane = Plane::mapped(maps(vec![native("mine", &[&format!("sim/{scenario}")])])).await;
        let answer = plane.ask("mine", true).await;
        assert_eq!((answer.status, answer.last().0.as_str()), (200, "error"), "{scenario}");
        assert!(!answer.said().is_empty(), "{scenario}");
    }
}

#[tokio::test]
async fn a_fetched_page_is_a_fetch_and_its_result() {
    let plane =
        Plane::mapped(maps(vec![map("mine", &["sim/web-fetch"]), native("own", &["sim/web-fetch"])])).await;
    for (model, url, what) in [
        ("mine", "https://a.example/page", "web_fetch_result"),
        ("mine", "https://a.example/missing", "web_fetch_tool_result_error"),
        ("own", "https://a.example/page", "web_fetch_result"),
    ] {
        let mut body = ask(model, false);
        body["tools"] = json!([{"type": "web_fetch_20250910", "name": "web_fetch", "max_uses": 2}]);
        body["messages"][0]["content"] = format!("Read {url} please").into();
        let message = plane.send(&body).await.json();
        let found = |kind: &str| {
            let blocks = message["content"].as_array().expect("blocks");
            blocks
                .iter()
                .find(|block| block["type"] == kind)
                .unwrap_or_else(|| panic!("no {kind}: {message}"))
        };
        let (call, result) = (found("server_tool_use"), found("web_fetch_tool_result"));
        assert_eq!(
            (&call["name"], &call["input"]),
            (&json!("web_fetch"), &json!({"url": url})),
            "{model} {url}"
        );
        assert_eq!(
            (&result["tool_use_id"], &result["content"]["type"]),
            (&call["id"], &json!(what)),
            "{model}"
        );
        body["stream"] = true.into();
        let outline = plane.send(&body).await;
        let streamed = outline.events().into_iter().map(|(_, data)| data["content_block"]["content"].clone());
        let mut pages = streamed.filter(|content| content.is_object());
        assert_eq!(pages.next().as_ref(), Some(&result["content"]), "{model} {url}: streamed too");
        if model == "mine" {
            assert_eq!(message["usage"]["server_tool_use"]["web_fetch_requests"], 1, "{url}");
        }
    }
    for entry in plane.upstream_requests() {
        assert!(entry.faults.is_empty(), "{:?}", entry.faults);
    }
}
