//! The structure of the repository, kept by tests: which crate may know which, how long a file may be,
//! what a lock file and a path may say, and that every promise in `tests/HOLDS.md` names a test that exists.

#![expect(clippy::expect_used, clippy::panic, reason = "these are tests: a broken checkout may stop them")]

mod arrows;
mod files;
mod holds;
mod locks;
mod paths;
mod tree;
