//! `turnpike spend`

use std::io::{self, Write};

use jiff::Timestamp;
use turnpike_api::command::{Spend, SpendReport, Totals};
use turnpike_control::spend;
use turnpike_ledger::LedgerReader;
use turnpike_wire::money::NanoUsd;

use crate::cli::SpendArgs;
use crate::exit::Failure;
use crate::place::Place;
use crate::table::{Align, Table, thousands};

pub(crate) fn run(place: &Place, args: SpendArgs) -> Result<(), Failure> {
    let SpendArgs { by, since, until, json, csv } = args;
    let report = ask(place, &Spend { by, since, until, ..Spend::default() })?;
    let mut out = io::stdout().lock();
    if json {
        return Ok(writeln!(out, "{}", super::json(&report)?)?);
    }
    if csv {
        return Ok(write_csv(&report, &mut out)?);
    }
    if report.rows.is_empty() {
        return Ok(writeln!(out, "Nothing was spent in that time.")?);
    }
    Ok(table(&report).write(&mut out)?)
}

/// From the running service, which knows what is not on disk yet; else from the ledger itself.
fn ask(place: &Place, asked: &Spend) -> Result<SpendReport, Failure> {
    if let Some(client) = place.service_if_running()? {
        return Ok(client.call(asked)?);
    }
    let told = |error: &dyn std::fmt::Display| Failure::plain(error.to_string());
    let zone = place.config_file().load()?.config.general.timezone.zone();
    let reader = LedgerReader::open(&place.data_dir.ledger()).map_err(|error| told(&error))?;
    spend::report(&reader, asked, Timestamp::now(), &zone).map_err(|error| told(&error))
}

fn table(report: &SpendReport) -> Table {
    let mut table = Table::new(&[
        (report.by.as_str(), Align::Left),
        ("requests", Align::Right),
        ("failed", Align::Right),
        ("input", Align::Right),
        ("cached", Align::Right),
        ("output", Align::Right),
        ("cost", Align::Right),
    ]);
    for row in &report.rows {
        table.row(cells(row.key.as_deref().unwrap_or("(not known)"), &row.totals));
    }
    table.row(cells("total", &report.total));
    table
}

fn cells(key: &str, totals: &Totals) -> [String; 7] {
    let prompt = totals.input_tokens + totals.cache_read_tokens + totals.cache_write_tokens;
    let mark = if totals.estimated_nanos > 0 { "~" } else { "" };
    [
        key.to_owned(),
        thousands(totals.requests),
        thousands(totals.failed),
        thousands(prompt),
        totals.cached_percent.map_or_else(String::new, |percent| format!("{percent} %")),
        thousands(totals.output_tokens),
        format!("{mark}{}", NanoUsd(totals.cost_nanos).display()),
    ]
}

fn write_csv(report: &SpendReport, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{},requests,failed,cost_usd,estimated_usd,byok_cost_usd,input_tokens,cache_read_tokens,cache_write_tokens,\
         output_tokens,reasoning_tokens",
        report.by
    )?;
    for row in &report.rows {
        let sums = &row.totals;
        writeln!(
            out,
            "{},{},{},{},{},{},{},{},{},{},{}",
            field(row.key.as_deref().unwrap_or_default()),
            sums.requests,
            sums.failed,
            NanoUsd(sums.cost_nanos),
            NanoUsd(sums.estimated_nanos),
            NanoUsd(sums.byok_cost_nanos),
            sums.input_tokens,
            sums.cache_read_tokens,
            sums.cache_write_tokens,
            sums.output_tokens,
            sums.reasoning_tokens,
        )?;
    }
    Ok(())
}

/// A text as a field of RFC 4180. Names come from clients: one that a spreadsheet would take for a formula gets an
/// apostrophe.
fn field(text: &str) -> String {
    let text =
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use turnpike_api::command::SpendRow;

    use super::*;

    fn report() -> SpendReport {
        let totals = Totals {
            requests: 1_200,
            failed: 3,
            cost_nanos: 4_200_000,
            estimated_nanos: 1,
            input_tokens: 60,
            cache_read_tokens: 940,
            cached_percent: Some(94),
            output_tokens: 50,
            ..Totals::default()
        };
        let rows = vec![
            SpendRow { key: Some("a/b".to_owned()), totals },
            SpendRow { key: None, totals: Totals { requests: 1, ..Totals::default() } },
        ];
        SpendReport { by: "model".to_owned(), rows, omitted: 0, total: totals }
    }

    #[test]
    fn the_table_has_a_total_and_marks_estimates() {
        let mut out = Vec::new();
        table(&report()).write(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "model        requests  failed  input  cached  output      cost");
        assert_eq!(lines[1], "a/b             1 200       3  1 000    94 %      50  ~$0.0042");
        assert!(lines[2].starts_with("(not known)"), "{text}");
        assert!(lines[3].starts_with("total"), "{text}");
    }

    #[test]
    fn csv_is_exact_and_safe_in_a_spreadsheet() {
        let mut out = Vec::new();
        write_csv(&report(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().nth(1), Some("a/b,1200,3,0.004200000,0.000000001,0.000000000,60,940,0,50,0"));
        for (name, written) in [("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("=1+1", "'=1+1")] {
            assert_eq!(field(name), written);
        }
    }
}
