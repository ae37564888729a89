//! What was spent in the windows that are open now, and who is let in.
//!
//! ```text
//!   admit ──▶ Reserved ──settle──▶ counted, marks that were passed are told once
//!     └──▶ Refusal
//! ```

mod seeding;

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use turnpike_wire::money::NanoUsd;

use crate::late::{Late, Settled};
use crate::limits::{Action, Limit, Limits, Raise, Scope};
use crate::standing::{BudgetLine, Standing, permille};
use crate::window::{Span, Window, windows};

pub use self::seeding::Seed;

/// Clients or projects that are counted apart; what comes beyond is counted with those that have no name.
const MOST_NAMES: usize = 10_000;
/// The mark that is the cap itself, in thousandths.
const CAP: u64 = 1_000;

/// Money by [`Span::index`].
pub type Sums = [NanoUsd; 3];

/// Who spends.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spender<'a> {
    /// Name of the client's token.
    pub client: Option<&'a str>,
    /// Folder the session works in.
    pub project: Option<&'a str>,
}

/// What is reserved for a request that was let in; to be given back to [`Counters::settle`].
#[derive(Debug)]
#[must_use = "what is reserved must be settled"]
pub struct Reserved {
    row: i64,
    amount: NanoUsd,
    at: Timestamp,
    client: Option<String>,
    project: Option<String>,
}

/// A request that must not be sent: this budget is used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(
    /// The budget, the one that stays used up longest.
    pub BudgetLine,
);

/// A mark that was passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// The budget.
    pub line: BudgetLine,
    /// The mark in thousandths of the cap; 1,000 is the cap itself.
    pub mark: u64,
}

/// What one of them spent.
#[derive(Clone, Copy, Debug, Default)]
struct Account {
    settled: Sums,
    reserved: NanoUsd,
}

/// The counters.
#[derive(Debug)]
pub struct Counters {
    limits: Limits,
    windows: [Window; 3],
    /// The latest time that was ever told.
    latest: Timestamp,
    all: Account,
    clients: HashMap<String, Account>,
    projects: HashMap<String, Account>,
    raises: Vec<Raise>,
    /// Marks that were told in the windows that are open.
    told: HashSet<(Scope, Span, u64)>,
    /// What is settled while the ledger is asked for a seed.
    late: Late,
}

// === impl Reserved ===

impl Reserved {
    /// The same for the request that has this row in the ledger.
    pub const fn of_row(mut self, row: i64) -> Self {
        self.row = row;
        self
    }
}

// === impl Counters ===

impl Counters {
    /// Counters of nothing yet. `latest` is the latest time that an earlier run was told.
    #[must_use]
    pub fn new(limits: Limits, now: Timestamp, latest: Timestamp) -> Self {
        let latest = now.max(latest);
        Self {
            windows: windows(latest, &limits.zone),
            limits,
            latest,
            all: Account::default(),
            clients: HashMap::new(),
            projects: HashMap::new(),
            raises: Vec::new(),
            told: HashSet::new(),
            late: Late::default(),
        }
    }

    /// The latest time that was told, for the next run.
    #[must_use]
    pub const fn latest(&self) -> Timestamp {
        self.latest
    }

    /// Whose midnight ends a day.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.limits.zone
    }

    /// The windows that are open.
    #[must_use]
    pub const fn windows(&self) -> [Window; 3] {
        self.windows
    }

    /// Takes other limits. `true` when the windows are others now and the counters want a [`Seed`].
    pub fn set_limits(&mut self, limits: Limits, now: Timestamp) -> bool {
        self.roll(now);
        self.limits = limits;
        let windows = windows(self.latest, &self.limits.zone);
        let differ = windows != self.windows;
        self.windows = windows;
        differ
    }

    /// Lets a request in and reserves for it, or says which budget is used up.
    ///
    /// # Errors
    /// [`Refusal`], when a budget that stops is used up by what is settled and reserved. Nothing is reserved then.
    pub fn admit(&mut self, now: Timestamp, who: Spender<'_>, amount: NanoUsd) -> Result<Reserved, Refusal> {
        self.roll(now);
        let lines = self.lines_of(who);
        let stops = lines.into_iter().filter(|line| line.action == Action::Stop && line.is_used_up());
        if let Some(line) = stops.max_by_key(|line| line.window.end) {
            return Err(Refusal(line));
        }
        self.change(who, |account| account.reserved += amount);
        let own = |name: Option<&str>| name.map(str::to_owned);
        Ok(Reserved { row: 0, amount, at: self.latest, client: own(who.client), project: own(who.project) })
    }

    /// Counts what a request cost, and gives the marks that it passed.
    pub fn settle(&mut self, now: Timestamp, reserved: Reserved, cost: NanoUsd) -> Vec<Crossing> {
        self.roll(now);
        let Reserved { row, amount, at, client, project } = reserved;
        let who = Spender { client: client.as_deref(), project: project.as_deref() };
        let windows = self.windows;
        self.change(who, |account| {
            account.reserved = account.reserved - amount;
            add(account, &windows, at, cost);
        });
        let crossings = self.newly_passed(who);
        self.late.note(|| Settled { row, at, client, project, cost });
        crossings
    }

    /// Corrects what a request of that time cost: `more` may be negative.
    pub fn amend(&mut self, started: Timestamp, who: Spender<'_>, more: NanoUsd) -> Vec<Crossing> {
        let windows = self.windows;
        self.change(who, |account| add(account, &windows, started, more));
        self.newly_passed(who)
    }

    /// Raises a cap until its window ends.
    ///
    /// `None` when there is no such cap.
    pub fn raise(&mut self, now: Timestamp, scope: &Scope, span: Span, by: NanoUsd) -> Option<Raise> {
        self.roll(now);
        let is_it = |limit: &&Limit| limit.scope == *scope && limit.caps[span.index()].is_some();
        self.limits.list.iter().find(is_it)?;
        let until = self.windows[span.index()].end;
        let raise = Raise { scope: scope.clone(), span, by, until };
        self.raises.push(raise.clone());
        // Marks below the new cap are news again; those that stay passed are not.
        self.told.retain(|(whose, which, _)| (whose, *which) != (scope, span));
        let passed = self.passed(None);
        self.told.extend(passed.into_iter().map(|crossing| key(&crossing)));
        Some(raise)
    }

    /// Takes raises of an earlier run; those that have ended are left out.
    pub fn restore(&mut self, raises: Vec<Raise>) {
        self.raises = raises;
        let latest = self.latest;
        self.raises.retain(|raise| raise.until > latest);
    }

    /// The raises in force.
    #[must_use]
    pub fn raises(&self) -> &[Raise] {
        &self.raises
    }

    /// How things stand for somebody: the budget of which the largest part is used. `None` without a budget.
    pub fn standing(&mut self, now: Timestamp, who: Spender<'_>) -> Option<Standing> {
        self.roll(now);
        let lines = self.lines_of(who);
        lines.into_iter().max_by_key(|line| (line.permille(), line.window.end)).map(Standing)
    }

    /// What everybody spent in each window, with the cap where there is one.
    pub fn totals(&mut self, now: Timestamp) -> [BudgetLine; 3] {
        self.totals_of(now, &Scope::All)
    }

    /// What one of them spent in each window, with the cap where there is one.
    pub fn totals_of(&mut self, now: Timestamp, scope: &Scope) -> [BudgetLine; 3] {
        self.roll(now);
        let limit = self.limits.list.iter().find(|limit| limit.scope == *scope);
        let none = Limit { scope: scope.clone(), caps: [None; 3], action: Action::Warn };
        let limit = limit.unwrap_or(&none);
        Span::ALL.map(|span| self.line(limit, span))
    }

    /// Every cap.
    pub fn lines(&mut self, now: Timestamp) -> Vec<BudgetLine> {
        self.roll(now);
        self.limits.list.iter().flat_map(|limit| self.lines_of_limit(limit)).collect()
    }

    /// Goes on to later windows, where their time has come.
    fn roll(&mut self, now: Timestamp) {
        self.latest = self.latest.max(now);
        if self.windows.iter().all(|window| self.latest < window.end) {
            return;
        }
        let next = windows(self.latest, &self.limits.zone);
        let others = Span::ALL.map(|span| next[span.index()].start != self.windows[span.index()].start);
        self.windows = next;
        let everybody =
            std::iter::once(&mut self.all).chain(self.clients.values_mut()).chain(self.projects.values_mut());
        for account in everybody {
            for (sum, other) in account.settled.iter_mut().zip(others) {
                if other {
                    *sum = NanoUsd::ZERO;
                }
            }
        }
        let in_use =
            |account: &Account| account.reserved != NanoUsd::ZERO || account.settled != Sums::default();
        self.clients.retain(|_, account| in_use(account));
        self.projects.retain(|_, account| in_use(account));
        self.told.retain(|(_, span, _)| !others[span.index()]);
        let latest = self.latest;
        self.raises.retain(|raise| raise.until > latest);
    }

    fn change(&mut self, who: Spender<'_>, change: impl Fn(&mut Account)) {
        change(&mut self.all);
        change(account(&mut self.clients, who.client));
        change(account(&mut self.projects, who.project));
    }

    fn lines_of(&self, who: Spender<'_>) -> Vec<BudgetLine> {
        let limits = self.limits.list.iter().filter(|limit| concerns(&limit.scope, who));
        limits.flat_map(|limit| self.lines_of_limit(limit)).collect()
    }

    fn lines_of_limit(&self, limit: &Limit) -> impl Iterator<Item = BudgetLine> {
        let spans = Span::ALL.into_iter().filter(|span| limit.caps[span.index()].is_some());
        spans.map(|span| self.line(limit, span))
    }

    fn line(&self, limit: &Limit, span: Span) -> BudgetLine {
        let account = self.spent(&limit.scope);
        let raised = self.raises.iter().filter(|raise| raise.scope == limit.scope && raise.span == span);
        BudgetLine {
            scope: limit.scope.clone(),
            span,
            window: self.windows[span.index()],
            cap: limit.caps[span.index()],
            raised: raised.map(|raise| raise.by).fold(NanoUsd::ZERO, NanoUsd::saturating_add),
            settled: account.settled[span.index()].max(NanoUsd::ZERO),
            reserved: account.reserved,
            action: limit.action,
        }
    }

    fn spent(&self, scope: &Scope) -> Account {
        match scope {
            Scope::All => self.all,
            Scope::Client(name) => self.clients.get(name).copied().unwrap_or_default(),
            Scope::Project(_) => {
                let below = self.projects.iter().filter(|(folder, _)| scope.holds_project(folder));
                below.fold(Account::default(), |sum, (_, account)| sum.and(account))
            }
        }
    }

    fn newly_passed(&mut self, who: Spender<'_>) -> Vec<Crossing> {
        let passed = self.passed(Some(who));
        let news: Vec<Crossing> =
            passed.into_iter().filter(|crossing| !self.told.contains(&key(crossing))).collect();
        self.told.extend(news.iter().map(key));
        // Of several marks of one cap the highest says it all.
        let highest = |crossing: &&Crossing| {
            let same = |other: &&Crossing| {
                (&other.line.scope, other.line.span) == (&crossing.line.scope, crossing.line.span)
            };
            news.iter().filter(same).all(|other| other.mark <= crossing.mark)
        };
        news.iter().filter(highest).cloned().collect()
    }

    /// All marks that are passed, told or not.
    fn passed(&self, who: Option<Spender<'_>>) -> Vec<Crossing> {
        let lines = match who {
            Some(who) => self.lines_of(who),
            None => self.limits.list.iter().flat_map(|limit| self.lines_of_limit(limit)).collect(),
        };
        let mut passed = Vec::new();
        for line in lines {
            let Some(cap) = line.cap_now() else { continue };
            let used = permille(line.settled, cap);
            let marks = self.limits.warn_at.iter().map(|mark| thousandths(*mark)).chain([CAP]);
            passed
                .extend(marks.filter(|mark| used >= *mark).map(|mark| Crossing { line: line.clone(), mark }));
        }
        passed
    }
}

// === impl Account ===

impl Account {
    fn and(self, other: &Self) -> Self {
        let mut settled = self.settled;
        settled.iter_mut().zip(other.settled).for_each(|(sum, more)| *sum = sum.saturating_add(more));
        Self { settled, reserved: self.reserved.saturating_add(other.reserved) }
    }
}

/// Adds money that was spent at a time to the windows which hold that time.
fn add(account: &mut Account, windows: &[Window; 3], at: Timestamp, cost: NanoUsd) {
    for (sum, window) in account.settled.iter_mut().zip(windows) {
        if at >= window.start {
            *sum = sum.saturating_add(cost);
        }
    }
}

fn account<'a>(accounts: &'a mut HashMap<String, Account>, name: Option<&str>) -> &'a mut Account {
    let name = name.unwrap_or_default();
    let name = if accounts.len() < MOST_NAMES || accounts.contains_key(name) { name } else { "" };
    accounts.entry(name.to_owned()).or_default()
}

fn concerns(scope: &Scope, who: Spender<'_>) -> bool {
    match scope {
        Scope::All => true,
        Scope::Client(name) => who.client == Some(name),
        Scope::Project(_) => who.project.is_some_and(|folder| scope.holds_project(folder)),
    }
}

fn key(crossing: &Crossing) -> (Scope, Span, u64) {
    (crossing.line.scope.clone(), crossing.line.span, crossing.mark)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a mark is a fraction over 0 and up to 1"
)]
fn thousandths(mark: f64) -> u64 {
    (mark * 1_000.0).round() as u64
}

#[cfg(test)]
mod tests;
