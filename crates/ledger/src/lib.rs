//! The ledger: one exact row for each request, in SQLite.
