//! The one value that the menu is made of.

/// Everything that the menu shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrayState {
    /// Whether requests are served.
    pub power: Power,
    /// Where the data plane listens: `127.0.0.1:4117`.
    pub address: String,
    /// Why a person has to look, in one sentence.
    pub needs: Option<String>,
    /// What today cost, in nano-dollars; `None` when it is not known.
    pub today_nanos: Option<i64>,
    /// Whether a part of it is an estimate, be it of nothing.
    pub today_is_about: bool,
    /// The cap of a day, in nano-dollars.
    pub cap_nanos: Option<i64>,
    /// Free requests left today, and how many there are a day.
    pub free: Option<(u32, u32)>,
    /// Requests that run.
    pub live: Vec<LiveRow>,
    /// What those have cost so far, in nano-dollars, where it is known.
    pub live_nanos: Option<i64>,
    /// Models that are limited now.
    pub limits: Vec<Limit>,
    /// Which model answers to which role.
    pub roles: Vec<Role>,
    /// The preset in force, and those to choose from.
    pub preset: Option<Preset>,
    /// Whether Claude Code is connected; `None` while it is not known.
    pub is_connected: Option<bool>,
    /// Whether the tray starts at login; `None` where that cannot be chosen.
    pub autostart: Option<bool>,
    /// Whether the service ends with the tray, once its requests are finished.
    pub ends_service: bool,
    /// How long the service has been up and what it takes, in words; `None` while it does not answer.
    pub takes: Option<String>,
}

/// Whether requests are served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Power {
    /// There is no key yet: the first start.
    SetUpNeeded,
    /// The service starts.
    Starting,
    /// Requests are served.
    Running,
    /// Requests are answered that Turnpike is stopped.
    Stopped,
    /// The service does not run.
    Down,
    /// The service finishes this many requests, then the tray ends.
    Quitting(usize),
}

/// A request that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRow {
    /// Number of its row.
    pub id: i64,
    /// The last part of the folder that its session works in.
    pub project: Option<String>,
    /// The model that answers, for people.
    pub model: String,
    /// Output tokens a second, by estimate.
    pub tokens_per_second: u64,
}

/// A limited model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The model, for people.
    pub model: String,
    /// When it is over, on the wall clock: `14:32`.
    pub until: Option<String>,
    /// What answers instead.
    pub instead: Option<String>,
}

/// A role that a client asks for, and the model that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// As the API names it.
    pub name: String,
    /// For people: `Opus`.
    pub title: String,
    /// The model that answers, for people.
    pub target: String,
    /// Models to choose from.
    pub choices: Vec<Choice>,
}

/// The preset in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    /// For people; empty when the models are of the user's own choice.
    pub title: String,
    /// Presets to choose from.
    pub choices: Vec<Choice>,
}

/// Something to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// As the API names it.
    pub name: String,
    /// For people.
    pub title: String,
    /// Whether it is chosen now.
    pub is_current: bool,
}
