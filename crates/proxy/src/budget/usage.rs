//! `GET /api/oauth/usage`: the dollars that Claude Code shows for `/usage`.
//!
//! Money is in cents. With caps, `limits` holds one line for each; without any, the sums alone are told.

use serde::Serialize;
use turnpike_budget::{BudgetLine, Scope};
use turnpike_wire::money::NanoUsd;

use super::BudgetGate;

/// Nano-dollars of a cent.
const CENT: i64 = 10_000_000;

#[derive(Debug, Serialize)]
pub(crate) struct Usage {
    extra_usage: ExtraUsage,
    limits: Vec<Limit>,
}

#[derive(Debug, Serialize)]
struct ExtraUsage {
    is_enabled: bool,
    monthly_limit: Option<i64>,
    used_credits: i64,
    utilization: Option<u64>,
    currency: &'static str,
    daily: Part,
    weekly: Part,
}

#[derive(Debug, Serialize)]
struct Part {
    limit: Option<i64>,
    used_credits: i64,
    utilization: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Limit {
    kind: &'static str,
    group: &'static str,
    percent: u64,
    resets_at: String,
    severity: &'static str,
    is_active: bool,
}

/// What everybody's budget says; to a client its own.
pub(crate) fn report(gate: &BudgetGate, client: Option<&str>) -> Usage {
    match client {
        None => of(&gate.totals()),
        Some(name) => of(&gate.totals_of(&Scope::Client(name.to_owned()))),
    }
}

fn of(lines: &[BudgetLine; 3]) -> Usage {
    let [day, week, month] = lines;
    let Part { limit, used_credits, utilization } = part(month);
    Usage {
        extra_usage: ExtraUsage {
            is_enabled: true,
            monthly_limit: limit,
            used_credits,
            utilization,
            currency: "USD",
            daily: part(day),
            weekly: part(week),
        },
        limits: lines.iter().rev().filter_map(limit_of).collect(),
    }
}

fn part(line: &BudgetLine) -> Part {
    Part { limit: line.cap_now().map(cents), used_credits: cents(line.settled), utilization: percent(line) }
}

fn limit_of(line: &BudgetLine) -> Option<Limit> {
    let percent = percent(line)?;
    let severity = match percent {
        0..75 => "normal",
        75..100 => "warning",
        _ => "critical",
    };
    let resets_at = line.window.end.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string();
    Some(Limit { kind: "spend", group: line.span.as_str(), percent, resets_at, severity, is_active: true })
}

fn percent(line: &BudgetLine) -> Option<u64> {
    line.permille().map(|permille| permille / 10)
}

/// Whole cents, rounded half up.
const fn cents(money: NanoUsd) -> i64 {
    (money.nanos() + CENT / 2) / CENT
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use serde_json::json;
    use turnpike_budget::{Action, Caps, Span, windows};

    use super::*;

    fn lines(caps: Caps) -> [BudgetLine; 3] {
        let windows = windows("2026-11-04T12:00:00Z".parse::<Timestamp>().unwrap(), &TimeZone::UTC);
        Span::ALL.map(|span| BudgetLine {
            scope: Scope::All,
            span,
            window: windows[span.index()],
            cap: caps[span.index()],
            raised: NanoUsd::ZERO,
            settled: NanoUsd(271_400_000_000),
            reserved: NanoUsd::ZERO,
            action: Action::Warn,
        })
    }

    #[test]
    fn a_monthly_cap_is_told_in_cents() {
        let usage = serde_json::to_value(of(&lines([None, None, Some(NanoUsd(500_000_000_000))]))).unwrap();
        let extra = &usage["extra_usage"];
        assert_eq!(
            (&extra["monthly_limit"], &extra["used_credits"], &extra["utilization"], &extra["currency"]),
            (&json!(50_000), &json!(27_140), &json!(54), &json!("USD"))
        );
        assert_eq!(
            usage["limits"],
            json!([{"kind": "spend", "group": "monthly", "percent": 54, "resets_at": "2026-12-01T00:00:00.000Z",
                "severity": "normal", "is_active": true}])
        );
    }

    #[test]
    fn without_a_cap_the_sums_are_told() {
        let usage = serde_json::to_value(of(&lines([None; 3]))).unwrap();
        assert_eq!(usage["limits"], json!([]));
        assert_eq!(
            usage["extra_usage"],
            json!({"is_enabled": true, "monthly_limit": null, "used_credits": 27_140, "utilization": null,
                "currency": "USD", "daily": {"limit": null, "used_credits": 27_140, "utilization": null},
                "weekly": {"limit": null, "used_credits": 27_140, "utilization": null}})
        );
    }
}
