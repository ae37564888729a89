//! Claude Code's own settings file, of which a few keys are ours for as long as it is connected.
//!
//! * [`text`] is pure: from a text and what is wanted to a new text and a record, and back again. Every byte that is not
//!   ours stays where it is.
//! * [`SettingsPlace`] finds the file; [`Connections`] keeps the records. Of the two writes the record's comes first on
//!   the way there and last on the way back, so that a crash between them loses nothing.

mod connections;
mod error;
mod file;
mod place;
mod record;
#[cfg(test)]
mod tests;
pub mod text;

pub use connections::{Change, Connections, Done, Standing, Suspended};
pub use error::SettingsError;
pub use file::SettingsText;
pub use place::SettingsPlace;
pub use record::{ConnectOptions, Connection};
