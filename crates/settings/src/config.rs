//! `config.toml`: its shape, its defaults, and how it is read, watched and edited.
//!
//! Everything in the file may be left out. An unknown key or a value out of its range is an error that names
//! line and key and says what to write; the configuration in force then stays. The types here are the
//! file's own: `routing` and the others have theirs, and control converts.

mod check;
mod edit;
mod error;
mod file;
mod leaf;
mod limits;
mod locate;
mod names;
mod preferences;
mod read;
mod route;
mod schema;
mod suggest;
mod typed;
mod watch;

use serde::Deserialize;

pub use edit::{ConfigEdit, EntryFor, MapPlace, NewEntry, NewMap, NewTable, RouteList, RouteValue};
pub use error::{ConfigError, EditError, Fault, Problem};
pub use file::{ConfigFile, ConfigWarning, Loaded, Revision, Started};
pub use leaf::{Listen, ListenError, Timezone};
pub use limits::{Budget, BudgetAction, Client, Project};
pub use preferences::{
    DataCollection, Effort, MaxPrice, Params, Price, ProviderPreferences, ProviderSort, Quantization,
    Verbosity,
};
pub use route::{Destination, Map, Mode, RequestClass, Rule, When};
pub use toml_edit::{InlineTable, Value};
pub use watch::ConfigWatch;

use crate::BaseUrl;

/// The newest `general.version` this program reads.
pub const CONFIG_VERSION: u32 = 1;

/// All of `config.toml`, with defaults for what it leaves out.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `[general]`.
    pub general: General,
    /// `[proxy]`.
    pub proxy: Proxy,
    /// `[upstream]`.
    pub upstream: Upstream,
    /// `[[map]]`, in the order in which they are tried.
    #[serde(rename = "map")]
    pub maps: Vec<Map>,
    /// `[[rule]]`, looked at before the maps.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
    /// `[retry]`.
    pub retry: Retry,
    /// `[budget]`.
    pub budget: Budget,
    /// `[[project]]`: budgets by working directory.
    #[serde(rename = "project")]
    pub projects: Vec<Project>,
    /// `[[client]]`: further local tokens.
    #[serde(rename = "client")]
    pub clients: Vec<Client>,
    /// `[claude]`: Claude Code's settings.
    pub claude: Claude,
    /// `[log]`.
    pub log: Log,
    /// `[notify]`.
    pub notify: Notify,
    /// `[repair]`.
    pub repair: Repair,
    /// `[retention]`.
    pub retention: Retention,
    /// `[metrics]`.
    pub metrics: Metrics,
}

// === impl Config ===

impl Config {
    /// Reads and checks a text, as that of the file is.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn of_text(text: &str) -> Result<Self, Box<Fault>> {
        read::config(text).map_err(Box::new)
    }
}

/// `[general]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct General {
    /// The form of this file.
    #[serde(deserialize_with = "leaf::version")]
    pub version: u32,
    /// Whose midnight ends a day.
    pub timezone: Timezone,
}

/// `[proxy]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Proxy {
    /// Where the data plane listens; a loopback address.
    pub listen: Listen,
    /// Most that the bodies of requests under way may hold together, in MiB; `None`: 256, or an eighth of the
    /// memory where that is less.
    #[serde(deserialize_with = "leaf::at_least_one")]
    pub max_held_mib: Option<u32>,
}

/// `[upstream]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Upstream {
    /// Where requests go; `None`: the environment or OpenRouter itself.
    #[serde(deserialize_with = "leaf::base_url")]
    pub base_url: Option<BaseUrl>,
}

/// `[retry]`: what a request may wait for before its answer begins.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retry {
    /// All waits of one request together, in seconds; 0 never waits.
    #[serde(deserialize_with = "leaf::max_wait")]
    pub max_wait_seconds: u64,
}

/// `[log]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// The least important line that is written.
    pub level: LogLevel,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Failures only.
    Error,
    /// Failures and what may become one.
    Warn,
    /// One line for each thing that happens.
    #[default]
    Info,
    /// Decisions and their reasons.
    Debug,
    /// Everything.
    Trace,
}

// === impl LogLevel ===

impl LogLevel {
    /// The word in the file, which is also the filter directive.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// `[claude]`: what becomes of Claude Code's settings while it is connected.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Claude {
    /// Whether they are taken back when the service ends, until its next start.
    pub undo_on_quit: bool,
}

/// `[notify]`: which kinds of notice are also shown by the desktop. All are kept for the page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Notify {
    /// A model reached its rate limit.
    pub limited: bool,
    /// A limited model is free again.
    pub limit_over: bool,
    /// Another target answered.
    pub fallback: bool,
    /// A budget passed one of its marks.
    pub budget: bool,
    /// OpenRouter's credits run low.
    pub credits: bool,
    /// The OpenRouter key was refused.
    pub key: bool,
    /// The service failed or was stopped.
    pub stopped: bool,
    /// An hour cost far more than usual.
    pub spike: bool,
}

/// `[repair]`: what is mended in a model's answer, each mending counted in the log entry.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Repair {
    /// Tool arguments that are nearly JSON.
    pub tool_arguments: bool,
    /// Tool calls that a model wrote as text.
    pub text_tool_calls: bool,
}

/// `[retention]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Days for which single requests are kept, then only daily sums; `None`: for ever.
    #[serde(deserialize_with = "leaf::at_least_one")]
    pub days: Option<u32>,
}

/// `[metrics]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// Whether `/metrics` answers.
    pub enabled: bool,
}

impl Default for Claude {
    fn default() -> Self {
        Self { undo_on_quit: true }
    }
}

impl Default for General {
    fn default() -> Self {
        Self { version: CONFIG_VERSION, timezone: Timezone::default() }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self { max_wait_seconds: 60 }
    }
}

impl Default for Notify {
    fn default() -> Self {
        Self {
            limited: true,
            limit_over: false,
            fallback: false,
            budget: true,
            credits: false,
            key: true,
            stopped: true,
            spike: false,
        }
    }
}

impl Default for Repair {
    fn default() -> Self {
        Self { tool_arguments: true, text_tool_calls: true }
    }
}

#[cfg(test)]
mod tests;
