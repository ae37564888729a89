//! A session goes on: what is retried, what falls back, who is left out, how free requests are paced.

use std::time::Duration;

use serde_json::{Value, json};
use turnpike_ledger::{RequestRow, Status};
use turnpike_proxy::{TargetChange, Timing};
use turnpike_routing::Why;
use turnpike_settings::config::Config;
use turnpike_sim::words;

use crate::client::{Answer, ask, head};
use crate::harness::{Plane, Setup, attempts, in_one_day, map, maps, patient, within};

const SECOND: &str = "sim/text+words=5";

/// The tries of a row as they stand in it.
fn tries(row: &RequestRow) -> Vec<Value> {
    serde_json::from_str(row.attempts.as_ref().expect("attempts").as_str()).expect("JSON")
}

/// Outcomes with the place of their target in `targets`.
fn outcomes(row: &RequestRow, targets: &[&str]) -> Vec<(usize, String)> {
    let place = |slug: &str| targets.iter().position(|target| *target == slug).expect("a target of the map");
    attempts(row).into_iter().map(|(target, outcome)| (place(&target), outcome)).collect()
}

/// One whole, legal answer and nothing beside it.
fn is_single_answer(answer: &Answer, said: &str) {
    assert_eq!((answer.status, answer.said().as_str()), (200, said));
    if !answer.body.starts_with(b"{") {
        let count = |wanted: &str| answer.events().iter().filter(|(name, _)| name == wanted).count();
        assert_eq!([count("message_start"), count("message_stop"), count("error")], [1, 1, 0]);
    }
}

async fn catalogued(config: Config) -> Plane {
    let plane = Plane::mapped(config).await;
    plane.proxy.set_catalogue(plane.sim_catalogue().await);
    plane
}

/// What the simulator does, the tries that follow, and how long was waited at least.
#[tokio::test]
async fn every_failure_of_a_target_is_mended_and_the_client_sees_one_answer() {
    for (label, scenario, expected, waited) in [
        (
            "429 that is soon over",
            "error-429+retry-after=1+times=1",
            &[(0, "rate_limited"), (0, "ok")][..],
            1_000,
        ),
        ("429 for longer", "error-429+retry-after=30", &[(0, "rate_limited"), (1, "ok")], 0),
        ("529", "error-529", &[(0, "overloaded"), (1, "ok")], 0),
        ("502 with a web page", "error-502-html", &[(0, "provider"), (1, "ok")], 0),
        ("closed before the first byte", "close", &[(0, "unreachable"), (0, "unreachable"), (1, "ok")], 0),
        ("closed once", "close+times=1", &[(0, "unreachable"), (0, "ok")], 0),
        ("the model is gone", "error-404-availability", &[(0, "model_gone"), (1, "ok")], 0),
        ("tools are refused", "error-404-tools", &[(0, "no_tools"), (1, "ok")], 0),
        ("images are refused", "error-404-images", &[(0, "no_images"), (1, "ok")], 0),
        ("the context is too long", "error-400-context", &[(0, "context_too_long"), (1, "ok")], 0),
    ] {
        for stream in [true, false] {
            let targets = [&format!("sim/{scenario}+words=5"), SECOND];
            let plane = Plane::mapped(patient(30, vec![map("mine", &targets)])).await;
            let answer = plane.ask("mine", stream).await;
            is_single_answer(&answer, &words(5));
            let row = plane.row();
            let expected: Vec<(usize, String)> =
                expected.iter().map(|(target, outcome)| (*target, (*outcome).to_owned())).collect();
            assert_eq!(outcomes(&row, &targets), expected, "{label} stream: {stream}");
            let last = tries(&row).pop().expect("a try");
            assert!(last["waited_ms"].as_u64().unwrap_or(0) >= waited, "{label}: {last}");
            for failed in tries(&row).iter().filter(|attempt| attempt["outcome"] != "ok") {
                assert!(failed["status"].is_u64() && failed["why"].is_string(), "{label}: {failed}");
            }
            assert_eq!(row.status, Status::Ok, "{label}");
        }
    }
}

#[tokio::test]
async fn a_target_alone_is_waited_for_within_the_deadline() {
    let waiting = "sim/error-429+retry-after=4+times=1";
    let short = Plane::mapped(patient(3, vec![])).await;
    let refused = short.ask(waiting, true).await;
    assert_eq!((refused.error().0, refused.header("retry-after")), (429, Some("4")));
    let paused = "sim/error-529+times=1";
    let plane = Plane::mapped(patient(30, vec![])).await;
    is_single_answer(&plane.ask(paused, true).await, &words(12));
    let row = plane.row();
    assert_eq!(outcomes(&row, &[paused]), [(0, "overloaded".to_owned()), (0, "ok".to_owned())]);
    assert!(tries(&row)[1]["waited_ms"].as_u64().is_some_and(|waited| (250..=750).contains(&waited)));
}

#[tokio::test]
async fn a_client_that_says_how_long_it_waits_is_told_in_half_that_time() {
    let waiting = "sim/error-429+retry-after=4+times=1";
    for (timeout, status) in [("600", 200), ("6", 429), ("soon", 200)] {
        let plane = Plane::mapped(patient(30, vec![])).await;
        let body = ask(waiting, false).to_string();
        let head = head("POST", "/v1/messages", Some(&plane.token), body.len());
        let head = head.replacen("\r\n", &format!("\r\nx-stainless-timeout: {timeout}\r\n"), 1);
        let mut client = plane.connect().await;
        client.send([head, body].concat()).await;
        let answer = within("an answer", client.answer()).await.expect("a head came");
        assert_eq!(answer.status, status, "{timeout}: {}", answer.text());
    }
}

#[tokio::test]
async fn who_waits_gets_pings_and_then_one_answer() {
    let timing = Timing {
        commit_within: Duration::from_millis(150),
        ping_after: Duration::from_millis(100),
        ..Timing::default()
    };
    let plane = Plane::with(Setup { config: patient(30, vec![]), timing, ..Setup::default() }).await;
    let answer = plane.ask("sim/error-429+retry-after=1+times=1", true).await;
    is_single_answer(&answer, &words(12));
    let pings = answer.events().iter().filter(|(name, _)| name == "ping").count();
    assert!(pings >= 3, "{pings}");
}

#[tokio::test]
async fn a_limited_target_is_left_out_until_its_time_and_everybody_is_told() {
    let limited = "sim/error-429+retry-after=3600";
    let plane = Plane::mapped(maps(vec![map("mine", &[limited, SECOND])])).await;
    let mut changes = plane.proxy.target_changes();
    for _ in 0..3 {
        is_single_answer(&plane.ask("mine", true).await, &words(5));
    }
    let sent: Vec<String> = plane.upstream_requests().into_iter().filter_map(|entry| entry.model).collect();
    assert_eq!(sent.iter().filter(|model| *model == limited).count(), 1, "asked once: {sent:?}");
    let rows = plane.rows();
    let outcome = |row: usize| outcomes(&rows[row], &[limited, SECOND]);
    assert_eq!(outcome(0), [(0, "rate_limited".to_owned()), (1, "ok".to_owned())]);
    assert_eq!(outcome(2), [(0, "passed_over".to_owned()), (1, "ok".to_owned())]);
    assert!(tries(&rows[2])[0]["why"].as_str().is_some_and(|why| why.contains("rate limited for 3")));
    let out = plane.proxy.left_out();
    assert_eq!((out.len(), out[0].slug.as_str(), out[0].why), (1, limited, Why::Limited));
    assert_eq!((out[0].until - out[0].since).as_secs(), 3_600);
    let told = changes.try_recv().expect("a change");
    assert_eq!(told, TargetChange::Left { out: out[0].clone(), instead: Some(SECOND.to_owned()) });
    assert!(changes.try_recv().is_err(), "told once");
}

#[tokio::test]
async fn when_all_targets_are_limited_the_soonest_time_is_told_and_nothing_is_sent() {
    let targets = ["sim/error-429+retry-after=3600", "sim/error-429+retry-after=900"];
    let plane = Plane::mapped(maps(vec![map("mine", &targets)])).await;
    assert_eq!(plane.ask("mine", true).await.error().0, 429);
    let before = plane.upstream_requests().len();
    let answer = plane.ask("mine", true).await;
    let (status, kind, message) = answer.error();
    assert_eq!((status, kind.as_str()), (429, "rate_limit_error"), "{message}");
    assert!(message.contains(targets[1]), "{message}");
    let retry_after: u64 = answer.header("retry-after").expect("a time").parse().expect("seconds");
    assert!((800..=900).contains(&retry_after), "{retry_after}");
    assert_eq!(answer.header("x-should-retry"), None, "a client may come back then");
    assert_eq!(plane.upstream_requests().len(), before);
    let row = plane.rows().pop().expect("a row");
    let passed = "passed_over".to_owned();
    assert_eq!(outcomes(&row, &targets), [(0, passed.clone()), (1, passed)]);
}

#[tokio::test]
async fn a_target_that_keeps_failing_is_left_out_but_never_when_it_is_the_only_one() {
    let failing = "sim/error-500";
    let plane = Plane::mapped(maps(vec![map("mine", &[failing, SECOND])])).await;
    for _ in 0..5 {
        is_single_answer(&plane.ask("mine", false).await, &words(5));
    }
    let asked = |plane: &Plane| {
        plane.upstream_requests().into_iter().filter(|entry| entry.model.as_deref() == Some(failing)).count()
    };
    assert_eq!(asked(&plane), 3, "three failures are enough");
    assert_eq!(plane.proxy.left_out().first().map(|out| out.why), Some(Why::Failing));
    assert_eq!(plane.ask(failing, false).await.error().0, 502, "alone it is tried, and its error is told");
    assert_eq!(asked(&plane), 4);
}

#[tokio::test]
async fn a_target_that_answers_again_is_back() {
    let shaky = "sim/error-500+times=3";
    let plane = Plane::start().await;
    let mut changes = plane.proxy.target_changes();
    for _ in 0..3 {
        assert_eq!(plane.ask(shaky, true).await.status, 502);
    }
    assert!(matches!(changes.try_recv(), Ok(TargetChange::Left { instead: None, .. })));
    is_single_answer(&plane.ask(shaky, true).await, &words(12));
    assert_eq!(changes.try_recv(), Ok(TargetChange::Back { slug: shaky.to_owned() }));
    assert!(plane.proxy.left_out().is_empty());
}

#[tokio::test]
async fn who_cannot_take_a_request_is_not_asked() {
    let image = json!([{"type": "image", "source": {"type": "base64", "media_type": "image/png",
        "data": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="}}]);
    let body = json!({"model": "mine", "max_tokens": 64, "stream": true,
        "messages": [{"role": "user", "content": image}]});
    let plane = catalogued(maps(vec![map("mine", &["z-ai/glm-5.2", "openai/gpt-5.6-luna"])])).await;
    assert_eq!(plane.send(&body).await.status, 200);
    let row = plane.row();
    assert_eq!(attempts(&row), [("openai/gpt-5.6-luna".to_owned(), "ok".to_owned())]);
    let decision: Value =
        serde_json::from_str(row.decision.as_ref().expect("a decision").as_str()).expect("JSON");
    assert_eq!(decision["passed"], json!([{"target": "z-ai/glm-5.2", "why": "no_images"}]));
    let blind = catalogued(maps(vec![map("mine", &["z-ai/glm-5.2", "deepseek/deepseek-v4-pro-0813"])])).await;
    let (status, kind, message) = blind.send(&body).await.error();
    assert_eq!((status, kind.as_str()), (404, "not_found_error"));
    assert!(message.contains("takes images") && message.contains("z-ai/glm-5.2, deepseek/"), "{message}");
    assert!(blind.upstream_requests().is_empty());
    // It was accepted, so it has its row: what was asked for, why nobody was asked, and what the client got.
    let row = blind.row();
    assert_eq!((row.status, row.http_status), (Status::Error, Some(404)));
    assert!(row.error_message.as_ref().is_some_and(|told| told.contains("takes images")), "{row:?}");
    let decision: Value =
        serde_json::from_str(row.decision.as_ref().expect("a decision").as_str()).expect("JSON");
    assert_eq!(decision["passed"].as_array().map(Vec::len), Some(2));
    assert!(row.attempts.is_none_or(|tries| tries.as_str() == "[]") && blind.proxy.live().is_empty());
}

#[tokio::test]
async fn free_requests_are_paced_and_the_days_limit_is_foreseen() {
    in_one_day(free_requests_up_to_the_limit).await;
}

async fn free_requests_up_to_the_limit() {
    let free = "poolside/laguna-s-2.1:free";
    let timing = Timing { free_window: Duration::from_secs(5), ..Timing::default() };
    let plane = Plane::with(Setup { config: patient(30, vec![]), timing, ..Setup::default() }).await;
    let body = ask(free, false);
    let answers = futures_util::future::join_all((0..20).map(|_| plane.send(&body))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let waited: Vec<u64> =
        plane.rows().iter().filter_map(|row| tries(row)[0]["waited_ms"].as_u64()).collect();
    assert_eq!(waited.len(), 2, "eighteen go at once: {waited:?}");
    assert_eq!(plane.proxy.free_tier().used_today, 20);
    plane.proxy.set_free_tier(true);
    plane.proxy.seed_free(30);
    let answer = plane.send(&body).await;
    let (status, kind, message) = answer.error();
    assert_eq!((status, kind.as_str()), (429, "rate_limit_error"));
    assert!(
        message.contains("50 free requests") && message.contains("$10 of credits raise it to 1,000"),
        "{message}"
    );
    assert_eq!(answer.header("x-should-retry"), Some("false"));
    assert_eq!(plane.upstream_requests().len(), 20, "nothing was sent");
}

#[tokio::test]
async fn without_patience_a_free_request_too_many_is_told_when_to_come() {
    let free = "poolside/laguna-s-2.1:free";
    let plane = Plane::start().await;
    let body = ask(free, false);
    futures_util::future::join_all((0..18).map(|_| plane.send(&body))).await;
    let answer = plane.send(&body).await;
    assert_eq!(answer.error().0, 429);
    assert!(answer.error().2.contains("20 requests a minute"), "{}", answer.text());
    assert!(answer.header("retry-after").is_some());
    assert!(plane.proxy.left_out().is_empty(), "the model itself is not to blame");
}

#[tokio::test]
async fn background_subagent_compaction_search_and_verdict_land_on_five_targets_by_rule() {
    let rules = [
        ("search", "web_search = true", "sim/text+words=1"),
        ("verdict", "class = \"safety_check\"", "sim/verdict"),
        ("background", "class = \"auxiliary\"", "sim/text+words=3"),
        ("subagent", "class = \"subagent\"", "sim/text+words=4"),
        ("compaction", "class = \"compaction\"", "sim/text+words=5"),
    ];
    let text: String = rules
        .iter()
        .map(|(name, when, target)| {
            format!("[[rule]]\nname = \"{name}\"\nwhen = {{ {when} }}\ntarget = \"{target}\"\n")
        })
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text + "[[map]]\nname = \"*\"\ntarget = \"sim/text+words=6\"\n").expect("written");
    let plane = Plane::mapped(Config::load(&path).expect("it loads").config).await;
    let search = json!([{"type": "web_search_20250305", "name": "web_search", "max_uses": 8}]);
    for (class, more) in [
        ("main", json!({})),
        ("auxiliary", json!({"tools": search})),
        ("auxiliary", json!({"stop_sequences": ["</block>"]})),
        ("auxiliary", json!({})),
        ("subagent", json!({})),
        ("compaction", json!({})),
    ] {
        let mut body = ask("claude-haiku-4-5", false);
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let body = body.to_string();
        let mut client = plane.connect().await;
        let head = format!(
            "POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             x-claude-code-session-id: s\r\nx-claude-code-request-class: {class}\r\ncontent-length: {}\r\n\r\n",
            plane.token,
            body.len()
        );
        client.send(head + &body).await;
        within("an answer", client.answer()).await.expect("an answer");
    }
    let target = |row: &RequestRow| row.target.clone().expect("a target");
    let targets: Vec<String> = plane.rows().iter().map(target).collect();
    let wanted = ["sim/text+words=6"].into_iter().chain(rules.map(|(_, _, target)| target));
    assert_eq!(targets, wanted.collect::<Vec<_>>());
    let rules: Vec<Value> = plane.rows()[1..]
        .iter()
        .map(|row| serde_json::from_str::<Value>(row.decision.as_ref().expect("one").as_str()).expect("JSON"))
        .map(|decision| decision["rule"].clone())
        .collect();
    assert_eq!(rules, ["search", "verdict", "background", "subagent", "compaction"]);
}

#[tokio::test]
async fn a_maps_cache_switch_and_time_out_act() {
    for (cache, sent) in [(Some(true), Some("true")), (Some(false), Some("false")), (None, None)] {
        for native in [false, true] {
            let mut mine = map("mine", &["sim/text"]);
            mine.to.cache = cache;
            mine.to.mode = if native {
                turnpike_settings::config::Mode::Native
            } else {
                turnpike_settings::config::Mode::Translate
            };
            let plane = Plane::mapped(maps(vec![mine])).await;
            assert_eq!(plane.ask("mine", true).await.status, 200);
            let request = plane.upstream_requests().remove(0);
            let header = request.headers.iter().find(|(name, _)| name == "x-openrouter-cache");
            assert_eq!(header.map(|(_, value)| value.as_str()), sent, "native: {native}");
        }
    }
    let mut slow = map("slow", &["sim/text+silence=30s", SECOND]);
    slow.to.timeout_seconds = Some(3);
    let plane = Plane::mapped(maps(vec![slow])).await;
    is_single_answer(&plane.ask("slow", true).await, &words(5));
    assert_eq!(
        outcomes(&plane.row(), &["sim/text+silence=30s", SECOND]),
        [(0, "timeout".to_owned()), (1, "ok".to_owned())]
    );
}

#[tokio::test]
async fn a_maps_own_price_is_what_an_untold_cost_is_reckoned_with() {
    let mut mine = map("mine", &["sim/text+words=20+usage=no-cost"]);
    let dollars = |number: i64| turnpike_wire::money::NanoUsd(number * 1_000_000_000);
    mine.to.price = Some(turnpike_settings::config::Price {
        prompt: dollars(1_000),
        completion: dollars(2_000),
        cache_read: None,
        cache_write: None,
        request: None,
    });
    let plane = Plane::mapped(maps(vec![mine])).await;
    assert_eq!(plane.ask("mine", true).await.status, 200);
    let row = plane.row();
    let usage = row.usage;
    let tokens =
        usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens + 2 * usage.output_tokens;
    assert!(usage.output_tokens > 0);
    assert_eq!(row.cost.amount.nanos(), tokens * 1_000_000, "a tenth of a cent for each token of the prompt");
}
