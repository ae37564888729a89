//! `turnpike statusline`
//!
//! Claude Code runs it again and again and shows what it prints. So it asks the ledger's file alone, waits for no
//! service, and whatever goes wrong is not the client's trouble: it prints a line and ends well.

use std::io::{self, BufReader, IsTerminal as _, Read as _, Write as _};
use std::sync::mpsc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use turnpike_ledger::{LedgerReader, SessionReceipt, Totals};
use turnpike_settings::StateFile;
use turnpike_wire::money::NanoUsd;

use crate::exit::Failure;
use crate::place::Place;
use crate::table::printable;

/// How long a client that says nothing and does not close its end is waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// The most of them that is read.
const MOST_BYTES: u64 = 1 << 20;

/// What Claude Code tells, as far as it is used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Told {
    session_id: Option<String>,
    model: ToldModel,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ToldModel {
    display_name: Option<String>,
}

/// What there is to say.
#[derive(Debug, Default)]
struct Figures {
    session: Option<SessionReceipt>,
    today: Option<Totals>,
    daily_cap: Option<NanoUsd>,
}

pub(crate) fn run(place: Result<Place, Failure>) -> Result<(), Failure> {
    let told = told();
    let figures = place.ok().map(|place| figures(&place, told.session_id.as_deref())).unwrap_or_default();
    // Whoever closed our output does not want to know.
    let _ = writeln!(io::stdout(), "{}", line(&told, &figures));
    Ok(())
}

fn told() -> Told {
    if io::stdin().is_terminal() {
        return Told::default();
    }
    let (sender, words) = mpsc::channel();
    std::thread::spawn(move || {
        let read = BufReader::new(io::stdin().take(MOST_BYTES));
        // It ends where the object ends, whether or not the client closes its end.
        let told = serde_json::Deserializer::from_reader(read).into_iter::<Told>().next();
        drop(sender.send(told));
    });
    words.recv_timeout(PATIENCE).ok().flatten().and_then(Result::ok).unwrap_or_default()
}

fn figures(place: &Place, session: Option<&str>) -> Figures {
    let now = Timestamp::now();
    let config = place.config_file().load().map(|loaded| loaded.config).unwrap_or_default();
    let state = StateFile::new(place.data_dir.state()).load().unwrap_or_default();
    let raised = state.budget.raises.iter().filter(|raise| {
        raise.client.is_none()
            && raise.project.is_none()
            && raise.period == "daily"
            && raise.until > now.as_second()
    });
    let raised: NanoUsd = raised.map(|raise| NanoUsd(raise.by_nanos)).sum();
    let daily_cap = config.budget.daily_usd.map(|cap| cap.saturating_add(raised));
    let Ok(reader) = LedgerReader::open(&place.data_dir.ledger()) else {
        return Figures { daily_cap, ..Figures::default() };
    };
    Figures {
        session: session.and_then(|session| reader.session_receipt(session).ok().flatten()),
        today: reader.today(now, &config.general.timezone.zone()).ok(),
        daily_cap,
    }
}

fn line(told: &Told, figures: &Figures) -> String {
    let mut parts = Vec::new();
    let served = figures.session.as_ref().and_then(|session| session.models.first()?.key.clone());
    parts.extend(served.or_else(|| told.model.display_name.clone()).map(|model| printable(&model)));
    if let Some(session) = &figures.session {
        parts.push(format!("{} session", about(&session.total)));
    }
    if let Some(today) = &figures.today {
        parts.push(format!("{} today", about(today)));
        if let Some(cap) = figures.daily_cap {
            let left = cap - today.cost();
            parts.push(if left > NanoUsd::ZERO {
                format!("{} left", left.display_about(today.is_approximate()))
            } else {
                "daily budget used up".to_owned()
            });
        }
    }
    let of = figures.session.as_ref().map(|session| &session.total).or(figures.today.as_ref());
    parts.extend(of.and_then(Totals::cached_percent).map(|percent| format!("{percent} % cached")));
    if parts.is_empty() { "Turnpike".to_owned() } else { parts.join(" · ") }
}

/// What it cost, marked where a part of it is an estimate.
fn about(totals: &Totals) -> String {
    totals.cost().display_about(totals.is_approximate())
}

#[cfg(test)]
mod tests {
    use turnpike_ledger::{SpendRow, Usage};

    use super::*;

    fn spent(nanos: i64) -> Totals {
        let usage = Usage { input_tokens: 6, cache_read_tokens: 94, ..Usage::default() };
        Totals { ok: 1, usage, cost_upstream_nanos: NanoUsd(nanos), ..Totals::default() }
    }

    #[test]
    fn one_line_says_what_there_is_to_say() {
        let session = SessionReceipt {
            session: "s".to_owned(),
            project: None,
            first_started_at: 0,
            last_started_at: 0,
            open: 0,
            total: spent(380_000_000),
            models: vec![SpendRow { key: Some("a/b".to_owned()), totals: spent(380_000_000) }],
        };
        let told = Told { session_id: None, model: ToldModel { display_name: Some("Opus".to_owned()) } };
        let all = Figures {
            session: Some(session),
            today: Some(spent(1_840_000_000)),
            daily_cap: Some(NanoUsd(5_000_000_000)),
        };
        assert_eq!(line(&told, &all), "a/b · $0.38 session · $1.84 today · $3.16 left · 94 % cached");
        let over = Figures { daily_cap: Some(NanoUsd(1)), session: None, ..all };
        assert_eq!(line(&told, &over), "Opus · $1.84 today · daily budget used up · 94 % cached");
        let untold = Totals { estimates: 1, ..spent(1_840_000_000) };
        let about = Figures { today: Some(untold), session: None, daily_cap: Some(NanoUsd(2_000_000_000)) };
        assert_eq!(line(&told, &about), "Opus · ~$1.84 today · ~$0.16 left · 94 % cached");
        assert_eq!(line(&Told::default(), &Figures::default()), "Turnpike");
    }
}
