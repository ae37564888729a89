//! `turnpike ledger`: a look at the whole, and every row for other programs.
//!
//! The file is read as it is, so it works with and without a running service.

use std::io::{self, Write};

use jiff::Timestamp;
use serde_json::Value;
use turnpike_ledger::{LedgerError, LedgerReader, Period, RowId, Soundness};

use super::spend::field;
use crate::cli::{ExportArgs, LedgerAction};
use crate::exit::{Exit, Failure};
use crate::place::Place;

/// Rows that are read at once.
const ROWS: u32 = 1_000;

pub(crate) fn run(place: &Place, action: &LedgerAction) -> Result<(), Failure> {
    match action {
        LedgerAction::Check { json } => check(place, *json),
        LedgerAction::Export(args) => export(place, args),
    }
}

fn open(place: &Place) -> Result<LedgerReader, Failure> {
    LedgerReader::open(&place.data_dir.ledger()).map_err(|error| told(&error))
}

fn told(error: &LedgerError) -> Failure {
    Failure::plain(error.to_string())
}

fn check(place: &Place, json: bool) -> Result<(), Failure> {
    let found = open(place)?.soundness().map_err(|error| told(&error))?;
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", super::json(&found)?)?;
    } else {
        say(&found, &mut out)?;
    }
    if found.damage.is_empty() && found.differences.is_empty() {
        return Ok(());
    }
    Err(Failure::plain(
        "the ledger is not sound. `turnpike backup` keeps a copy; a damaged file is set aside when the service starts, \
         and `turnpike restore` brings a backup back",
    ))
}

fn say(found: &Soundness, out: &mut impl Write) -> io::Result<()> {
    for words in found.damage.iter().chain(&found.differences) {
        writeln!(out, "{words}")?;
    }
    writeln!(out, "{} rows, {} of them open.", found.rows, found.open)?;
    if found.pruned_until > 0 {
        let until = Timestamp::from_nanosecond(i128::from(found.pruned_until)).unwrap_or_default();
        writeln!(out, "Rows before {} were taken out; their sums are kept.", until.strftime("%Y-%m-%d"))?;
    }
    if found.damage.is_empty() && found.differences.is_empty() {
        writeln!(out, "The file is sound, and its sums are those of the rows.")?;
    }
    Ok(())
}

fn export(place: &Place, args: &ExportArgs) -> Result<(), Failure> {
    let zone = place.config_file().load()?.config.general.timezone.zone();
    let period = |text: &Option<String>| {
        let parsed = text.as_deref().map(|text| Period::parse(text, Timestamp::now(), &zone)).transpose();
        parsed.map_err(|error| Failure::of(Exit::Usage, error.to_string()))
    };
    let nanos = |at: Timestamp| i64::try_from(at.as_nanosecond()).unwrap_or(i64::MAX);
    let since = period(&args.since)?.map_or(i64::MIN, |period| nanos(period.start));
    let until = period(&args.until)?.map_or(i64::MAX, |period| nanos(period.end));
    let reader = open(place)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut after = RowId::new(0);
    let mut is_first = true;
    loop {
        let rows = reader.rows_after(after, ROWS).map_err(|error| told(&error))?;
        let Some(last) = rows.last() else { return Ok(out.flush()?) };
        after = last.id;
        for row in rows.iter().filter(|row| (since..until).contains(&row.started_at)) {
            if args.csv {
                let row = serde_json::to_value(row)
                    .map_err(|error| Failure::plain(format!("a row cannot be written: {error}")))?;
                write_csv(&row, is_first, &mut out)?;
            } else {
                let line = serde_json::to_string(row)
                    .map_err(|error| Failure::plain(format!("a row cannot be written: {error}")))?;
                writeln!(out, "{line}")?;
            }
            is_first = false;
        }
    }
}

/// One line, and before the first one the names. JSON within a row stays JSON.
fn write_csv(row: &Value, with_names: bool, out: &mut impl Write) -> io::Result<()> {
    let Value::Object(columns) = row else { return Ok(()) };
    if with_names {
        writeln!(out, "{}", columns.keys().map(String::as_str).collect::<Vec<_>>().join(","))?;
    }
    let cells = columns.values().map(|value| match value {
        Value::Null => String::new(),
        Value::String(text) => field(text),
        Value::Number(number) => number.to_string(),
        other => field(&other.to_string()),
    });
    writeln!(out, "{}", cells.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_spreadsheet_takes_no_name_for_a_formula() {
        let row = json!({"model": "=1+1", "provider": "a,\"b\"", "cost_nanos": -5, "agent": null,
            "tries": [{"at": 1, "of": "x"}]});
        let mut out = Vec::new();
        write_csv(&row, true, &mut out).unwrap();
        let lines = String::from_utf8(out).unwrap();
        let (names, cells) = lines.split_once('\n').unwrap();
        let told: Vec<&str> = names.split(',').collect();
        assert_eq!(told.len(), 5, "{names}");
        for cell in ["'=1+1", "\"a,\"\"b\"\"\"", "-5", "\"[{\"\"at\"\":1,\"\"of\"\":\"\"x\"\"}]\""] {
            assert!(cells.contains(cell), "{cell} in {cells}");
        }
    }
}
