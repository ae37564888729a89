//! `turnpike spend`

mod live;
mod more;

use std::io::{self, Write};

use jiff::Timestamp;
use turnpike_api::command::{Fact, Spend, SpendInsight, SpendReport, Totals};
use turnpike_control::spend;
use turnpike_ledger::LedgerReader;
use turnpike_routing::Catalogue;
use turnpike_wire::money::NanoUsd;

use crate::cli::{SpendAction, SpendArgs};
use crate::exit::{Exit, Failure};
use crate::place::Place;
use crate::table::{Align, Table, thousands};

/// Signs of the longest bar.
const BAR: i128 = 24;

pub(crate) fn run(place: &Place, args: SpendArgs) -> Result<(), Failure> {
    match &args.action {
        Some(SpendAction::Session { id, json }) => return more::session(place, id, *json),
        Some(SpendAction::Speed(times)) => return more::speed(place, times),
        Some(SpendAction::Forecast { json }) => return more::forecast(place, *json),
        None => {}
    }
    if args.reconcile {
        return more::reconcile(place, args.json);
    }
    if args.live {
        return live::run(place);
    }
    let only: Vec<Fact> = args.only.iter().map(|text| fact(text)).collect::<Result<_, _>>()?;
    let is_whole = only.is_empty();
    let SpendArgs { by, since, until, top, json, csv, .. } = args;
    let insight = SpendInsight { since: since.clone(), until: until.clone() };
    let asked = Spend { by, since, until, only: Some(only), limit: top, misses: false };
    check(place, &asked)?;
    let report = ask(place, &asked)?;
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
    table(&report).write(&mut out)?;
    out.write_all(untold(&report.total).as_bytes())?;
    if is_whole {
        more::write_foot(&more::insight(place, &insight)?, &mut out)?;
    }
    Ok(())
}

/// `model=a/b`.
fn fact(text: &str) -> Result<Fact, Failure> {
    let (by, is) = text.split_once('=').ok_or_else(|| {
        let text: String = text.chars().take(40).collect();
        Failure::of(
            Exit::Usage,
            format!("`{text}` narrows nothing: write a fact and what it must be, as model=a/b"),
        )
    })?;
    Ok(Fact { by: by.to_owned(), is: is.to_owned() })
}

/// Bad input comes first: whatever else is amiss, it would stay wrong. The zone of a configuration that cannot be read
/// hardly matters for that.
fn check(place: &Place, asked: &Spend) -> Result<(), Failure> {
    spend::check(asked, Timestamp::now(), &place.zone())
        .map_err(|error| Failure::of(Exit::Usage, error.to_string()))
}

/// From the running service, which knows what is not on disk yet; else from the ledger itself.
fn ask(place: &Place, asked: &Spend) -> Result<SpendReport, Failure> {
    if let Some(client) = place.service_if_running()? {
        return Ok(client.call(asked)?);
    }
    let told = |error: &dyn std::fmt::Display| Failure::plain(error.to_string());
    let zone = more::zone(place)?;
    let reader = LedgerReader::open(&place.data_dir.ledger()).map_err(|error| told(&error))?;
    spend::report(&reader, asked, &Catalogue::default(), Timestamp::now(), &zone)
        .map_err(|error| told(&error))
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
        ("", Align::Left),
    ]);
    let dearest = report.rows.iter().map(|row| row.totals.cost_nanos).max().unwrap_or_default();
    for row in &report.rows {
        let bar = bar(row.totals.cost_nanos, dearest);
        table.row(cells(row.key.as_deref().unwrap_or("(not known)"), &row.totals, bar));
    }
    if report.omitted > 0 {
        let mut cut = <[String; 8]>::default();
        cut[0] = format!("({} more)", report.omitted);
        table.row(cut);
    }
    table.row(cells("total", &report.total, String::new()));
    table
}

/// What the marks in the table stand for, in a sentence; nothing where there are none.
fn untold(total: &Totals) -> String {
    if !total.is_approximate() {
        return String::new();
    }
    let estimated = match total.estimated_nanos {
        0 => "counted as $0.00".to_owned(),
        nanos => format!("{} of the total is an estimate", NanoUsd(nanos).display()),
    };
    match total.estimates {
        // Their rows were taken out.
        0 => format!("\n~ {estimated}.\n"),
        1 => format!("\n~ 1 request is not billed yet: {estimated}.\n"),
        count => format!("\n~ {} requests are not billed yet: {estimated}.\n", thousands(count)),
    }
}

/// A bar beside its number: the dearest row's is the longest.
fn bar(part: i64, dearest: i64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if dearest <= 0 || part <= 0 {
        return String::new();
    }
    let eighths = i128::from(part) * BAR * 8 / i128::from(dearest);
    let (whole, rest) =
        (usize::try_from(eighths / 8).unwrap_or(0), usize::try_from(eighths % 8).unwrap_or(0));
    let bar = "█".repeat(whole) + EIGHTHS[rest];
    if bar.is_empty() { EIGHTHS[1].to_owned() } else { bar }
}

fn cells(key: &str, totals: &Totals, bar: String) -> [String; 8] {
    let prompt = totals.input_tokens + totals.cache_read_tokens + totals.cache_write_tokens;
    [
        key.to_owned(),
        thousands(totals.requests),
        thousands(totals.failed),
        thousands(prompt),
        totals.cached_percent.map_or_else(String::new, |percent| format!("{percent} %")),
        thousands(totals.output_tokens),
        NanoUsd(totals.cost_nanos).display_about(totals.is_approximate()),
        bar,
    ]
}

fn write_csv(report: &SpendReport, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{},requests,failed,cost_usd,estimated_usd,byok_cost_usd,input_tokens,cache_read_tokens,cache_write_tokens,\
         output_tokens,reasoning_tokens,estimates",
        report.by
    )?;
    for row in &report.rows {
        let sums = &row.totals;
        writeln!(
            out,
            "{},{},{},{},{},{},{},{},{},{},{},{}",
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
            sums.estimates,
        )?;
    }
    Ok(())
}

/// A text as a field of RFC 4180. Names come from clients: one that a spreadsheet would take for a formula gets an
/// apostrophe.
pub(super) fn field(text: &str) -> String {
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
        assert_eq!(
            lines[1],
            "a/b             1 200       3  1 000    94 %      50  ~$0.0042  ████████████████████████"
        );
        assert!(lines[2].starts_with("(not known)"), "{text}");
        assert!(lines[3].starts_with("total"), "{text}");
    }

    #[test]
    fn what_is_not_billed_yet_is_marked_and_told() {
        let sums = |estimates, estimated_nanos| Totals {
            requests: 3_000,
            estimates,
            estimated_nanos,
            ..Totals::default()
        };
        let rows = [
            (sums(0, 0), "$0.00", ""),
            (sums(1, 0), "~$0.00", "\n~ 1 request is not billed yet: counted as $0.00.\n"),
            (
                sums(1_200, 10_000_000),
                "~$0.00",
                "\n~ 1 200 requests are not billed yet: $0.01 of the total is an estimate.\n",
            ),
            (sums(0, 10_000_000), "~$0.00", "\n~ $0.01 of the total is an estimate.\n"),
        ];
        for (totals, cost, told) in rows {
            assert_eq!(
                (cells("total", &totals, String::new())[6].as_str(), untold(&totals).as_str()),
                (cost, told)
            );
        }
    }

    #[test]
    fn csv_is_exact_and_safe_in_a_spreadsheet() {
        let mut out = Vec::new();
        write_csv(&report(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text.lines().nth(1),
            Some("a/b,1200,3,0.004200000,0.000000001,0.000000000,60,940,0,50,0,0")
        );
        for (name, written) in [("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("=1+1", "'=1+1")] {
            assert_eq!(field(name), written);
        }
    }
}
