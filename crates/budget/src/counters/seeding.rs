//! What counters begin with, from whoever knows what was spent before.
//!
//! Requests go on while the ledger is asked. What is settled then stands in a list of its own, with the row it has in the
//! ledger; whoever asks says which of these rows the answer holds already.

use std::collections::HashSet;

use super::{Counters, Spender, Sums, account, add, key};

/// What the ledger holds for the windows that are open.
#[derive(Clone, Debug, Default)]
pub struct Seed {
    /// Of everybody.
    pub all: Sums,
    /// By client.
    pub clients: Vec<(String, Sums)>,
    /// By project.
    pub projects: Vec<(String, Sums)>,
    /// Which of [`Counters::late_rows`] are in these sums.
    pub held: HashSet<i64>,
}

// === impl Counters ===

impl Counters {
    /// From here on what is settled is remembered until the next [`Self::seed`]: the ledger that is asked for it may not
    /// hold it yet.
    pub fn begin_seed(&mut self) {
        self.late.begin();
    }

    /// The rows of what was settled since.
    #[must_use]
    pub fn late_rows(&self) -> Vec<i64> {
        self.late.rows()
    }

    /// There is no seed after all: what was counted stays.
    pub fn give_up_seed(&mut self) {
        self.late.take();
    }

    /// Takes what the ledger holds as what was settled, and what was settled meanwhile beside it. Marks that are passed
    /// by it count as told.
    pub fn seed(&mut self, seed: Seed) {
        self.all.settled = seed.all;
        for (accounts, sums) in [(&mut self.clients, seed.clients), (&mut self.projects, seed.projects)] {
            accounts.values_mut().for_each(|account| account.settled = Sums::default());
            for (name, sums) in sums {
                account(accounts, Some(&name)).settled = sums;
            }
        }
        let windows = self.windows;
        for late in self.late.take().into_iter().filter(|late| !seed.held.contains(&late.row)) {
            let who = Spender { client: late.client.as_deref(), project: late.project.as_deref() };
            self.change(who, |account| add(account, &windows, late.at, late.cost));
        }
        self.told.clear();
        let passed = self.passed(None);
        self.told.extend(passed.into_iter().map(|crossing| key(&crossing)));
    }
}
