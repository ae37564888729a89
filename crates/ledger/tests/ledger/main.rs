//! The ledger as its users meet it: a file on disk, a writer that may fail, a process that may die.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests: what they did not expect may stop them, and a child tells its parent on stdout"
)]

mod amending;
mod copying;
mod counting;
#[cfg(target_os = "linux")]
mod crash;
mod disk;
mod finding;
mod opening;
mod outcomes;
mod power;
mod pruning;
mod speed;
mod spend;
mod sums;
mod support;
mod whole;
