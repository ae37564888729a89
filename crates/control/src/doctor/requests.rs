//! One small request to each model that maps and rules name: what it says, and what it cost. Only when asked for.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::{Value, json};
use turnpike_api::command::{Finding, Severity};
use turnpike_settings::Config;
use turnpike_settings::config::Destination;
use turnpike_wire::money::NanoUsd;

use super::{finding, ok};
use crate::core::{Core, blocking};
use crate::probe;

const SUBJECT: &str = "request";
/// Names by which Claude Code asks, when nothing else is configured.
const DEFAULTS: [&str; 2] = ["claude-opus-5", "claude-haiku-4-5"];

/// One finding for each model.
pub(super) async fn run(core: &Arc<Core>) -> Vec<Finding> {
    let config = core.config.now().config;
    let mut findings = Vec::new();
    // One after the other: free models count their requests by the minute.
    for model in targets(&config) {
        findings.push(one(core, &model).await);
    }
    findings
}

/// The slugs that maps and rules name, each once; without any, the names that Claude Code asks by.
pub(super) fn targets(config: &Config) -> Vec<String> {
    let all =
        |to: &Destination| std::iter::once(to.target.clone()).chain(to.fallback.clone()).collect::<Vec<_>>();
    let maps = config.maps.iter().flat_map(|map| all(&map.to));
    let mut targets: Vec<String> = maps.chain(config.rules.iter().flat_map(|rule| all(&rule.to))).collect();
    targets.sort_unstable();
    targets.dedup();
    if targets.is_empty() { DEFAULTS.map(str::to_owned).to_vec() } else { targets }
}

async fn one(core: &Arc<Core>, model: &str) -> Finding {
    let session = format!("turnpike-doctor-{}", Timestamp::now().as_nanosecond());
    let body =
        json!({"model": model, "max_tokens": 1, "messages": [{"role": "user", "content": "Say yes."}]});
    let started = Instant::now();
    let answer = probe::ask_once(core, &session, &body.to_string()).await;
    let seconds = started.elapsed().as_secs_f64();
    let cost = cost(core, session).await;
    match answer {
        Ok((200, _)) => ok(SUBJECT, format!("{model} answered in {seconds:.1} s for {cost}")),
        Ok((status, text)) => {
            let message = format!("{model} refused (HTTP {status}, {cost}): {}", message_of(&text));
            finding(
                SUBJECT,
                Severity::Error,
                message,
                Some("do what it says, or map the name to another model"),
            )
        }
        Err(error) => {
            let message = format!("{model} gave no answer ({cost}): {error}");
            finding(SUBJECT, Severity::Error, message, Some("try again, or map the name to another model"))
        }
    }
}

async fn cost(core: &Arc<Core>, session: String) -> String {
    let receipt = blocking(core, move |core| {
        // Without the disk the cost is told as far as it is known.
        let _ = core.ledger.flush(probe::FLUSH);
        core.ledger.reader().session_receipt(&session).ok().flatten()
    });
    let nanos = receipt.await.ok().flatten().map_or(0, |receipt| receipt.total.cost().nanos());
    NanoUsd(nanos).display()
}

fn message_of(text: &str) -> String {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    value["error"]["message"].as_str().unwrap_or("no reason given").to_owned()
}
