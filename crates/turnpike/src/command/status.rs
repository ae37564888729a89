//! `turnpike status`

use std::io::{self, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use turnpike_api::ClientError;
use turnpike_api::command::{Balance, KeptNotice, Notices, ProxyState, Status, StatusReply};
use turnpike_wire::money::NanoUsd;

use crate::cli::StatusArgs;
use crate::exit::Failure;
use crate::own;
use crate::place::Place;
use crate::table::printable;

/// Notices that are shown, and how old they may be, in seconds.
const MOST_TOLD: usize = 5;
const DAY: i64 = 86_400;

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
    let told = match place.service().and_then(|client| client.call(&Notices::default())) {
        // A service of an older version keeps none.
        Err(ClientError::Refused(_)) => Ok(Vec::new()),
        reply => reply.map(|reply| reply.notices),
    };
    if args.json {
        let told = told?;
        let mut whole = serde_json::to_value(&status).unwrap_or_default();
        if let Some(fields) = whole.as_object_mut() {
            fields.insert("told".to_owned(), serde_json::to_value(&told).unwrap_or_default());
        }
        return Ok(writeln!(out, "{}", super::json(&whole)?)?);
    }
    write(&status, &mut out)?;
    Ok(write_told(&told?, Timestamp::now(), &place.zone(), &mut out)?)
}

/// What people were told of in the last day, the newest first.
fn write_told(told: &[KeptNotice], now: Timestamp, zone: &TimeZone, out: &mut impl Write) -> io::Result<()> {
    let of_today = told.iter().filter(|notice| now.as_second().saturating_sub(notice.at) < DAY);
    for notice in of_today.take(MOST_TOLD) {
        let at = Timestamp::from_second(notice.at).unwrap_or(now).to_zoned(zone.clone());
        writeln!(out, "  {:<9} {} {}", "told", at.strftime("%H:%M"), own::lines(&printable(&notice.text)))?;
    }
    Ok(())
}

fn write(status: &StatusReply, out: &mut impl Write) -> io::Result<()> {
    let sign = match status.state {
        ProxyState::Running => "● Running",
        ProxyState::Stopped => "○ Stopped",
        ProxyState::ShuttingDown => "◐ Ending",
    };
    writeln!(out, "{sign} · {}", status.data_plane)?;
    let mut line = |name: &str, text: String| writeln!(out, "  {name:<9} {}", printable(&own::lines(&text)));
    line("service", format!("process {}, version {}, {}", status.pid, status.version, status.takes()))?;
    line("key", status.key.message.clone())?;
    if let Some(told) = status.balance.as_ref().and_then(balance) {
        line("balance", told)?;
    }
    line("upstream", status.upstream.clone())?;
    line("today", today(status))?;
    line("config", config(status))?;
    line("data", status.data_dir.clone())?;
    line("control", status.control_plane.clone())?;
    status.demo.iter().try_for_each(|page| line("demo", page.clone()))?;
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
    let mut notices = status.notices.iter().chain(&status.model_notices);
    notices.try_for_each(|notice| line("notice", format!("⚠ {notice}")))
}

fn today(status: &StatusReply) -> String {
    let Some(today) = status.today else { return "not known: the ledger does not answer".to_owned() };
    let spent = NanoUsd(today.cost_nanos).display_about(today.estimates > 0);
    let cap = today.daily_cap_nanos.map_or_else(String::new, |cap| format!(" of {}", NanoUsd(cap).display()));
    let plural = if today.requests == 1 { "" } else { "s" };
    let untold = match today.estimates {
        0 => String::new(),
        count => format!(", {count} not billed yet"),
    };
    format!("{spent}{cap} · {} request{plural}{untold}", today.requests)
}

fn config(status: &StatusReply) -> String {
    match &status.config.refused {
        None => status.config.path.clone(),
        Some(reason) => format!("⚠ the configuration before stays in force: {reason}"),
    }
}

/// What is left of the key's limit and of the account's credits, and the free tier; nothing where none is known.
fn balance(balance: &Balance) -> Option<String> {
    let money = |nanos| NanoUsd(nanos).display();
    let limit = balance.limit_left_nanos.map(|left| {
        let of = balance.limit_nanos.map(|limit| format!(" of {}", money(limit))).unwrap_or_default();
        format!("{}{of} left of the key's limit", money(left))
    });
    let credits = balance.credits_left_nanos.map(|left| format!("{} of credits left", money(left)));
    let free = balance.is_free_tier.then(|| "free tier: few free requests a day".to_owned());
    let told: Vec<String> = [limit, credits, free].into_iter().flatten().collect();
    (!told.is_empty()).then(|| told.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_five_of_the_last_day_are_told() {
        let notice = |at: i64| KeptNotice {
            at,
            kind: turnpike_api::notice::NoticeKind::Limited,
            subject: String::new(),
            text: format!("terra is limited ({at})"),
            period_seconds: 60,
        };
        let told: Vec<KeptNotice> = [100_000, 90_060, 14_000, 13_500].map(notice).to_vec();
        let mut text = Vec::new();
        let now = Timestamp::from_second(100_000).unwrap();
        write_told(&told, now, &TimeZone::UTC, &mut text).unwrap();
        let lines = "  told      03:46 terra is limited (100000)\n  told      01:01 terra is limited (90060)\n  \
                     told      03:53 terra is limited (14000)\n";
        assert_eq!(String::from_utf8(text).unwrap(), lines);
        let mut text = Vec::new();
        write_told(&vec![notice(100_000); 9], now, &TimeZone::UTC, &mut text).unwrap();
        assert_eq!(String::from_utf8(text).unwrap().lines().count(), MOST_TOLD);
    }

    #[test]
    fn what_is_known_of_the_keys_money_stands_in_one_line() {
        let none = Balance {
            at: 0,
            limit_nanos: None,
            limit_left_nanos: None,
            limit_reset: None,
            credits_left_nanos: None,
            is_free_tier: false,
        };
        let limit = Balance {
            limit_nanos: Some(10_000_000_000),
            limit_left_nanos: Some(9_500_000_000),
            ..none.clone()
        };
        let credits = Balance { credits_left_nanos: Some(99_500_000_000), ..limit.clone() };
        let rows = [
            (none.clone(), None),
            (limit, Some("$9.50 of $10.00 left of the key's limit")),
            (credits, Some("$9.50 of $10.00 left of the key's limit, $99.50 of credits left")),
            (Balance { is_free_tier: true, ..none }, Some("free tier: few free requests a day")),
        ];
        for (told, expected) in rows {
            assert_eq!(balance(&told).as_deref(), expected);
        }
    }
}
