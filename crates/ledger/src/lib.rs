//! The ledger: one exact row for each request, in SQLite.
//!
//! A request's way is [`Ledger::begin`] when it is accepted, [`Ledger::progress`] when something becomes
//! known, [`Ledger::settle`] in every outcome. All three only enqueue: one writer thread owns the disk and
//! commits what has gathered in one transaction. While the disk fails, rows wait in memory, up to a bound;
//! beyond it they are counted as lost, and [`Ledger::health`] says so. Questions go to [`LedgerReader`],
//! which has connections of its own.
//!
//! Invariants:
//! * Each accepted request has exactly one row. The first settlement counts, a second one is ignored.
//! * Money is integers of nano-dollars from the caller to the sum; a sum that does not fit is an error.
//! * [`LedgerEvent`]s come after the commit. They may be missed by a slow listener; money never depends on them.
//! * Sums are written by the writer alone, in the transaction of the rows that they count.
//! * A damaged file is noticed, told of and kept aside: at opening, or while it is in use when it is large.
//! * A database with a newer schema, or of another program, is never written to.

mod attempt;
mod audit;
mod check;
mod connection;
mod copy;
mod entry;
mod error;
mod event;
mod file;
mod health;
mod json_text;
mod ledger;
mod open;
mod query;
mod reader;
mod row;
mod schema;
mod sums;
mod table;
mod vocabulary;
mod whole;
mod writer;

pub use attempt::{Attempt, Spent};
pub use audit::{ActionRow, NewAction, note_action};
pub use check::{Checked, SetAside};
pub use copy::{backup, restore};
pub use entry::{Cost, CostFound, NewRequest, Progress, Settlement, Usage};
pub use error::{FlushTimeout, LedgerError};
pub use event::{LedgerEvent, SettledRows};
pub use health::{Health, Lost, Stall, StallReason, WriterState};
pub use json_text::JsonText;
pub use ledger::Ledger;
pub use open::{OpenOptions, OpenReport};
pub use query::dimension::{CalendarUnit, Dimension, Facet, UnknownDimension};
pub use query::find::{FindQuery, Found};
pub use query::latency::{Percentiles, Speed};
pub use query::period::{BadPeriod, Period};
pub use query::receipt::SessionReceipt;
pub use query::recent::Page;
pub use query::share::ModelShare;
pub use query::snapshot::Snapshot;
pub use query::soundness::Soundness;
pub use query::spend::{SpendQuery, SpendReport, SpendRow};
pub use query::totals::Totals;
pub use reader::LedgerReader;
pub use row::{InstanceId, RequestRow, RowId, unix_nanos};
pub use table::count::CountedPrompt;
pub use table::request::{DatedBefore, Interrupted, UnsettledCost};
pub use vocabulary::{CostSource, Mode, Outcome, Status, UnknownWord};
