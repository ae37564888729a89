//! What people were told of: kept for the page and the command line, whether or not a tray shows it.
//!
//! The last hundred are kept over restarts, and with them what need not be told again yet.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use turnpike_api::Event;
use turnpike_api::command::{KeptNotice, NoticeSwitch, NoticesReply};
use turnpike_api::notice::{Notice, NoticeKind};
use turnpike_ledger::{RequestRow, Status};
use turnpike_settings::config::Notify;
use turnpike_wire::account::KeyInfo;
use turnpike_wire::money::NanoUsd;

use crate::core::{Core, blocking};
use crate::event_log::Numbered;

/// Notices that are kept.
const MOST: usize = 100;
/// The key's limit is told of when less than this part of it is left.
const LOW_PART: i64 = 10;
/// What is told after a run of the service that did not end in order.
const BROKE_OFF: &str =
    "the service had broken off and runs again; requests of that moment are marked interrupted";

/// The part of a row's decision that says what was meant.
#[derive(Deserialize)]
struct Decision {
    #[serde(default)]
    targets: Vec<String>,
}

/// What was told lately, and what is shown.
pub(crate) fn of(core: &Core) -> NoticesReply {
    let notify = &core.config.now().config.notify;
    let kinds = NoticeKind::ALL.map(|kind| NoticeSwitch {
        kind,
        title: kind.title().to_owned(),
        is_on: is_on(notify, kind),
    });
    let mut notices = core.remembered.look(|state| kept(&state.notices));
    notices.reverse();
    NoticesReply { notices, kinds: kinds.to_vec() }
}

const fn is_on(notify: &Notify, kind: NoticeKind) -> bool {
    match kind {
        NoticeKind::Stopped => notify.stopped,
        NoticeKind::Key => notify.key,
        NoticeKind::Limited => notify.limited,
        NoticeKind::Budget => notify.budget,
        NoticeKind::Credits => notify.credits,
        NoticeKind::Fallback => notify.fallback,
        NoticeKind::LimitOver => notify.limit_over,
        NoticeKind::Spike => notify.spike,
    }
}

/// Keeps what the events have to tell, until the service ends. `broke_off`: the run before this one did not end in order.
pub(crate) async fn run(core: Arc<Core>, mut events: Receiver<Numbered>, broke_off: bool) {
    let mut ending = core.ending();
    if broke_off {
        keep(&core, Notice::of_end(BROKE_OFF)).await;
    }
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            () = ending.wait() => return,
        };
        match event {
            Ok((_, event)) => {
                if let Some(notice) = Notice::of_event(&event) {
                    keep(&core, notice).await;
                }
            }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

async fn keep(core: &Arc<Core>, notice: Notice) {
    let made = KeptNotice {
        at: Timestamp::now().as_second(),
        kind: notice.kind,
        subject: notice.subject,
        text: notice.text,
        period_seconds: notice.period.as_secs(),
    };
    let new = made.clone();
    let changed = blocking(core, move |core| {
        let mut is_new = false;
        let changed = core.remembered.change(|state| is_new = add(&mut state.notices, &new));
        if let Err(reason) = changed {
            tracing::warn!(reason, "a notice is not kept");
        }
        is_new
    });
    if matches!(changed.await, Ok(true)) {
        core.tell(Event::Noticed { notice: made });
    }
}

/// Adds a notice, unless the same was told within its period.
fn add(list: &mut Vec<serde_json::Value>, made: &KeptNotice) -> bool {
    let is_told = |old: &KeptNotice| {
        let again = old.at.saturating_add(i64::try_from(old.period_seconds).unwrap_or(i64::MAX));
        old.kind == made.kind && old.subject == made.subject && made.at < again
    };
    if kept(list).iter().any(is_told) {
        return false;
    }
    list.push(serde_json::to_value(made).unwrap_or_default());
    let beyond = list.len().saturating_sub(MOST);
    list.drain(..beyond);
    true
}

/// What of the list this version understands.
fn kept(list: &[serde_json::Value]) -> Vec<KeptNotice> {
    list.iter().filter_map(|json| serde_json::from_value(json.clone()).ok()).collect()
}

/// What a settled row has to tell besides its cost.
pub(crate) fn of_row(row: &RequestRow) -> Option<Event> {
    if row.http_status == Some(402) {
        let words = row.error_message.clone().unwrap_or_else(|| "OpenRouter wants credits".to_owned());
        return Some(Event::Credits { is_spent: true, message: words });
    }
    let decision = serde_json::from_str::<Decision>(row.decision.as_ref()?.as_str()).ok()?;
    let (meant, answered) = (decision.targets.into_iter().next()?, row.target.clone()?);
    (row.status == Status::Ok && meant != answered).then_some(Event::FellBack { meant, answered })
}

/// What the upstream's words about the key have to tell.
pub(crate) fn of_account(key: &KeyInfo) -> Option<Event> {
    let (limit, left) = (key.limit?, key.limit_remaining?);
    let is_spent = left <= NanoUsd::ZERO;
    if !is_spent && left.nanos() >= limit.nanos() / LOW_PART {
        return None;
    }
    let (limit, left) = (limit.display(), NanoUsd(left.nanos().max(0)).display());
    let resets = key.limit_reset.as_ref().map_or_else(String::new, |reset| format!(" ({reset})"));
    let message = format!(
        "{left} of the key's limit of {limit}{resets} is left: raise it at openrouter.ai/settings/keys"
    );
    Some(Event::Credits { is_spent, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(at: i64, subject: &str) -> KeptNotice {
        let kind = NoticeKind::Limited;
        KeptNotice { at, kind, subject: subject.to_owned(), text: "…".to_owned(), period_seconds: 60 }
    }

    #[test]
    fn the_last_hundred_are_kept_and_the_same_is_not_repeated_within_its_period() {
        let mut list = vec![serde_json::json!({"of": "another version"})];
        assert!(add(&mut list, &notice(0, "terra")));
        assert!(!add(&mut list, &notice(59, "terra")) && add(&mut list, &notice(59, "luna")));
        assert!(add(&mut list, &notice(60, "terra")));
        assert_eq!(kept(&list).len(), 3);
        (0..200).for_each(|second| assert!(add(&mut list, &notice(1_000 + second, &second.to_string()))));
        let kept = kept(&list);
        assert_eq!((kept.len(), kept[0].subject.as_str(), kept[99].subject.as_str()), (MOST, "100", "199"));
    }

    #[test]
    fn little_of_the_keys_limit_is_told() {
        let dollars = |dollars: i64| Some(NanoUsd(dollars * 1_000_000_000));
        let rows = [
            ("no limit", None, None, None),
            ("plenty", dollars(20), dollars(2), None),
            (
                "little",
                dollars(20),
                dollars(1),
                Some((false, "$1.00 of the key's limit of $20.00 (monthly)")),
            ),
            ("nothing", dollars(20), dollars(0), Some((true, "$0.00 of"))),
            ("less than nothing", dollars(20), dollars(-1), Some((true, "$0.00 of"))),
        ];
        for (name, limit, limit_remaining, expected) in rows {
            let body = r#"{"data": {"limit_reset": "monthly"}}"#;
            let body: turnpike_wire::account::KeyBody = serde_json::from_str(body).unwrap();
            let told = of_account(&KeyInfo { limit, limit_remaining, ..body.data });
            match (told, expected) {
                (None, None) => {}
                (Some(Event::Credits { is_spent, message }), Some((spent, says))) => {
                    assert_eq!(is_spent, spent, "{name}");
                    assert!(message.starts_with(says), "{name}: {message}");
                }
                (told, _) => panic!("{name}: {told:?}"),
            }
        }
    }
}
