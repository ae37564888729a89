//! A simulated OpenRouter for the demo, the tests and the benchmarks.
//!
//! It speaks the upstream's API over plain HTTP on loopback, with the shapes of real recorded answers, and
//! chooses what to say by the model name: `sim/<scenario>[=value][+<modifier>[=value]]…`, for example
//! `sim/text+slice=1+delay=20ms` or `sim/error-429+retry-after=7+times=2`. Ordinary model names are played
//! by a friendly assistant that says plainly that it is simulated. It keeps a journal of every request and
//! an exact bill of what it charged, checks requests against the upstream's contract, and knows how to
//! misbehave in every way that was seen.
//!
//! ```no_run
//! # fn main() -> std::io::Result<()> {
//! let sim = turnpike_sim::Sim::start(turnpike_sim::SimConfig::default())?;
//! assert!(sim.base_url().ends_with("/api/v1"));
//! # Ok(()) }
//! ```

mod account;
mod bill;
mod clock;
mod config;
mod contract;
mod conversation;
mod deliver;
mod errors;
mod ids;
mod inference;
mod journal;
mod keys;
mod meter;
mod models;
mod oauth;
mod observe;
mod price;
mod recordings;
mod render;
mod request;
mod router;
mod scenario;
mod schema;
mod script;
mod server;
mod signature;
mod slug;
mod state;
mod ticket;

pub use bill::{Bill, BillItem};
pub use config::{SignIn, SimConfig};
pub use journal::{Connection, Entry, Fault, Outcome};
pub use scenario::words;
pub use server::{Sim, SimHandle};
pub use turnpike_wire::money::NanoUsd;

/// Every scenario's name with a sentence on what it does.
pub fn scenarios() -> impl Iterator<Item = (&'static str, &'static str)> {
    scenario::all().map(|scenario| (scenario.name, scenario.about))
}

/// Every modifier's name, an example of its value (`=20ms`, or nothing) and a sentence on what it does.
pub fn modifiers() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    slug::TABLE.iter().copied()
}
