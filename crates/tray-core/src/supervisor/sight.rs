//! What goes into the supervisor and what comes out of it.

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// What [`Effect::Look`] has found.
    Seen(Sight),
    /// The process that [`Effect::Start`] started has ended.
    Ended(Ended),
    /// The system's own unit runs it, instead of a process of ours.
    Handed,
    /// No process could be started; a sentence.
    StartFailed(String),
    /// The service says that it ends, because somebody told it to.
    Ending,
    /// The service's stream of events broke off.
    Lost,
    /// The time of [`super::Supervisor::wakes_at`] has come.
    Tick,
    /// A person wants the service to be started.
    Retry,
    /// A person wants the tray to end; asked again, at once.
    Quit,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask whether the service is there; [`Event::Seen`] answers, always.
    Look,
    /// Start a service. [`Event::Ended`], [`Event::Handed`] or [`Event::StartFailed`] follows, always.
    Start,
    /// End the process that was started and does not answer.
    Abandon,
    /// Ask the service to end: it finishes its streams first.
    End(HowToEnd),
    /// Tell people that nothing is tried any more, and why.
    Tell(String),
    /// The tray may end.
    Exit,
}

/// How a service is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HowToEnd {
    /// By the command `shutdown`.
    Command,
    /// By a signal: it does not understand our commands, or has been asked before.
    Process {
        /// Its process.
        pid: u32,
    },
}

/// What a look has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It proved itself and answered.
    Healthy(Standing),
    /// Nobody listens.
    Nobody,
    /// Somebody listens, but does not answer as the service would: it hangs, or it is another program.
    Mute(String),
    /// It speaks another API, so it cannot be asked anything.
    OtherApi {
        /// Its process.
        pid: u32,
        /// Whether its API is older than ours.
        is_older: bool,
    },
}

/// What is known of a service that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Random name of its run.
    pub instance: String,
    /// Its process.
    pub pid: u32,
    /// Its version.
    pub version: String,
    /// Requests that run.
    pub live: usize,
    /// It finishes its streams and ends.
    pub is_ending: bool,
    /// A tray has started it.
    pub is_ours: bool,
}

/// The end of a process that was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The process.
    pub pid: u32,
    /// Its code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// The last sentence that it said.
    pub words: Option<String>,
}

/// How things stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View<'a> {
    /// Soon it will answer.
    Starting,
    /// It answers.
    Up(&'a Standing),
    /// It is there and does not answer.
    Mute,
    /// It was ended in order.
    Down,
    /// Nothing is tried any more; why.
    GivenUp(&'a str),
    /// It finishes this many requests, then the tray ends.
    Quitting {
        /// Requests that run.
        live: usize,
    },
}
