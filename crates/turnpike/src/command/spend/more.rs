//! What stands behind and beside the sums: a session, speeds, a forecast, the comparison with the key.

use std::io::{self, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use turnpike_api::command::{
    Forecast, ForecastReply, ModelSpeed, Percentiles, Reconcile, ReconcileReply, Spend, SpendInsight,
    SpendInsightReply, SpendReport, SpendSession, SpendSessionReply,
};
use turnpike_control::insight;
use turnpike_ledger::LedgerReader;
use turnpike_routing::Catalogue;
use turnpike_wire::money::NanoUsd;

use super::{table, untold};
use crate::cli::SpendTimes;
use crate::exit::Failure;
use crate::place::Place;
use crate::table::{Align, Table, printable, thousands};

/// What the figures of a time say.
pub(super) fn insight(place: &Place, asked: &SpendInsight) -> Result<SpendInsightReply, Failure> {
    if let Some(client) = place.service_if_running()? {
        return Ok(client.call(asked)?);
    }
    let reader = reader(place)?;
    // Without a service there is no catalogue, and so no price that caching could have saved.
    let report = insight::report(&reader, asked, &Catalogue::default(), Timestamp::now(), &zone(place)?);
    report.map_err(|error| Failure::plain(error.to_string()))
}

/// What is said below the table.
pub(super) fn write_foot(found: &SpendInsightReply, out: &mut impl Write) -> io::Result<()> {
    let mut said = Vec::new();
    if let Some(percent) = found.total.cached_percent.filter(|percent| *percent > 0) {
        let saved = found.cache_saved_nanos.filter(|saved| *saved > 0);
        let saved =
            saved.map_or_else(String::new, |saved| format!(", which saved {}", NanoUsd(saved).display()));
        said.push(format!("{percent} % of the input came from the prompt cache{saved}."));
    }
    if let Some(missed) = found.total.missed_nanos.filter(|missed| *missed > 0) {
        said.push(format!(
            "Cache misses cost {}: input that came from no cache, above the price of reading it from one.",
            NanoUsd(missed).display(),
        ));
    }
    if let Some(claude) = found.claude.as_ref().filter(|claude| claude.list_nanos > claude.cost_nanos) {
        said.push(format!(
            "{} saved against Claude's API list price ({} instead of {}; prices of {}).",
            NanoUsd(claude.list_nanos - claude.cost_nanos).display_about(claude.is_approximate),
            NanoUsd(claude.cost_nanos).display_about(claude.is_approximate),
            NanoUsd(claude.list_nanos).display(),
            claude.prices_of,
        ));
    }
    if said.is_empty() { Ok(()) } else { writeln!(out, "\n{}", said.join("\n")) }
}

/// `turnpike spend session`
pub(super) fn session(place: &Place, id: &str, json: bool) -> Result<(), Failure> {
    let found = match place.service_if_running()? {
        Some(client) => client.call(&SpendSession { session: id.to_owned() })?,
        None => insight::session(&reader(place)?, id)?,
    };
    let mut out = io::stdout().lock();
    if json {
        return Ok(writeln!(out, "{}", super::super::json(&found)?)?);
    }
    Ok(write_session(&found, &zone(place)?, &mut out)?)
}

fn write_session(found: &SpendSessionReply, zone: &TimeZone, out: &mut impl Write) -> io::Result<()> {
    let project =
        found.project.as_deref().map_or_else(String::new, |path| format!(" in {}", printable(path)));
    let running = match found.running {
        0 => String::new(),
        count => format!("; {count} requests still run"),
    };
    let (first, last) = (clock(found.first_at, zone), clock(found.last_at, zone));
    writeln!(out, "{}{project}, {first} to {last}{running}", printable(&found.session))?;
    let report =
        SpendReport { by: "model".to_owned(), rows: found.models.clone(), omitted: 0, total: found.total };
    table(&report).write(out)?;
    out.write_all(untold(&report.total).as_bytes())
}

/// `turnpike spend speed`
pub(super) fn speed(place: &Place, times: &SpendTimes) -> Result<(), Failure> {
    let asked = SpendInsight { since: times.since.clone(), until: times.until.clone() };
    let SpendInsight { since, until } = asked.clone();
    super::check(place, &Spend { since, until, ..Spend::default() })?;
    let found = insight(place, &asked)?;
    let mut out = io::stdout().lock();
    if times.json {
        return Ok(writeln!(out, "{}", super::super::json(&found.speeds)?)?);
    }
    if found.speeds.is_empty() {
        return Ok(writeln!(out, "Nothing was answered in that time.")?);
    }
    Ok(speeds(&found.speeds).write(&mut out)?)
}

fn speeds(found: &[ModelSpeed]) -> Table {
    let mut table = Table::new(&[
        ("model", Align::Left),
        ("requests", Align::Right),
        ("failed", Align::Right),
        ("first content: half", Align::Right),
        ("95 %", Align::Right),
        ("99 %", Align::Right),
        ("whole: half", Align::Right),
        ("95 %", Align::Right),
        ("99 %", Align::Right),
        ("tokens/s", Align::Right),
    ]);
    for speed in found {
        let Percentiles { p50_ms, p95_ms, p99_ms } = speed.first_token;
        let failed = speed.failed * 100 / speed.requests.max(1);
        table.row([
            speed.model.clone().unwrap_or_else(|| "(not known)".to_owned()),
            thousands(speed.requests),
            format!("{failed} %"),
            seconds(p50_ms),
            seconds(p95_ms),
            seconds(p99_ms),
            seconds(speed.duration.p50_ms),
            seconds(speed.duration.p95_ms),
            seconds(speed.duration.p99_ms),
            speed.tokens_per_second.map(thousands).unwrap_or_default(),
        ]);
    }
    table
}

fn seconds(milliseconds: Option<i64>) -> String {
    milliseconds.map_or_else(String::new, |ms| format!("{}.{} s", ms / 1_000, ms % 1_000 / 100))
}

/// `turnpike spend forecast`
pub(super) fn forecast(place: &Place, json: bool) -> Result<(), Failure> {
    let found = place.service()?.call(&Forecast::default())?;
    let mut out = io::stdout().lock();
    if json {
        return Ok(writeln!(out, "{}", super::super::json(&found)?)?);
    }
    Ok(write_forecast(&found, &zone(place)?, &mut out)?)
}

fn write_forecast(found: &ForecastReply, zone: &TimeZone, out: &mut impl Write) -> io::Result<()> {
    let hour = NanoUsd(found.last_hour_nanos).display_about(found.is_hour_approximate);
    let day = NanoUsd(found.last_day_nanos).display_about(found.is_day_approximate);
    let spike = if found.is_spike { " The last hour cost far more than usual." } else { "" };
    writeln!(out, "{hour} in the last hour, {day} in the last 24 hours.{spike}")?;
    for line in &found.lines {
        if line.left_nanos == 0 {
            writeln!(out, "{} is used up.", line.what)?;
            continue;
        }
        let left = NanoUsd(line.left_nanos).display_about(line.is_approximate);
        let when = match (line.ends_at_hours_rate, line.ends_at_days_rate) {
            (Some(at), _) => format!("ends {} at the last hour's rate", clock(at, zone)),
            (None, Some(at)) => format!("ends {} at the last day's rate", clock(at, zone)),
            (None, None) => "lasts at the present rate".to_owned(),
        };
        writeln!(out, "{}: {left} left, {when}.", line.what)?;
    }
    Ok(())
}

/// `turnpike spend --reconcile`
pub(super) fn reconcile(place: &Place, json: bool) -> Result<(), Failure> {
    let found = place.service()?.call(&Reconcile { now: true })?;
    let mut out = io::stdout().lock();
    if json {
        return Ok(writeln!(out, "{}", super::super::json(&found)?)?);
    }
    Ok(write_reconciliation(&found, &mut out)?)
}

fn write_reconciliation(found: &ReconcileReply, out: &mut impl Write) -> io::Result<()> {
    let Some(latest) = &found.latest else { return writeln!(out, "Nothing was compared yet.") };
    let mut table = Table::new(&[
        ("period (UTC)", Align::Left),
        ("ledger", Align::Right),
        ("key", Align::Right),
        ("difference", Align::Right),
    ]);
    for line in &latest.lines {
        let exact = |nanos: i64| format!("${}", NanoUsd(nanos));
        let mark = if line.estimates > 0 || line.estimated_nanos > 0 { "~" } else { "" };
        table.row([
            line.period.clone(),
            format!("{mark}{}", exact(line.ledger_nanos)),
            line.key_nanos.map_or_else(|| "not told".to_owned(), exact),
            line.drift_nanos.map(exact).unwrap_or_default(),
        ]);
    }
    table.write(out)?;
    for line in &latest.lines {
        if let Some(cause) = &line.cause {
            writeln!(out, "{}: {cause}.", line.period)?;
        }
    }
    Ok(())
}

fn clock(seconds: i64, zone: &TimeZone) -> String {
    let at = Timestamp::from_second(seconds).unwrap_or_default();
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

fn reader(place: &Place) -> Result<LedgerReader, Failure> {
    LedgerReader::open(&place.data_dir.ledger()).map_err(|error| Failure::plain(error.to_string()))
}

pub(super) fn zone(place: &Place) -> Result<TimeZone, Failure> {
    Ok(place.config_file().load()?.config.general.timezone.zone())
}

#[cfg(test)]
mod tests {
    use turnpike_api::command::{ClaudeComparison, ForecastLine, Reconciliation, ReconciliationLine, Totals};

    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_foot_says_what_was_saved_and_against_what() {
        let mut found = SpendInsightReply {
            total: Totals { cached_percent: Some(94), ..Totals::default() },
            cache_saved_nanos: Some(1_500_000_000),
            claude: Some(ClaudeComparison {
                cost_nanos: 1_000_000_000,
                is_approximate: false,
                list_nanos: 9_000_000_000,
                prices_of: "2026-08-15".to_owned(),
            }),
            speeds: Vec::new(),
            sessions: Vec::new(),
        };
        assert_eq!(
            text(|out| write_foot(&found, out)),
            "\n94 % of the input came from the prompt cache, which saved $1.50.\n\
             $8.00 saved against Claude's API list price ($1.00 instead of $9.00; prices of 2026-08-15).\n"
        );
        found.total.cached_percent = None;
        found.claude = None;
        found.total.missed_nanos = Some(1_340_000_000);
        assert_eq!(
            text(|out| write_foot(&found, out)),
            "\nCache misses cost $1.34: input that came from no cache, above the price of reading it from one.\n"
        );
        found.total.missed_nanos = None;
        assert_eq!(text(|out| write_foot(&found, out)), "");
    }

    #[test]
    fn a_forecast_is_a_sentence_each() {
        let line = |hours, days| ForecastLine {
            what: "the daily budget".to_owned(),
            left_nanos: if (hours, days) == (Some(9), Some(9)) { 0 } else { 3_000_000_000 },
            is_approximate: days == Some(0),
            ends_at_hours_rate: hours,
            ends_at_days_rate: days,
            resets_at: None,
        };
        let found = ForecastReply {
            last_hour_nanos: 2_000_000_000,
            is_hour_approximate: false,
            last_day_nanos: 5_000_000_000,
            is_day_approximate: true,
            is_spike: true,
            lines: vec![line(Some(0), None), line(None, Some(0)), line(None, None), line(Some(9), Some(9))],
        };
        let told = text(|out| write_forecast(&found, &TimeZone::UTC, out));
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(
            lines,
            [
                "$2.00 in the last hour, ~$5.00 in the last 24 hours. The last hour cost far more than usual.",
                "the daily budget: $3.00 left, ends 1970-01-01 00:00 at the last hour's rate.",
                "the daily budget: ~$3.00 left, ends 1970-01-01 00:00 at the last day's rate.",
                "the daily budget: $3.00 left, lasts at the present rate.",
                "the daily budget is used up.",
            ]
        );
    }

    #[test]
    fn a_comparison_is_exact_and_says_why() {
        let line = ReconciliationLine {
            period: "daily".to_owned(),
            ledger_nanos: 1,
            estimated_nanos: 0,
            estimates: 0,
            key_nanos: Some(3),
            drift_nanos: Some(2),
            cause: Some("because".to_owned()),
        };
        let silent = ReconciliationLine { key_nanos: None, drift_nanos: None, cause: None, ..line.clone() };
        let latest = Some(Reconciliation { at: 0, lines: vec![line, silent] });
        let told = text(|out| write_reconciliation(&ReconcileReply { latest, days: Vec::new() }, out));
        assert!(told.contains("$0.000000001  $0.000000003  $0.000000002"), "{told}");
        assert!(told.contains("not told") && told.ends_with("daily: because.\n"), "{told}");
    }
}
