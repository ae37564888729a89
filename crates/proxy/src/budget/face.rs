//! What clients are told of budgets: headers on answers, and the answer to a request that is refused.
//!
//! The names are those with which Claude Code is told of a gateway's spending limits: a warning from 75 % on, and the
//! sentence of a refusal word for word.

use http::StatusCode;
use http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use turnpike_budget::{BudgetLine, Refusal, Scope, Spender};
use turnpike_wire::anthropic::ErrorKind;
use turnpike_wire::money::NanoUsd;

use super::{BudgetGate, lock};
use crate::dialect::Dialect;
use crate::respond;

/// What is used, in thousandths, from which on the client shows a warning; and how the header names it.
const THRESHOLDS: [(u64, &str); 2] = [(950, "0.95"), (750, "0.75")];

const STATUS: HeaderName = HeaderName::from_static("anthropic-ratelimit-unified-status");
const RESET: HeaderName = HeaderName::from_static("anthropic-ratelimit-unified-reset");
const CLAIM: HeaderName = HeaderName::from_static("anthropic-ratelimit-unified-representative-claim");
const OVERAGE_STATUS: HeaderName = HeaderName::from_static("anthropic-ratelimit-unified-overage-status");
const OVERAGE_RESET: HeaderName = HeaderName::from_static("anthropic-ratelimit-unified-overage-reset");
const OVERAGE_PERIOD: HeaderName = HeaderName::from_static("anthropic-ratelimit-unified-overage-period");
const UTILIZATION: HeaderName = HeaderName::from_static("anthropic-ratelimit-unified-overage-utilization");
const SURPASSED: HeaderName =
    HeaderName::from_static("anthropic-ratelimit-unified-overage-surpassed-threshold");
const DISABLED: HeaderName = HeaderName::from_static("anthropic-ratelimit-unified-overage-disabled-reason");

/// Tells on a successful answer how the client's budget stands; nothing where it has none.
pub(crate) fn set_standing(gate: &BudgetGate, who: Spender<'_>, headers: &mut HeaderMap) {
    let Some(standing) = gate.standing(who) else { return };
    let line = standing.0;
    let used = line.permille().unwrap_or_default();
    let surpassed = THRESHOLDS.iter().find(|(from, _)| used >= *from).map(|(_, name)| *name);
    let status = HeaderValue::from_static(if surpassed.is_some() { "allowed_warning" } else { "allowed" });
    headers.insert(STATUS, status.clone());
    headers.insert(OVERAGE_STATUS, status);
    headers.insert(CLAIM, HeaderValue::from_static("overage"));
    let utilization = format!("{}.{:02}", used / 1_000, used % 1_000 / 10);
    if let Ok(utilization) = HeaderValue::from_str(&utilization) {
        headers.insert(UTILIZATION, utilization);
    }
    if let Some(surpassed) = surpassed {
        headers.insert(SURPASSED, HeaderValue::from_static(surpassed));
    }
    set_reset(&line, headers);
}

fn set_reset(line: &BudgetLine, headers: &mut HeaderMap) {
    let reset = HeaderValue::from(line.window.end.as_second());
    headers.insert(RESET, reset.clone());
    headers.insert(OVERAGE_RESET, reset);
}

/// The answer to a request whose budget is used up. Nothing was sent for it.
pub(crate) fn refused(gate: &BudgetGate, dialect: Dialect, refusal: &Refusal) -> respond::Answer {
    let line = &refusal.0;
    let zone = lock(&gate.counters).zone().clone();
    let message = sentence(line, &zone);
    let mut answer =
        respond::error(dialect, StatusCode::TOO_MANY_REQUESTS, ErrorKind::BillingError, &message);
    let headers = answer.headers_mut();
    headers.insert(STATUS, HeaderValue::from_static("rejected"));
    headers.insert(OVERAGE_PERIOD, HeaderValue::from_static(line.span.as_str()));
    headers.insert(DISABLED, HeaderValue::from_static("org_spend_cap_reached"));
    set_reset(line, headers);
    let wait = line.window.end.as_second().saturating_sub(Timestamp::now().as_second()).max(1);
    headers.insert(RETRY_AFTER, HeaderValue::from(wait));
    answer
}

fn sentence(line: &BudgetLine, zone: &TimeZone) -> String {
    let cap = line.cap_now().unwrap_or_default().display();
    let (span, spent) = (line.span, line.settled.display());
    let (whose, flag) = match &line.scope {
        Scope::All => (String::new(), String::new()),
        Scope::Client(name) => (format!(" of client `{name}`"), format!(" --client {name}")),
        Scope::Project(path) => (format!(" of project {path}"), format!(" --project {path}")),
    };
    let flight = match line.reserved {
        NanoUsd::ZERO => String::new(),
        reserved => format!(", about {} more by requests under way", reserved.display()),
    };
    let anew = line.window.end.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M");
    format!(
        "The {span} budget of {cap}{whose} is used up: {spent} spent{flight}. It starts anew on {anew}. To go on now, \
         raise it for this time: turnpike budget raise 5 --period {span}{flag}"
    )
}

#[cfg(test)]
mod tests {
    use turnpike_budget::{Action, Span, windows};

    use super::*;

    fn line(scope: Scope, reserved: i64) -> BudgetLine {
        let [window, ..] = windows("2026-11-04T12:00:00Z".parse().unwrap(), &TimeZone::UTC);
        BudgetLine {
            scope,
            span: Span::Daily,
            window,
            cap: Some(NanoUsd(4_000_000_000)),
            raised: NanoUsd(1_000_000_000),
            settled: NanoUsd(5_020_000_000),
            reserved: NanoUsd(reserved),
            action: Action::Stop,
        }
    }

    #[test]
    fn the_sentence_says_what_happened_and_what_to_do() {
        assert_eq!(
            sentence(&line(Scope::All, 0), &TimeZone::UTC),
            "The daily budget of $5.00 is used up: $5.02 spent. It starts anew on 2026-11-05 00:00. To go on now, \
             raise it for this time: turnpike budget raise 5 --period daily"
        );
        let told = sentence(&line(Scope::Client("ci".to_owned()), 250_000_000), &TimeZone::UTC);
        assert!(told.contains("of client `ci` is used up: $5.02 spent, about $0.25 more by"), "{told}");
        assert!(told.ends_with("--period daily --client ci"), "{told}");
    }
}
