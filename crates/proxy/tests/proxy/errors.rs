//! Every refusal of the upstream, as the client is told.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use turnpike_ledger::Status;
use turnpike_proxy::Timing;

use crate::client::{Answer, ask};
use crate::harness::{Plane, within};

/// A scenario, and what the client must get.
struct Row {
    scenario: &'static str,
    status: u16,
    kind: &'static str,
    /// Clients may try again.
    retry: bool,
    retry_after: Option<&'static str>,
    /// Words of the message.
    says: &'static [&'static str],
}

const fn row(scenario: &'static str, status: u16, kind: &'static str, says: &'static [&'static str]) -> Row {
    Row { scenario, status, kind, retry: false, retry_after: None, says }
}

const fn again(
    scenario: &'static str,
    status: u16,
    kind: &'static str,
    says: &'static [&'static str],
) -> Row {
    Row { retry: true, ..row(scenario, status, kind, says) }
}

const fn later(mut row: Row, seconds: &'static str) -> Row {
    row.retry_after = Some(seconds);
    row
}

const INVALID: &str = "invalid_request_error";
const KEY: &str = "authentication_error";
const BILLING: &str = "billing_error";
const REFUSED: &str = "permission_error";
const MISSING: &str = "not_found_error";
const RATE: &str = "rate_limit_error";
const API: &str = "api_error";
const TIMEOUT: &str = "timeout_error";
const OVERLOADED: &str = "overloaded_error";

/// Some number of seconds, by the clock.
const NAMED: &str = "named";

const TABLE: &[Row] = &[
    row("error-400-model", 404, MISSING, &["is not a valid model ID", "turnpike map add"]),
    row("error-400-context", 400, INVALID, &["prompt is too long: 250021 tokens > 200000 maximum"]),
    row("error-400-provider", 400, INVALID, &["Unsupported parameter: 'temperature'"]),
    row("error-401", 401, KEY, &["turnpike key set"]),
    row("error-401-user", 401, KEY, &["User not found", "turnpike key set"]),
    row("error-402", 402, BILLING, &["Insufficient credits", "openrouter.ai/credits"]),
    row(
        "error-402-max-tokens",
        402,
        BILLING,
        &["can only afford 27342", "CLAUDE_CODE_MAX_OUTPUT_TOKENS=27342"],
    ),
    row("error-402-prompt", 402, BILLING, &["230799 > 91442"]),
    row("error-403", 403, REFUSED, &["not available in your region"]),
    row("error-403-moderation", 403, REFUSED, &["violence"]),
    row("error-403-safety", 403, REFUSED, &["Content violates usage guidelines"]),
    row("error-404-tools", 404, MISSING, &["support tool use", "turnpike map add"]),
    row("error-404-images", 404, MISSING, &["support image input"]),
    row("error-404-privacy", 404, MISSING, &["Allow free models: openrouter.ai/settings/privacy"]),
    row("error-404-guardrail", 404, MISSING, &["guardrail"]),
    row("error-404-availability", 404, MISSING, &["no longer available"]),
    again("error-408", 504, TIMEOUT, &["Request timed out"]),
    row("error-413", 413, "request_too_large", &["too large"]),
    row("error-422", 400, INVALID, &["Unprocessable request"]),
    again("error-429", 429, RATE, &["temporarily rate-limited upstream"]),
    again("error-429-upstream", 429, RATE, &["temporarily rate-limited upstream"]),
    later(row("error-429-free-day", 429, RATE, &["free-models-per-day", "paid model"]), NAMED),
    later(again("error-429-free-min", 429, RATE, &["free-models-per-min"]), NAMED),
    again("error-500", 502, API, &["Internal Server Error"]),
    again("error-502", 502, API, &["the provider sent an invalid answer"]),
    again("error-502-html", 502, API, &["502", "web page"]),
    later(again("error-503", 503, API, &["No available model provider"]), "2"),
    again("error-504", 504, TIMEOUT, &["Gateway timeout"]),
    again("error-524", 504, TIMEOUT, &["524"]),
    again("error-529", 529, OVERLOADED, &["overloaded"]),
    again("error-200-json", 502, API, &["overloaded"]),
    again("error-200-html", 502, API, &["web page"]),
    again("error-200-empty", 502, API, &["empty body"]),
    later(again("error-429+retry-after=7", 429, RATE, &[]), "7"),
    again("error-429+retry-after=-5", 429, RATE, &[]),
    later(again("error-429+retry-after=999999999", 429, RATE, &[]), "86400"),
    again("error-429+retry-after=soon", 429, RATE, &[]),
    later(again("error-529+retry-after=3", 529, OVERLOADED, &[]), "3"),
    row("error-402+retry-after=60", 402, BILLING, &[]).with_retry_after("60"),
];

impl Row {
    const fn with_retry_after(self, seconds: &'static str) -> Self {
        later(self, seconds)
    }

    fn check(&self, answer: &Answer) {
        let Self { scenario, status, kind, retry, retry_after, says } = self;
        let (got_status, got_kind, message) = answer.error();
        assert_eq!((got_status, got_kind.as_str()), (*status, *kind), "{scenario}: {message}");
        let should_retry = answer.header("x-should-retry");
        assert_eq!(should_retry, (!retry).then_some("false"), "{scenario}");
        let told = answer.header("retry-after");
        match retry_after {
            Some(word) if *word == NAMED => assert!(told.is_some_and(|told| told.parse::<u64>().is_ok())),
            retry_after => assert_eq!(told, *retry_after, "{scenario}"),
        }
        assert_eq!(answer.header("content-type"), Some("application/json"), "{scenario}");
        for words in *says {
            assert!(message.contains(words), "{scenario}: {message:?} lacks {words:?}");
        }
        for secret in ["sk-or-", "user_id", "Provider returned error"] {
            assert!(!answer.text().contains(secret), "{scenario}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn every_refusal_has_its_face() {
    let plane = Plane::start().await;
    for row in TABLE {
        for stream in [true, false] {
            // Two names for one scenario: a limit that the first one meets is known when the second is asked.
            let other = if stream { "" } else { "+words=5" };
            row.check(&plane.ask(&format!("sim/{}{other}", row.scenario), stream).await);
        }
    }
    let rows = plane.rows();
    assert_eq!(rows.len(), TABLE.len() * 2);
    for (written, row) in rows.iter().zip(TABLE.iter().flat_map(|row| [row, row])) {
        assert_eq!(written.status, Status::Error, "{}", row.scenario);
        assert_eq!(written.http_status, Some(row.status), "{}", row.scenario);
        assert_eq!(written.error_type.as_deref(), Some(row.kind), "{}", row.scenario);
        assert_eq!(written.cost.amount.nanos(), 0, "{}", row.scenario);
    }
    for entry in plane.sim.journal() {
        assert!(entry.faults.is_empty(), "{entry:?}");
    }
}

#[tokio::test]
async fn no_refusal_is_asked_again_at_the_same_target() {
    let plane = Plane::start().await;
    for row in TABLE {
        let before = plane.upstream_requests().len();
        plane.ask(&format!("sim/{}", row.scenario), true).await;
        assert_eq!(plane.upstream_requests().len(), before + 1, "{}", row.scenario);
    }
}

#[tokio::test]
async fn an_upstream_that_is_down_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let upstream = Some(format!("http://{addr}/api/v1"));
    let plane = Plane::with(crate::harness::Setup { upstream, ..Default::default() }).await;
    for stream in [true, false] {
        let answer = plane.ask("a/b", stream).await;
        let (status, kind, message) = answer.error();
        assert_eq!((status, kind.as_str()), (502, API));
        let row = plane.rows().pop().expect("a row");
        assert!(crate::harness::attempts(&row).len() <= 2, "once more at most: {row:?}");
        assert!(message.contains("127.0.0.1") && message.contains("refuses connections"), "{message}");
    }
    let rows = plane.rows();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row.status == Status::Error && row.http_status == Some(502)), "{rows:#?}");
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_told_with_the_place_and_go_nowhere() {
    let plane = Plane::start().await;
    let deep = format!(r#"{{"model":"sim/text","max_tokens":1,"messages":{}"#, "[".repeat(10_000));
    let many = format!(
        r#"{{"model":"sim/text","max_tokens":1,"messages":[{{"role":"user","content":"x"}}],"x":[{}1]}}"#,
        "1,".repeat(1_000_000)
    );
    for (label, body, says) in [
        ("empty", &b""[..], "empty"),
        ("no JSON", b"hello", "byte 0"),
        ("truncated", br#"{"model":"sim/text""#, "EOF"),
        (
            "trailing",
            br#"{"model":"sim/text","max_tokens":1,"messages":[{"role":"user","content":"x"}]} x"#,
            "trailing",
        ),
        ("not UTF-8", b"{\"model\":\"\xff\"}", "UTF-8"),
        (
            "a lone surrogate",
            br#"{"model":"sim/text","max_tokens":1,"messages":[{"role":"user","content":"\ud800"}]}"#,
            "surrogate",
        ),
        ("a model twice", br#"{"model":"a","model":"b"}"#, "duplicate field"),
        ("deep", deep.as_bytes(), "deep"),
        ("a number beyond floats", br#"{"model":"sim/text","max_tokens":1e400,"messages":[]}"#, "byte"),
        (
            "no max_tokens",
            br#"{"model":"sim/text","messages":[{"role":"user","content":"x"}]}"#,
            "max_tokens",
        ),
        (
            "a wrong type",
            br#"{"model":"sim/text","max_tokens":"1","messages":[{"role":"user","content":"x"}]}"#,
            "max_tokens",
        ),
        ("no messages", br#"{"model":"sim/text","max_tokens":1,"messages":[]}"#, "messages"),
        ("an array", b"[]", "JSON object"),
        ("a million values", many.as_bytes(), "more than 500000 values"),
    ] {
        let answer = plane.post("/v1/messages", body).await;
        let (status, kind, message) = answer.error();
        assert_eq!((status, kind.as_str()), (400, INVALID), "{label}: {message}");
        assert!(message.contains(says), "{label}: {message}");
        assert_eq!(answer.header("x-should-retry"), Some("false"), "{label}");
    }
    assert!(plane.upstream_requests().is_empty() && plane.rows().is_empty());
}

#[tokio::test]
async fn what_is_no_json_is_told_with_the_byte() {
    let plane = Plane::start().await;
    let good = r#"{"model":"sim/text","max_tokens":1,"messages":[{"role":"user","content":"x"}]}"#;
    let broken = good.replace("\"x\"", "\"\\ud800\"");
    for (label, body, byte) in [
        ("no JSON", b"hello".to_vec(), 0),
        ("truncated", good.as_bytes()[..40].to_vec(), 35),
        ("trailing", format!("{good} x").into_bytes(), good.len() + 1),
        ("a lone surrogate", broken.clone().into_bytes(), broken.find("\\ud800").expect("it is there")),
    ] {
        let (status, kind, message) = plane.post("/v1/messages", &body).await.error();
        assert_eq!((status, kind.as_str()), (400, INVALID), "{label}: {message}");
        assert!(message.contains(&format!("at byte {byte}.")), "{label}: {message}");
    }
    let not_utf8 = plane.post("/v1/messages", b"{\"model\":\"\xff\"}").await.error().2;
    assert!(not_utf8.contains("byte 10"), "{not_utf8}");
    assert!(plane.upstream_requests().is_empty() && plane.rows().is_empty());
}

#[tokio::test]
async fn a_hundred_thousand_tools_are_refused() {
    let plane = Plane::start().await;
    let tool =
        |n: usize| format!(r#"{{"name":"t{n}","input_schema":{{"type":"object","properties":{{}}}}}}"#);
    let tools: Vec<String> = (0..100_000).map(tool).collect();
    let body = format!(
        r#"{{"model":"sim/text","max_tokens":1,"messages":[{{"role":"user","content":"x"}}],"tools":[{}]}}"#,
        tools.join(",")
    );
    let (status, kind, message) = plane.post("/v1/messages", body.as_bytes()).await.error();
    assert_eq!((status, kind.as_str()), (400, INVALID), "{message}");
    assert!(message.contains("500000 values") || message.contains("tools"), "{message}");
    assert!(plane.upstream_requests().is_empty());
}

#[tokio::test]
async fn unknown_models_are_answered_with_the_nearest() {
    let plane = Plane::start().await;
    let models = plane.sim_catalogue().await;
    plane.proxy.set_catalogue(models);
    for (model, says) in [
        ("gpt-5.6-tera", "openai/gpt-5.6-terra"),
        ("../../etc/passwd", "No model goes by the name"),
        ("../", "No model goes by the name"),
        ("", "model: must not be empty"),
    ] {
        let answer = plane.ask(model, true).await;
        let (status, kind, message) = answer.error();
        let expected = if model.is_empty() { (400, INVALID) } else { (404, MISSING) };
        assert_eq!((status, kind.as_str()), expected, "{model}: {message}");
        assert!(message.contains(says), "{model}: {message}");
    }
    let long = plane.ask(&"x".repeat(2_000), false).await;
    assert_eq!(long.status, 404);
    assert!(long.body.len() < 1_000, "{}", long.text());
    assert!(plane.upstream_requests().is_empty() && plane.rows().is_empty());
}

#[tokio::test]
async fn a_missing_key_is_told_in_its_own_words() {
    let key = turnpike_proxy::KeyStanding::Missing("No key yet: run `turnpike key set`.".to_owned());
    let plane = Plane::with(crate::harness::Setup { key, ..Default::default() }).await;
    let answer = plane.ask("sim/text", true).await;
    assert_eq!(answer.error(), (401, KEY.to_owned(), "No key yet: run `turnpike key set`.".to_owned()));
    assert_eq!(answer.header("x-should-retry"), Some("false"));
    plane.proxy.set_key(turnpike_proxy::KeyStanding::Ready(turnpike_settings::Secret::new(
        crate::harness::KEY.to_owned(),
    )));
    assert_eq!(plane.ask("sim/text", true).await.status, 200);
    assert_eq!(plane.rows().len(), 1);
    let body: Value = plane.ask("sim/text", false).await.json();
    assert_eq!(body["type"], "message");
}

#[tokio::test]
async fn a_request_waits_for_a_keychain_that_is_asked_for_the_first_time() {
    let asked = || turnpike_proxy::KeyStanding::Asked("The keychain has not answered yet.".to_owned());
    let timing = Timing { key_within: Duration::from_secs(60), ..Timing::default() };
    let plane =
        Arc::new(Plane::with(crate::harness::Setup { key: asked(), timing, ..Default::default() }).await);
    let waiting = tokio::spawn({
        let plane = Arc::clone(&plane);
        async move { plane.ask("sim/text", true).await.status }
    });
    // Others come and go meanwhile.
    for _ in 0..20 {
        assert_eq!(plane.call("GET", "/health", None).await.status, 200);
    }
    assert!(!waiting.is_finished());
    plane.proxy.set_key(turnpike_proxy::KeyStanding::Ready(turnpike_settings::Secret::new(
        crate::harness::KEY.to_owned(),
    )));
    assert_eq!(within("the answer", waiting).await.expect("it did not panic"), 200);

    let timing = Timing { key_within: Duration::from_millis(20), ..Timing::default() };
    let plane = Plane::with(crate::harness::Setup { key: asked(), timing, ..Default::default() }).await;
    let answer = plane.ask("sim/text", true).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
    assert!(plane.upstream_requests().is_empty() && plane.rows().is_empty());
}

#[tokio::test]
async fn while_the_keychain_is_locked_the_client_is_told_to_come_back() {
    let told = "Turnpike cannot read its OpenRouter key yet: unlock the keychain.";
    let key = turnpike_proxy::KeyStanding::Awaited(told.to_owned());
    let plane = Plane::with(crate::harness::Setup { key, ..Default::default() }).await;
    for stream in [true, false] {
        let answer = plane.ask("sim/text", stream).await;
        assert_eq!(answer.error(), (503, "api_error".to_owned(), told.to_owned()));
        assert_eq!((answer.header("retry-after"), answer.header("x-should-retry")), (Some("5"), None));
    }
    assert!(plane.upstream_requests().is_empty() && plane.rows().is_empty());
}

/// Other clients get Anthropic's statuses; Claude Code would not show the words that come with them.
#[tokio::test]
async fn claude_code_gets_statuses_whose_words_it_shows() {
    let plane = Plane::start().await;
    for row in TABLE {
        let body = ask(&format!("sim/{}", row.scenario), true);
        let request = String::from_utf8(plane.request(&body)).expect("a head and JSON");
        let named = request.replacen("\r\n", "\r\nuser-agent: claude-cli/2.1.329 (external, cli)\r\n", 1);
        let mut client = plane.connect().await;
        client.send(named).await;
        let answer = within("an answer", client.answer()).await.expect("an answer");
        let status = match row.status {
            403 => 451,
            404 => 410,
            status => status,
        };
        Row { status, ..*row }.check(&answer);
        assert_eq!(plane.rows().last().and_then(|row| row.http_status), Some(status), "{}", row.scenario);
    }
}
