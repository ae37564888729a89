//! `turnpike capture`
//!
//! Bodies are in the memory of the running service alone, so all of this needs one.

use std::io::{self, Write};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use turnpike_api::command::{
    AnswerPart, CaptureStanding, CapturedBody, Captures, CapturesReply, ForgetCaptures, Replay, ReplayReply,
    ReplaySide, StartCapture, StopCapture,
};
use turnpike_wire::money::NanoUsd;

use crate::cli::{CaptureAction, CaptureDeleteArgs, CaptureOnArgs};
use crate::exit::Failure;
use crate::own;
use crate::place::Place;
use crate::table::{Align, Table, printable, thousands};

/// A replay waits for a whole answer; the service gives one up after two minutes.
const REPLAY_TIMEOUT: Duration = Duration::from_secs(150);

pub(crate) fn run(place: &Place, action: CaptureAction) -> Result<(), Failure> {
    match action {
        CaptureAction::On(CaptureOnArgs { requests, minutes }) => {
            let reply = place.service()?.call(&StartCapture { requests, minutes })?;
            Ok(writeln!(io::stdout(), "{}", standing(&reply.standing, &zone(place)))?)
        }
        CaptureAction::Off => {
            let reply = place.service()?.call(&StopCapture::default())?;
            Ok(writeln!(io::stdout(), "{}", standing(&reply.standing, &zone(place)))?)
        }
        CaptureAction::List { json } => {
            let reply = place.service()?.call(&Captures::default())?;
            let mut out = io::stdout().lock();
            if json {
                return Ok(writeln!(out, "{}", super::json(&reply)?)?);
            }
            Ok(write_list(&reply, &zone(place), &mut out)?)
        }
        CaptureAction::Show { id, json } => show(place, id, json),
        CaptureAction::Replay { id, model, json } => replay(place, Replay { id, model }, json),
        CaptureAction::Delete(CaptureDeleteArgs { id, .. }) => {
            let reply = place.service()?.call(&ForgetCaptures { id })?;
            let told =
                id.map_or_else(|| "All is forgotten".to_owned(), |id| format!("Request {id} is forgotten"));
            Ok(writeln!(io::stdout(), "{told}; {} kept.", reply.kept.len())?)
        }
    }
}

fn show(place: &Place, id: i64, json: bool) -> Result<(), Failure> {
    let body = place.service()?.call(&CapturedBody { id })?;
    let mut out = io::stdout().lock();
    if json {
        return Ok(writeln!(out, "{}", super::json(&body)?)?);
    }
    match &body.request {
        Some(request) => write_text(&pretty(request), &mut out)?,
        None => writeln!(out, "(The request was too long to be kept.)")?,
    }
    write_answer(&body.answer, &mut out)?;
    if body.is_cut {
        writeln!(out, "(The answer was longer than what is kept of it.)")?;
    }
    Ok(())
}

fn replay(place: &Place, asked: Replay, json: bool) -> Result<(), Failure> {
    let reply = place.service()?.with_timeout(REPLAY_TIMEOUT).call(&asked)?;
    let mut out = io::stdout().lock();
    if json {
        return Ok(writeln!(out, "{}", super::json(&reply)?)?);
    }
    Ok(write_replay(&reply, &mut out)?)
}

fn zone(place: &Place) -> TimeZone {
    place.config_file().load().map_or(TimeZone::UTC, |loaded| loaded.config.general.timezone.zone())
}

/// Whether bodies are captured, in a sentence.
fn standing(standing: &CaptureStanding, zone: &TimeZone) -> String {
    if !standing.is_on {
        return "Bodies are not captured.".to_owned();
    }
    let until = standing.until.and_then(|at| Timestamp::from_second(at).ok());
    let until = until.map_or_else(String::new, |at| {
        format!(" It ends by itself at {}.", at.to_zoned(zone.clone()).strftime("%H:%M"))
    });
    let what = match standing.requests_left {
        Some(1) => "the next request".to_owned(),
        Some(count) => format!("the next {count} requests"),
        None => "all requests".to_owned(),
    };
    format!("Bodies of {what} are captured, in memory.{until}")
}

fn write_list(reply: &CapturesReply, zone: &TimeZone, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", standing(&reply.standing, zone))?;
    if reply.kept.is_empty() {
        return writeln!(
            out,
            "None are kept. Capture the next request: {}",
            own::lines("turnpike capture on --requests 1")
        );
    }
    let mut table = Table::new(&[
        ("request", Align::Right),
        ("when", Align::Left),
        ("model", Align::Left),
        ("bytes", Align::Right),
        ("secrets taken out", Align::Right),
    ]);
    for kept in &reply.kept {
        let at = Timestamp::from_second(kept.at).unwrap_or_default().to_zoned(zone.clone());
        table.row([
            kept.id.to_string(),
            at.strftime("%H:%M:%S").to_string(),
            kept.model.clone(),
            thousands(i64::try_from(kept.bytes).unwrap_or(i64::MAX)),
            kept.redacted.to_string(),
        ]);
    }
    table.write(out)
}

/// Both answers, one below the other, each under what it cost and took.
fn write_replay(reply: &ReplayReply, out: &mut impl Write) -> io::Result<()> {
    for (title, side) in [("First answer", &reply.original), ("Replay", &reply.replay)] {
        writeln!(out, "{title}: {}", figures(side))?;
        write_answer(&side.answer, out)?;
    }
    Ok(())
}

fn figures(side: &ReplaySide) -> String {
    let status = (side.http_status != 200).then(|| format!("status {}", side.http_status));
    let Some(row) = &side.row else { return status.unwrap_or_else(|| "not in the ledger".to_owned()) };
    let model = row.served_model.as_deref().or(row.target.as_deref()).unwrap_or("(not known)");
    let took = row.duration_ms.map(|ms| format!("{}.{} s", ms / 1_000, ms % 1_000 / 100));
    let first = row.first_token_ms.map(|ms| format!("first word after {ms} ms"));
    let cost = NanoUsd(row.cost_nanos).display_about(row.cost_source == "estimate");
    let parts = [Some(printable(model)), Some(cost), took, first, status];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn write_answer(answer: &[AnswerPart], out: &mut impl Write) -> io::Result<()> {
    for part in answer {
        if part.kind != "text" {
            writeln!(
                out,
                "[{}]",
                printable(&[part.kind.as_str(), part.name.as_deref().unwrap_or("")].join(" ")).trim_end()
            )?;
        }
        // A model's words are not to steer the terminal.
        write_text(&part.text, out)?;
    }
    writeln!(out)
}

fn write_text(text: &str, out: &mut impl Write) -> io::Result<()> {
    text.lines().try_for_each(|line| writeln!(out, "{}", printable(&line.replace('\t', "    "))))
}

/// JSON with its members on lines of their own. What is none stays as it is.
fn pretty(json: &str) -> String {
    let value = serde_json::from_str::<serde_json::Value>(json);
    value.ok().and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| json.to_owned())
}
