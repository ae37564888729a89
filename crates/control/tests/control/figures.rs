//! What others may collect: figures for Prometheus, spans for a collector of traces; and rows that are taken out in time.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use turnpike_api::Event;
use turnpike_api::command::Spend;
use turnpike_control::{RunningService, ServeOptions, Service, Traces};
use turnpike_ledger::{
    Cost, CostSource, Dimension, Facet, Ledger, LedgerReader, NewRequest, OpenOptions, Outcome, Page,
    RequestRow, Settlement, SpendQuery, unix_nanos,
};
use turnpike_settings::LocalToken;
use turnpike_wire::money::NanoUsd;

use crate::support::{Answer, World, end, within};

const MODELS: [&str; 4] =
    ["sim/text+cost=0.38", "sim/text+cost=0.0000000025", "sim/thinking", "sim/error-429"];

/// One request of each model, settled.
async fn asked(world: &World, service: &RunningService) {
    let mut events = world.events().await;
    for model in MODELS {
        world.message(service, model).await;
        events.until(|event| matches!(event, Event::Settled { .. }).then_some(())).await;
    }
}

fn reader(world: &World) -> LedgerReader {
    LedgerReader::open(&world.data_dir().ledger()).expect("a ledger")
}

fn rows(world: &World) -> Vec<RequestRow> {
    reader(world).recent(Page { before: None, limit: 100 }).expect("rows")
}

async fn metrics(world: &World, token: Option<&str>) -> Answer {
    let address = world.control_file().address;
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("host", address.as_str())];
    headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    world.ask("GET /metrics", &headers, "").await
}

/// Each line's name with its labels, and its value.
fn parsed(text: &str) -> BTreeMap<&str, &str> {
    let mut known: Vec<&str> = Vec::new();
    let mut values = BTreeMap::new();
    for line in text.lines() {
        if let Some(family) = line.strip_prefix("# TYPE ") {
            known.extend(family.split(' ').next());
        } else if !line.starts_with('#') {
            let (name, value) = line.rsplit_once(' ').expect("a name and a value");
            let family = name.split('{').next().unwrap_or_default();
            assert!(known.contains(&family), "{line} has no type");
            assert_eq!(values.insert(name, value), None, "{line} stands twice");
        }
    }
    values
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_the_ledgers_and_want_a_token_of_their_own() {
    let world = World::new();
    world.write_config("[metrics]\nenabled = true\n");
    let service = world.start().await;
    asked(&world, &service).await;
    let token = LocalToken::load_or_create(&world.data_dir().metrics_token()).expect("a token");
    let others =
        [None, Some("wrong"), Some(service.token().secret().expose())].map(|token| token.map(str::to_owned));
    let secret = world.control_file().secret.expose().to_owned();
    for wrong in others.into_iter().chain([Some(secret)]) {
        let refused = metrics(&world, wrong.as_deref()).await;
        assert!(refused.status == 401 && refused.body.contains("turnpike token metrics"), "{refused:?}");
    }
    let answer = metrics(&world, Some(token.secret().expose())).await;
    assert!(answer.status == 200 && answer.head.contains("text/plain; version=0.0.4"), "{answer:?}");
    let found = parsed(&answer.body);
    let query = SpendQuery::by(Dimension::Facet(Facet::Model), jiff::tz::TimeZone::UTC);
    let report = reader(&world).spend(&query).expect("sums");
    assert_eq!(report.total.requests(), MODELS.len() as i64);
    for row in &report.rows {
        let model = row.key.as_deref().unwrap_or_default();
        let value = |name: &str, label: &str| {
            found.get(format!("{name}{{model=\"{model}\",{label}}}").as_str()).copied()
        };
        let sums = &row.totals;
        assert_eq!(
            value("turnpike_requests_total", "end=\"ok\""),
            Some(sums.ok.to_string().as_str()),
            "{model}"
        );
        assert_eq!(
            value("turnpike_requests_total", "end=\"error\""),
            Some(sums.error.to_string().as_str()),
            "{model}"
        );
        let tokens = value("turnpike_tokens_total", "kind=\"output\"");
        assert_eq!(tokens, Some(sums.usage.output_tokens.to_string().as_str()), "{model}");
        let cost = value("turnpike_cost_dollars_total", "source=\"upstream\"");
        assert_eq!(cost, Some(sums.cost_upstream_nanos.to_string().as_str()), "{model}");
    }
    let cost = |(name, value): (&&str, &&str)| {
        name.starts_with("turnpike_cost_dollars_total").then(|| NanoUsd::parse(value).expect("dollars"))
    };
    let all: NanoUsd = found.iter().filter_map(cost).sum();
    assert_eq!(all, report.total.cost(), "to the nano-dollar");
    assert_eq!((found["turnpike_ledger_lost_rows_total"], found["turnpike_ledger_written"]), ("0", "1"));
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_off_unless_asked_for() {
    let world = World::new();
    let service = world.start().await;
    let token = LocalToken::load_or_create(&world.data_dir().metrics_token()).expect("a token");
    let refused = metrics(&world, Some(token.secret().expose())).await;
    assert!(refused.status == 404 && refused.body.contains("[metrics]"), "{refused:?}");
    end(service).await;
}

/// A collector: takes what is posted, answers with `status`, and gives head and body.
async fn take(listener: &TcpListener, status: u16) -> (String, Value) {
    let (mut stream, _): (TcpStream, _) =
        within("the exporter", listener.accept()).await.expect("a connection");
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase();
            let length =
                length.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if length.is_some_and(|length| body.len() >= length) {
                let found = (head.to_owned(), serde_json::from_str(body).expect("JSON"));
                let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.expect("answered");
                return found;
            }
        }
        let mut part = [0; 4_096];
        let count = within("the exporter's bytes", stream.read(&mut part)).await.expect("bytes");
        assert_ne!(count, 0, "the exporter ended halfway: {bytes:?}");
        bytes.extend_from_slice(&part[..count]);
    }
}

fn traces(listener: &TcpListener) -> Traces {
    let address = listener.local_addr().expect("bound");
    let endpoint = format!("http://{address}");
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=collectors"),
        ("OTEL_SERVICE_NAME", "desk"),
        ("OTEL_BSP_SCHEDULE_DELAY", "0"),
    ];
    let get =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
    Traces::from_environment(get).expect("sense").expect("an endpoint")
}

fn attribute<'v>(span: &'v Value, key: &str) -> Option<&'v Value> {
    let all = span["attributes"].as_array().expect("attributes");
    let value = &all.iter().find(|attribute| attribute["key"] == key)?["value"];
    value.get("stringValue").or_else(|| value.get("intValue"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_gets_one_span_for_each_request_and_no_text() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let options = ServeOptions { traces: Some(traces(&listener)), ..world.options() };
    let service = Service::start(options).await.expect("a service");
    let collected = async {
        let mut spans: Vec<Value> = Vec::new();
        while spans.len() < MODELS.len() {
            let (head, message) = take(&listener, 200).await;
            assert!(head.starts_with("POST /v1/traces HTTP/1.1"), "{head}");
            let head = head.to_ascii_lowercase();
            assert!(
                head.contains("api-key: collectors") && head.contains("content-type: application/json"),
                "{head}"
            );
            let resource = &message["resourceSpans"][0];
            assert_eq!(resource["resource"]["attributes"][0]["value"]["stringValue"], "desk");
            assert!(!message.to_string().contains("Hello"), "no prompt text: {message}");
            spans.extend(resource["scopeSpans"][0]["spans"].as_array().expect("spans").iter().cloned());
        }
        spans
    };
    let (spans, ()) = tokio::join!(collected, asked(&world, &service));
    let rows = rows(&world);
    let mut ids: Vec<&str> = spans.iter().map(|span| span["traceId"].as_str().expect("an id")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((spans.len(), ids.len()), (rows.len(), rows.len()));
    for row in rows {
        let number = row.id.to_string();
        let span = spans.iter().find(|span| attribute(span, "turnpike.row").is_some_and(|id| *id == number));
        let span = span.expect("its span");
        assert_eq!(span["startTimeUnixNano"], row.started_at.to_string());
        assert_eq!(span["endTimeUnixNano"], (row.started_at + row.duration_ns.expect("an end")).to_string());
        assert_eq!(
            attribute(span, "turnpike.cost_nanos").expect("a cost"),
            &row.cost.amount.nanos().to_string()
        );
        assert_eq!(attribute(span, "gen_ai.request.model").expect("a model"), &row.requested_model);
        assert_eq!(span["status"]["code"], if row.status.as_str() == "ok" { 1 } else { 2 });
        assert_eq!(
            (span["traceId"].as_str().map(str::len), span["spanId"].as_str().map(str::len)),
            (Some(32), Some(16))
        );
    }
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_collector_does_not_take_is_counted_and_holds_nobody_up() {
    let world = World::new();
    world.write_config("[metrics]\nenabled = true\n");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let options = ServeOptions { traces: Some(traces(&listener)), ..world.options() };
    let service = Service::start(options).await.expect("a service");
    // The collector takes no connection yet: were a request to wait for it, this would not end.
    asked(&world, &service).await;
    let mut refused = 0;
    while refused < MODELS.len() {
        let (_, message) = take(&listener, 503).await;
        refused += message["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().map_or(0, Vec::len);
    }
    let token = LocalToken::load_or_create(&world.data_dir().metrics_token()).expect("a token");
    let dropped = async {
        loop {
            let answer = metrics(&world, Some(token.secret().expose())).await;
            if parsed(&answer.body)["turnpike_spans_dropped_total"] == MODELS.len().to_string() {
                return parsed(&answer.body)["turnpike_spans_sent_total"].to_owned();
            }
        }
    };
    assert_eq!(within("the count of dropped spans", dropped).await, "0");
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_older_than_the_days_kept_leave_only_their_sums() {
    let world = World::new();
    let now = unix_nanos(SystemTime::now());
    let (ledger, _) = Ledger::open(&world.data_dir().ledger(), &OpenOptions::default()).expect("a ledger");
    for days in [400, 40, 1] {
        let id = ledger.begin(NewRequest {
            started_at: now - days * 86_400_000_000_000,
            requested_model: "m".to_owned(),
            ..NewRequest::default()
        });
        let cost = Cost::of(NanoUsd(days), CostSource::Upstream);
        ledger.settle(id, Settlement { cost, ..Settlement::new(Outcome::Ok, Duration::ZERO) });
    }
    ledger.close(Duration::from_secs(60)).expect("written");
    world.write_config("[retention]\ndays = 100\n");
    let service = world.start().await;
    let left = async |count| {
        while rows(&world).len() > count {
            tokio::task::yield_now().await;
        }
    };
    within("the oldest row to go", left(2)).await;
    // A changed configuration is followed at once, not only at the next round ten minutes later.
    world.write_config("[retention]\ndays = 30\n");
    within("the next row to go", left(1)).await;
    let report = world.call(Spend { by: "month".to_owned(), ..Spend::default() }).await.expect("sums");
    assert_eq!((report.total.cost_nanos, report.total.requests), (441, 3));
    end(service).await;
}
