//! Costs that an answer did not tell: cut streams, and requests that a dead instance had left open. They are
//! asked for later, by generation id, and put into their rows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep_until};
use turnpike_ledger::{
    Cost, CostFound, CostSource, Ledger, LedgerEvent, OpenReport, RequestRow, RowId, Usage, unix_nanos,
};
use turnpike_upstream::AccountError;
use turnpike_wire::account::Generation;

use crate::core::Core;

/// Which of the waits comes before a question that could not be put.
const POSTPONED: usize = 3;
/// How far back estimates of earlier runs are looked up.
const LOOK_BACK: Duration = Duration::from_secs(2 * 24 * 3_600);
/// Questions in a row that are put off because the upstream cannot be asked: at a minute each, as long as that.
const MOST_PUT_OFF: u32 = 2 * 24 * 60;
/// Requests whose cost may be open at once; beyond that the newest wait for the next start.
const MOST_OPEN: usize = 10_000;

/// A generation of a row. A request that fell back may have several.
type Part = (RowId, String);

/// One cost that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    /// How often it was asked for.
    tries: usize,
    /// How often in a row it was put off.
    put_off: u32,
    next: Instant,
}

/// What is looked for.
#[derive(Debug)]
struct Open {
    /// How long after the end of a request each question comes.
    waits: [Duration; 6],
    wanted: BTreeMap<Part, Wanted>,
}

// === impl Open ===

impl Open {
    const fn new(waits: [Duration; 6]) -> Self {
        Self { waits, wanted: BTreeMap::new() }
    }

    fn add(&mut self, part: Part, now: Instant) {
        if self.wanted.len() < MOST_OPEN {
            let wanted = Wanted { tries: 0, put_off: 0, next: now + self.waits[0] };
            self.wanted.entry(part).or_insert(wanted);
        }
    }

    fn next(&self) -> Option<Instant> {
        self.wanted.values().map(|wanted| wanted.next).min()
    }

    /// One whose time has come.
    fn due(&self, now: Instant) -> Option<Part> {
        let due = self.wanted.iter().filter(|(_, wanted)| wanted.next <= now);
        due.min_by_key(|(_, wanted)| wanted.next).map(|(part, _)| part.clone())
    }

    /// It was not told yet; after the last try the estimate stays.
    fn missed(&mut self, part: &Part, now: Instant) {
        let Some(wanted) = self.wanted.get_mut(part) else { return };
        wanted.tries += 1;
        wanted.put_off = 0;
        match self.waits.get(wanted.tries) {
            Some(wait) => wanted.next = now + *wait,
            None => {
                self.wanted.remove(part);
            }
        }
    }

    /// It cannot be asked for now, through no fault of its own.
    fn postpone(&mut self, part: &Part, now: Instant) {
        let Some(wanted) = self.wanted.get_mut(part) else { return };
        wanted.put_off += 1;
        wanted.next = now + self.waits[POSTPONED];
        if wanted.put_off > MOST_PUT_OFF {
            self.wanted.remove(part);
        }
    }

    fn found(&mut self, part: &Part) {
        self.wanted.remove(part);
    }
}

/// Looks costs up until the service ends.
pub(crate) async fn run(core: Arc<Core>, mut events: Receiver<LedgerEvent>, report: OpenReport) {
    let mut ending = core.ending();
    let mut open = Open::new(core.pace.cost_lookups);
    let now = Instant::now();
    for row in report.interrupted {
        row.generations.into_iter().for_each(|generation_id| open.add((row.id, generation_id), now));
    }
    add_unsettled(&mut open, &core.ledger).await;
    loop {
        let next = open.next();
        let due = async move {
            match next {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = ending.wait() => return,
            event = events.recv() => match event {
                Ok(LedgerEvent::Settled(settled)) => {
                    settled.rows.iter().for_each(|row| add_row(&mut open, row));
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => add_unsettled(&mut open, &core.ledger).await,
                Err(RecvError::Closed) => return,
            },
            () = due => ask(&core, &mut open).await,
        }
    }
}

fn add_row(open: &mut Open, row: &RequestRow) {
    if row.cost.source == CostSource::Estimate {
        let now = Instant::now();
        row.unsettled_generations().for_each(|generation_id| open.add((row.id, generation_id), now));
    }
}

/// Estimates that are on disk: those of earlier runs, and those whose event was missed.
async fn add_unsettled(open: &mut Open, ledger: &Ledger) {
    let reader = ledger.reader().clone();
    let since = std::time::SystemTime::now().checked_sub(LOOK_BACK).map_or(0, unix_nanos);
    let rows = tokio::task::spawn_blocking(move || reader.unsettled_costs(since)).await;
    match rows {
        Ok(Ok(rows)) => {
            let now = Instant::now();
            rows.into_iter().for_each(|row| open.add((row.id, row.generation_id), now));
        }
        Ok(Err(error)) => tracing::warn!(%error, "open costs cannot be read from the ledger"),
        Err(error) => tracing::error!(%error, "reading open costs failed"),
    }
}

async fn ask(core: &Core, open: &mut Open) {
    let Some(part) = open.due(Instant::now()) else { return };
    let Some(key) = core.keys.key() else { return open.postpone(&part, Instant::now()) };
    let (id, generation_id) = &part;
    let answer = core.upstream.generation(key.expose(), generation_id).await;
    let now = Instant::now();
    match answer {
        Ok(Some(generation)) => match found(&generation).filter(|_| is_of(&generation, generation_id)) {
            Some(cost) => {
                core.ledger.amend_cost(*id, CostFound { generation_id: Some(generation_id.clone()), ..cost });
                open.found(&part);
            }
            None => open.missed(&part, now),
        },
        Ok(None) => open.missed(&part, now),
        Err(error) => {
            tracing::debug!(row = %id, %error, "a cost could not be looked up yet");
            if says_nothing(&error) { open.postpone(&part, now) } else { open.missed(&part, now) }
        }
    }
}

/// Whether that is no answer to the question: what cut a stream may keep the upstream out of reach for hours.
const fn says_nothing(error: &AccountError) -> bool {
    matches!(
        error,
        AccountError::Transport(_) | AccountError::Refused { status: 401 | 408 | 429 | 500..=599, .. }
    )
}

/// Whether it is the one that was asked for; some do not say.
fn is_of(generation: &Generation, id: &str) -> bool {
    generation.id.is_empty() || generation.id == id
}

/// What a generation tells about its row; `None` while it has no cost.
fn found(generation: &Generation) -> Option<CostFound> {
    let amount = generation.total_cost?;
    let byok = generation.upstream_inference_cost.filter(|_| generation.is_byok == Some(true));
    let byok = byok.unwrap_or_default();
    let count = |tokens: Option<u64>| tokens.and_then(|tokens| i64::try_from(tokens).ok()).unwrap_or(0);
    let prompt = count(generation.native_tokens_prompt);
    let cached = count(generation.native_tokens_cached).min(prompt);
    let usage = generation.native_tokens_prompt.map(|_| Usage {
        input_tokens: prompt - cached,
        output_tokens: count(generation.native_tokens_completion),
        cache_read_tokens: cached,
        reasoning_tokens: count(generation.native_tokens_reasoning),
        ..Usage::default()
    });
    Some(CostFound {
        generation_id: None,
        cost: Cost { byok, ..Cost::of(amount, CostSource::LookedUp) },
        usage,
        served_model: generation.model.clone(),
        provider: generation.provider_name.clone(),
    })
}

#[cfg(test)]
mod tests {
    use turnpike_wire::money::NanoUsd;

    use super::*;
    use crate::pace::Pace;

    const SECONDS: [u64; 6] = [1, 4, 15, 60, 300, 1_800];
    const WAITS: [Duration; 6] = {
        let [a, b, c, d, e, f] = SECONDS;
        let of = Duration::from_secs;
        [of(a), of(b), of(c), of(d), of(e), of(f)]
    };

    fn part(number: i64) -> Part {
        (RowId::new(number), format!("gen-{number}"))
    }

    #[tokio::test(start_paused = true)]
    async fn each_is_asked_for_a_few_times_later_and_later() {
        assert_eq!(Pace::default().cost_lookups, WAITS);
        let mut open = Open::new(WAITS);
        let start = Instant::now();
        open.add(part(7), start);
        let mut asked = Vec::new();
        while let Some(at) = open.next() {
            assert_eq!(open.due(at), Some(part(7)));
            asked.push((at - start).as_secs());
            open.missed(&part(7), at);
        }
        assert_eq!(asked, [1, 5, 20, 80, 380, 2_180]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_one_that_waits_longest_comes_first_and_what_is_found_is_done() {
        let mut open = Open::new(WAITS);
        let start = Instant::now();
        open.add(part(2), start);
        open.add(part(1), start + Duration::from_millis(500));
        assert_eq!(open.due(start), None);
        let later = start + Duration::from_secs(2);
        assert_eq!(open.due(later), Some(part(2)));
        open.postpone(&part(2), later);
        assert_eq!(open.due(later), Some(part(1)));
        open.found(&part(1));
        assert_eq!(open.next(), Some(later + WAITS[POSTPONED]));
    }

    #[tokio::test(start_paused = true)]
    async fn an_upstream_out_of_reach_uses_up_no_question() {
        let (mut open, now) = (Open::new(WAITS), Instant::now());
        open.add(part(7), now);
        for _ in 0..MOST_PUT_OFF {
            open.postpone(&part(7), now);
        }
        assert_eq!(
            open.wanted[&part(7)],
            Wanted { tries: 0, put_off: MOST_PUT_OFF, next: now + WAITS[POSTPONED] }
        );
        open.postpone(&part(7), now);
        assert_eq!(open.next(), None, "it ends after two days");
        let refused = |status| AccountError::Refused { status, message: String::new() };
        for (status, says) in
            [(401, false), (404, true), (400, true), (429, false), (500, false), (503, false)]
        {
            assert_eq!(!says_nothing(&refused(status)), says, "{status}");
        }
    }

    #[test]
    fn another_generation_is_no_answer() {
        for (id, is_it) in [("gen-1", true), ("", true), ("gen-2", false)] {
            let generation = Generation { id: id.to_owned(), ..Generation::default() };
            assert_eq!(is_of(&generation, "gen-1"), is_it, "{id}");
        }
    }

    #[test]
    fn what_the_provider_bills_to_a_key_of_the_users_own_is_found_too() {
        for (is_byok, byok) in [(Some(true), 70), (Some(false), 0), (None, 0)] {
            let (total_cost, upstream_inference_cost) = (Some(NanoUsd(3)), Some(NanoUsd(70)));
            let generation =
                Generation { total_cost, is_byok, upstream_inference_cost, ..Generation::default() };
            let cost = found(&generation).unwrap().cost;
            assert_eq!((cost.amount, cost.byok), (NanoUsd(3), NanoUsd(byok)), "{is_byok:?}");
        }
    }

    #[test]
    fn a_generation_becomes_a_cost_once_it_has_one() {
        assert!(found(&Generation::default()).is_none());
        let generation = Generation {
            total_cost: Some(NanoUsd(420)),
            native_tokens_prompt: Some(100),
            native_tokens_cached: Some(60),
            native_tokens_completion: Some(9),
            ..Generation::default()
        };
        let found = found(&generation).unwrap();
        assert_eq!(found.cost, Cost::of(NanoUsd(420), CostSource::LookedUp));
        let usage = found.usage.unwrap();
        assert_eq!((usage.input_tokens, usage.cache_read_tokens, usage.output_tokens), (40, 60, 9));
    }
}
