//! How a budget stands, for headers and people.

use turnpike_wire::money::NanoUsd;

use crate::limits::{Action, Scope};
use crate::window::{Span, Window};

/// One cap and what of it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetLine {
    /// Whose budget.
    pub scope: Scope,
    /// For how long.
    pub span: Span,
    /// Since and until when.
    pub window: Window,
    /// The cap as configured; `None` where there is none and only the sum is told.
    pub cap: Option<NanoUsd>,
    /// What it was raised by until the window ends.
    pub raised: NanoUsd,
    /// What settled requests cost.
    pub settled: NanoUsd,
    /// What is reserved for requests under way.
    pub reserved: NanoUsd,
    /// What happens at the cap.
    pub action: Action,
}

/// The budget that matters most to somebody: the one of which the largest part is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing(
    /// Its line; it has a cap.
    pub BudgetLine,
);

// === impl BudgetLine ===

impl BudgetLine {
    /// The cap with what it was raised by.
    #[must_use]
    pub fn cap_now(&self) -> Option<NanoUsd> {
        self.cap.map(|cap| cap.saturating_add(self.raised))
    }

    /// What is settled in thousandths of the cap; a cap of nothing is used up from the start.
    #[must_use]
    pub fn permille(&self) -> Option<u64> {
        let cap = self.cap_now()?;
        Some(permille(self.settled, cap))
    }

    /// Whether all of it is used; `false` without a cap.
    #[must_use]
    pub fn is_used_up(&self) -> bool {
        self.cap_now().is_some_and(|cap| self.settled.saturating_add(self.reserved) >= cap)
    }
}

/// `part` in thousandths of `whole`, rounded down.
pub(crate) fn permille(part: NanoUsd, whole: NanoUsd) -> u64 {
    if whole <= NanoUsd::ZERO {
        return 1_000;
    }
    let part = i128::from(part.nanos().max(0)) * 1_000 / i128::from(whole.nanos());
    u64::try_from(part).unwrap_or(u64::MAX)
}
