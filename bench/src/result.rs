//! What came of it: statistics of rounds, the figures with their verdicts, the tables.

pub mod figures;
pub mod report;
pub mod stats;
pub mod turns;
