//! Budgets: what may be spent in a day, a week and a month, by all, by one client and in one project.
//!
//! [`Counters`] hold what was spent in the windows of time that are open now, for everybody who spends, so that a
//! changed configuration needs no look at the ledger. A request is let in while what is settled and what is reserved
//! for requests under way is below each cap that stops; its own reservation then counts for the next one. So
//! parallel requests overrun a cap by no more than what was in flight.
//!
//! [`Rate`] counts requests instead of money, for those who may make so many in a minute.
//!
//! Nothing here looks at a clock: each call is told the time. A time earlier than one told before is taken for that
//! one, so a clock that is set back opens no window again.

mod counters;
mod late;
mod limits;
mod median;
mod rate;
mod standing;
mod window;

pub use counters::{Counters, Crossing, Refusal, Reserved, Seed, Spender, Sums};
pub use limits::{Action, Caps, Limit, Limits, Raise, Scope};
pub use median::OutputMedians;
pub use rate::Rate;
pub use standing::{BudgetLine, Standing};
pub use window::{Span, Window, windows};
