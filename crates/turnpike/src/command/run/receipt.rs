//! The line that stands at the end: `$0.38 · 142 requests · 94 % cached · openai/gpt-5.6-terra`.

use jiff::Timestamp;
use turnpike_api::command::{Spend, SpendReport};
use turnpike_api::{Client, ClientError};
use turnpike_wire::money::NanoUsd;

use crate::table::{printable, thousands};

/// Models that are named; of more, only the dearest.
const MOST_MODELS: usize = 3;

/// The receipt for what ran since then.
pub(super) fn of(client: &Client, since: Timestamp) -> Result<String, ClientError> {
    let asked = Spend { by: "model".to_owned(), since: Some(since.to_string()), ..Spend::default() };
    Ok(line(&client.call(&asked)?))
}

fn line(report: &SpendReport) -> String {
    let total = &report.total;
    if total.requests == 0 {
        return "no requests".to_owned();
    }
    let plural = if total.requests == 1 { "" } else { "s" };
    let mut parts = vec![
        NanoUsd(total.cost_nanos).display_about(total.is_approximate()),
        format!("{} request{plural}", thousands(total.requests)),
    ];
    parts.extend(total.cached_percent.map(|percent| format!("{percent} % cached")));
    if total.estimates > 0 {
        parts.push(format!("{} not billed yet", thousands(total.estimates)));
    }
    if total.failed > 0 {
        parts.push(format!("{} failed", thousands(total.failed)));
    }
    let models: Vec<String> =
        report.rows.iter().filter_map(|row| row.key.as_deref()).map(printable).collect();
    match models.get(..MOST_MODELS) {
        Some(dearest) if models.len() > MOST_MODELS => {
            parts.push(format!("{} and {} more", dearest.join(", "), models.len() - MOST_MODELS));
        }
        _ if models.is_empty() => {}
        _ => parts.push(models.join(", ")),
    }
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use turnpike_api::command::{SpendRow, Totals};

    use super::*;

    fn report(total: Totals, models: &[&str]) -> SpendReport {
        let rows = models.iter().map(|model| SpendRow { key: Some((*model).to_owned()), totals: total });
        SpendReport { by: "model".to_owned(), rows: rows.collect(), omitted: 0, total }
    }

    #[test]
    fn a_receipt_is_one_line() {
        let many =
            Totals { requests: 142, cost_nanos: 380_000_000, cached_percent: Some(94), ..Totals::default() };
        let one = Totals {
            requests: 1,
            failed: 1,
            cost_nanos: 4_200_000,
            estimated_nanos: 4_200_000,
            ..Totals::default()
        };
        let untold = Totals { requests: 2, failed: 1, estimates: 1, ..Totals::default() };
        let rows = [
            (report(untold, &[]), "~$0.00 · 2 requests · 1 not billed yet · 1 failed"),
            (report(Totals::default(), &[]), "no requests"),
            (report(many, &["a/b"]), "$0.38 · 142 requests · 94 % cached · a/b"),
            (report(one, &[]), "~$0.0042 · 1 request · 1 failed"),
            (
                report(many, &["a", "b", "c", "d", "e"]),
                "$0.38 · 142 requests · 94 % cached · a, b, c and 2 more",
            ),
        ];
        for (report, text) in rows {
            assert_eq!(line(&report), text);
        }
    }
}
