//! The list of control commands and events, their types, and a small client.
//!
//! [`COMMANDS`] is the one list: a command's name, what it takes and what it answers. The service implements
//! [`Handler`], which has one method for each, so a command that nobody carries out does not compile; the
//! server's table and the client's calls come from the same list.
//!
//! Whoever asks the control plane reads [`ControlFile`], lets the server prove that it knows the file's secret
//! ([`proof`]), and only then shows that secret as its bearer token. [`Client`] does all of it.

pub mod client;
pub mod command;
mod commands;
mod control_file;
mod error;
mod event;
mod launch;
pub mod notice;
pub mod proof;
mod secret_text;
#[cfg(test)]
mod typescript;

pub use client::{Client, ClientError, Happenings};
pub use commands::{COMMANDS, Command, CommandInfo, Handler, dispatch};
pub use control_file::{ControlFile, ControlFileError};
pub use error::{ApiError, ErrorCode};
pub use event::Event;
pub use launch::{ARENAS, Launched};
pub use secret_text::SecretText;

/// The number of this API. A client and a service with different numbers do not talk: one of them is from before
/// an update.
pub const API_VERSION: u32 = 1;

/// Below this path stand the commands: `POST /api/<name>`.
pub const COMMAND_PATH: &str = "/api/";

/// The header by which a program says what the audit is to call it: `cli` or `tray`.
pub const CALLER_HEADER: &str = "x-turnpike-caller";

/// Where events are listened to: `GET /events`.
pub const EVENT_PATH: &str = "/events";

/// Where the server proves itself: `POST /proof`.
pub const PROOF_PATH: &str = "/proof";
