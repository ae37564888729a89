//! `turnpike status`

use std::io::{self, Write};

use turnpike_api::ClientError;
use turnpike_api::command::{ProxyState, Status, StatusReply};
use turnpike_wire::money::NanoUsd;

use crate::cli::StatusArgs;
use crate::exit::Failure;
use crate::place::Place;
use crate::table::printable;

pub(crate) fn run(place: &Place, args: &StatusArgs) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let status = match place.service() {
        Ok(client) => client.call(&Status::default())?,
        Err(error @ ClientError::NotRunning(_)) => {
            if args.json {
                writeln!(out, "{}", super::json(&serde_json::json!({"state": "not_running"}))?)?;
            } else {
                writeln!(out, "○ Not running · data folder {}", place.data_dir.path().display())?;
            }
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    };
    if args.json {
        return Ok(writeln!(out, "{}", super::json(&status)?)?);
    }
    Ok(write(&status, &mut out)?)
}

fn write(status: &StatusReply, out: &mut impl Write) -> io::Result<()> {
    let sign = match status.state {
        ProxyState::Running => "● Running",
        ProxyState::Stopped => "○ Stopped",
        ProxyState::ShuttingDown => "◐ Ending",
    };
    writeln!(out, "{sign} · {}", status.data_plane)?;
    let mut line = |name: &str, text: String| writeln!(out, "  {name:<9} {}", printable(&text));
    let uptime = duration(status.uptime_seconds);
    line("service", format!("process {}, version {}, up {uptime}", status.pid, status.version))?;
    line("key", status.key.message.clone())?;
    line("upstream", status.upstream.clone())?;
    line("today", today(status))?;
    line("config", config(status))?;
    line("data", status.data_dir.clone())?;
    line("control", status.control_plane.clone())?;
    if !status.ledger.is_ok {
        let problem = status.ledger.problem.as_deref().unwrap_or("rows were lost");
        line(
            "ledger",
            format!("⚠ {problem} ({} rows wait, {} are lost)", status.ledger.queued, status.ledger.lost),
        )?;
    }
    for request in &status.live {
        let project = request.project.as_deref().unwrap_or("-");
        let seconds = request.running_ms / 1_000;
        let tokens = request.output_tokens_estimate;
        line(
            "running",
            format!("#{} {project} · {} · {seconds} s · ~{tokens} tokens", request.id, request.target),
        )?;
    }
    status.notices.iter().try_for_each(|notice| line("notice", format!("⚠ {notice}")))
}

fn today(status: &StatusReply) -> String {
    let Some(today) = status.today else { return "not known: the ledger does not answer".to_owned() };
    let spent = NanoUsd(today.cost_nanos).display();
    let cap = today.daily_cap_nanos.map_or_else(String::new, |cap| format!(" of {}", NanoUsd(cap).display()));
    let plural = if today.requests == 1 { "" } else { "s" };
    format!("{spent}{cap} · {} request{plural}", today.requests)
}

fn config(status: &StatusReply) -> String {
    match &status.config.refused {
        None => status.config.path.clone(),
        Some(reason) => format!("⚠ the configuration before stays in force: {reason}"),
    }
}

fn duration(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_in_two_units() {
        for (seconds, text) in [(7, "7 s"), (90, "1 min"), (3_660, "1 h 1 min"), (90_000, "1 d 1 h")] {
            assert_eq!(duration(seconds), text);
        }
    }
}
