//! The binary as a user meets it: codes, sentences, signals, children.

#![cfg(unix)]
#![expect(clippy::expect_used, reason = "these are tests")]

mod at_login;
mod backup;
mod capture;
mod claude;
mod client;
mod codes;
mod demo;
mod import;
mod profile;
mod run;
mod serve;
mod service;
mod spend;
mod statusline;
mod support;
mod ui;
