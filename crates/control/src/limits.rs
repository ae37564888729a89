//! Targets that are left out for now, told to whoever listens; and what the account says about free requests.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use turnpike_api::Event;
use turnpike_api::command::{FreeTier, LeftOut, LimitsReply};
use turnpike_ledger::{LedgerReader, Page, RequestRow};
use turnpike_proxy::TargetChange;
use turnpike_routing::{FreeStanding, LARGE_DAY, Out, Why, is_free};

use crate::core::Core;

/// How often one looks whether a limit is over, and whether the account has to be asked.
const PERIOD: Duration = Duration::from_secs(5);
/// How long the upstream may take to say what the account may do.
const KEY_DEADLINE: Duration = Duration::from_secs(10);
/// Rows of today that are looked through at the start, at most.
const MOST_ROWS: usize = 5_000;

/// Who is left out, and how the free tier stands.
pub(crate) fn of(core: &Core) -> LimitsReply {
    let left_out = core.proxy.left_out().iter().map(left_out).collect();
    LimitsReply { left_out, free: free_tier(&core.proxy.free_tier()) }
}

fn left_out(out: &Out) -> LeftOut {
    let seconds = |moment: Duration| i64::try_from(moment.as_secs()).unwrap_or(i64::MAX);
    let until = Timestamp::from_second(seconds(out.until)).unwrap_or(Timestamp::UNIX_EPOCH);
    let clock = until.to_zoned(TimeZone::system()).strftime("%H:%M:%S");
    let slug = &out.slug;
    let message = match out.why {
        Why::Limited | Why::Busy => format!("{slug} is rate limited until {clock}"),
        Why::Failing => format!("{slug} failed several times in a row and is left out until {clock}"),
        Why::Gone => format!(
            "{slug} is gone: choose another model (`turnpike models search`); it is tried again at {clock}"
        ),
    };
    LeftOut {
        slug: slug.clone(),
        why: out.why.as_str().to_owned(),
        since: seconds(out.since),
        until: seconds(out.until),
        message,
    }
}

fn free_tier(standing: &FreeStanding) -> FreeTier {
    let FreeStanding { used_today, limit, last_minute, resets } = *standing;
    let message = (used_today > 0).then(|| match limit {
        None => format!("{used_today} free requests today"),
        Some(limit) if limit < LARGE_DAY => format!(
            "{used_today} of {limit} free requests today; prompts may be used for training; $10 of credits raise it to 1,000"
        ),
        Some(limit) => format!("{used_today} of {limit} free requests today; prompts may be used for training"),
    });
    let resets = i64::try_from(resets.as_secs()).unwrap_or(i64::MAX);
    FreeTier { used_today, limit, last_minute, resets, message }
}

/// Passes changes on until the service ends, and tells when a limit is over.
pub(crate) async fn run(core: Arc<Core>) {
    let mut ending = core.ending();
    let mut changes = core.proxy.target_changes();
    let mut out: Vec<String> = Vec::new();
    let mut account = Account::default();
    seed(&core).await;
    loop {
        tokio::select! {
            change = changes.recv() => match change {
                Ok(change) => pass_on(&core, change, &mut out),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            () = tokio::time::sleep(PERIOD) => account.ask(&core).await,
            () = ending.wait() => return,
        }
        let still: Vec<String> = core.proxy.left_out().into_iter().map(|out| out.slug).collect();
        for slug in out.extract_if(.., |slug| !still.contains(slug)) {
            core.tell(Event::TargetBack { slug });
        }
    }
}

fn pass_on(core: &Core, change: TargetChange, known: &mut Vec<String>) {
    match change {
        TargetChange::Left { out, instead } => {
            let target = left_out(&out);
            tracing::warn!(instead = instead.as_deref(), "{}", target.message);
            known.push(out.slug);
            core.tell(Event::TargetLeftOut { target, instead });
        }
        TargetChange::Back { slug } => {
            known.retain(|known| *known != slug);
            core.tell(Event::TargetBack { slug });
        }
    }
}

/// What was asked about the account, and for which key.
#[derive(Debug, Default)]
struct Account {
    asked_for: Option<String>,
}

impl Account {
    /// Asks once for each key, and only where free requests were made: nobody else needs to know.
    async fn ask(&mut self, core: &Core) {
        let Some(key) = core.keys.key() else { return };
        if core.proxy.free_tier().used_today == 0 || self.asked_for.as_deref() == Some(&key.masked()) {
            return;
        }
        if let Ok(Ok(info)) = tokio::time::timeout(KEY_DEADLINE, core.upstream.key(key.expose())).await {
            core.proxy.set_free_tier(info.is_free_tier);
            self.asked_for = Some(key.masked());
        }
    }
}

/// Counts today's free requests of the runs before this one.
async fn seed(core: &Arc<Core>) {
    // The service may end meanwhile: what runs on holds the reader alone, not the ledger's lock.
    let reader = core.ledger.reader().clone();
    let count = tokio::task::spawn_blocking(move || free_requests_today(&reader, Timestamp::now()));
    if let Ok(count @ 1..) = count.await {
        core.proxy.seed_free(count);
    }
}

/// A try in a row's list of tries.
#[derive(Deserialize)]
struct Try {
    target: String,
    outcome: String,
}

fn free_requests_today(reader: &LedgerReader, now: Timestamp) -> u32 {
    let midnight = now.as_second() - now.as_second().rem_euclid(86_400);
    let mut page = Page { before: None, limit: 500 };
    let (mut count, mut looked_at) = (0, 0);
    while looked_at < MOST_ROWS {
        let Ok(rows) = reader.recent(page) else { return count };
        let today = rows.iter().take_while(|row| row.started_at / 1_000_000_000 >= midnight);
        let (mut of_today, mut free) = (0, 0);
        for row in today {
            of_today += 1;
            free += free_tries(row);
        }
        count += free;
        looked_at += of_today;
        match rows.last() {
            Some(last) if of_today == rows.len() => page.before = Some(last.id),
            _ => break,
        }
    }
    count
}

fn free_tries(row: &RequestRow) -> u32 {
    let tries = row.attempts.as_ref().and_then(|json| serde_json::from_str::<Vec<Try>>(json.as_str()).ok());
    let sent =
        |each: &&Try| is_free(&each.target) && each.outcome != "passed_over" && each.outcome != "free_daily";
    let count = tries.map_or(0, |tries| tries.iter().filter(sent).count());
    u32::try_from(count).unwrap_or(u32::MAX)
}
