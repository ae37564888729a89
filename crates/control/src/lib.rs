//! The control plane: the service's assembly, the commands' implementation, and their server.
//!
//! [`Service::start`] puts everything together: data folder, configuration, token, ledger, key, upstream, data plane,
//! control plane. [`turnpike_api::Handler`] is implemented in `handler`, one method for each command; `server` lets
//! in only this machine's own programs that know the secret of `control.json`.
//!
//! What a command does without a running service too ([`spend`], [`doctor`], [`config_edit`], [`clients`], [`log`]) is public, so
//! that the command line does the same on the files.

mod account;
mod activity;
pub mod at_login;
pub mod audit;
pub mod budget;
mod cache_misses;
pub mod called;
mod capture;
pub mod catalogue;
pub mod claude;
pub mod client_environment;
pub mod clients;
pub mod config_edit;
mod config_in_force;
mod control_json;
mod core;
mod cost_lookup;
mod counts;
mod demo;
pub mod doctor;
mod event_log;
mod footprint;
mod handler;
pub mod import;
pub mod insight;
mod keys;
mod limits;
pub mod listen;
pub mod log;
mod login;
mod metrics;
mod notices;
mod own_use;
mod pace;
pub mod presets;
mod probe;
mod retention;
mod routes;
mod server;
mod service;
pub mod shell_profile;
mod shells;
mod signals;
pub mod spend;
mod status;
mod traces;
mod web;

pub use keys::{KeyChoice, Keys};
pub use pace::Pace;
pub use service::{RunningService, ServeOptions, Service, StartError};
pub use signals::EndRequests;
pub use traces::{BadTraces, Traces};
