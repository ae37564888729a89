//! Drives the supervisor on real processes: looks, starts, listens, ends. One thread decides; what may take long has
//! threads of its own, and each of them reports back.

mod look;
mod place;
mod platform;
mod process;

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use turnpike_api::command::{Shutdown, StatusReply};

pub use place::{Place, PlaceError};

use crate::supervisor::{Effect, Event, HowToEnd, Sight, Supervisor, View};

/// What the driver reports to whoever shows it.
#[derive(Clone, Debug)]
pub enum Report {
    /// How things stand now.
    Standing(Box<Standing>),
    /// From here on it is told what happens in the service.
    Listening,
    /// Something happened in the service.
    Happened(turnpike_api::Event),
    /// Nothing is tried any more; why, and what to do.
    GaveUp(String),
    /// The tray may end.
    Exit,
}

/// How things stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The service.
    pub service: Service,
    /// What it told last, while it answers.
    pub status: Option<StatusReply>,
    /// Whether the service ends with the tray: a tray has started it.
    pub ends_with_tray: bool,
}

/// The service, as [`View`] shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Service {
    /// Soon it will answer.
    Starting,
    /// It answers.
    Up,
    /// It is there and does not answer.
    Mute,
    /// It was ended in order.
    Down,
    /// Nothing is tried any more; why.
    GivenUp(String),
    /// It finishes this many requests, then the tray ends.
    Quitting(usize),
}

/// What a person may want of the supervisor.
#[derive(Clone, Debug)]
pub struct Driver {
    inbox: Sender<Message>,
}

enum Message {
    Event(Event),
    /// A look was answered, by more than the supervisor needs.
    Looked(Sight, Option<Box<StatusReply>>),
    /// The stream of the service's events is there.
    Listening,
    Happened(turnpike_api::Event),
    /// The stream of that instance's events ended.
    StreamEnded(String),
    /// Nothing is supervised any more.
    Leave,
}

struct Loop<F> {
    place: Place,
    supervisor: Supervisor,
    begun: Instant,
    outbox: Sender<Message>,
    status: Option<StatusReply>,
    /// The instance whose events are listened to.
    listening: Option<String>,
    shown: Option<Standing>,
    report: F,
}

// === impl Driver ===

impl Driver {
    /// Begins to supervise the service of that place. `report` is called on the driver's own thread.
    pub fn start<F>(place: Place, own_version: &str, report: F) -> (Self, JoinHandle<()>)
    where
        F: FnMut(Report) + Send + 'static,
    {
        let (inbox, messages) = channel();
        let driver = Self { inbox: inbox.clone() };
        let supervisor = Supervisor::new(own_version);
        let running = thread::spawn(move || {
            let state = Loop {
                place,
                supervisor,
                begun: Instant::now(),
                outbox: inbox,
                status: None,
                listening: None,
                shown: None,
                report,
            };
            state.run(&messages);
        });
        (driver, running)
    }

    /// Starts the service again after it was given up or ended.
    pub fn retry(&self) {
        self.tell(Event::Retry);
    }

    /// Looks at once: something was changed.
    pub fn look(&self) {
        self.tell(Event::Lost);
    }

    /// Ends the service if a tray has started it, then reports [`Report::Exit`]. Asked again, at once.
    pub fn quit(&self) {
        self.tell(Event::Quit);
    }

    /// Stops supervising, and leaves the service as it is.
    pub fn leave(self) {
        drop(self.inbox.send(Message::Leave));
    }

    fn tell(&self, event: Event) {
        // After the end nobody listens, and nothing is to be done.
        drop(self.inbox.send(Message::Event(event)));
    }
}

// === impl Loop ===

impl<F: FnMut(Report)> Loop<F> {
    fn run(mut self, messages: &Receiver<Message>) {
        loop {
            let now = self.begun.elapsed();
            let wait = self.supervisor.wakes_at().map(|at| at.saturating_sub(now));
            let message = match messages.recv_timeout(wait.unwrap_or(Duration::from_secs(3_600))) {
                Ok(Message::Leave) => return,
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => Message::Event(Event::Tick),
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let Some(event) = self.event_of(message) else { continue };
            let effects = self.supervisor.handle(self.begun.elapsed(), event);
            for effect in effects {
                if effect == Effect::Exit {
                    (self.report)(Report::Exit);
                    return;
                }
                self.carry_out(effect);
            }
            self.show();
        }
    }

    fn event_of(&mut self, message: Message) -> Option<Event> {
        match message {
            Message::Event(event) => Some(event),
            Message::Looked(sight, status) => {
                if let Sight::Healthy(standing) = &sight
                    && self.listening.as_ref() != Some(&standing.instance)
                {
                    self.listening = Some(standing.instance.clone());
                    look::listen(&self.place, self.outbox.clone(), standing.instance.clone());
                }
                self.status = status.map(|status| *status);
                Some(Event::Seen(sight))
            }
            Message::Listening => {
                (self.report)(Report::Listening);
                None
            }
            Message::Happened(event) => {
                use turnpike_api::Event::{CostFound, Settled, ShuttingDown};
                // What the event changed is asked for: events tell that, not what. Money can wait for the next look.
                let told = match event {
                    Settled { .. } | CostFound { .. } => None,
                    ShuttingDown => Some(Event::Ending),
                    _ => Some(Event::Lost),
                };
                (self.report)(Report::Happened(event));
                told
            }
            Message::StreamEnded(instance) => {
                if self.listening.as_ref() == Some(&instance) {
                    self.listening = None;
                }
                Some(Event::Lost)
            }
            Message::Leave => None,
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Look => look::look(&self.place, self.outbox.clone()),
            Effect::Start => process::start(&self.place, self.outbox.clone()),
            Effect::Abandon => {
                if let Some(pid) = self.place.started_pid() {
                    platform::end_process(pid);
                }
            }
            Effect::End(HowToEnd::Command) => {
                let place = self.place.clone();
                thread::spawn(move || place.connect().and_then(|client| client.call(&Shutdown::default())));
            }
            Effect::End(HowToEnd::Process { pid }) => platform::end_process(pid),
            Effect::Tell(words) => (self.report)(Report::GaveUp(words)),
            Effect::Exit => {}
        }
    }

    /// Reports how things stand, if that has changed.
    fn show(&mut self) {
        let view = self.supervisor.view();
        let ends_with_tray = matches!(view, View::Up(standing) if standing.is_ours);
        let service = match view {
            View::Starting => Service::Starting,
            View::Up(_) => Service::Up,
            View::Mute => Service::Mute,
            View::Down => Service::Down,
            View::GivenUp(words) => Service::GivenUp(words.to_owned()),
            View::Quitting { live } => Service::Quitting(live),
        };
        let status = self.status.clone().filter(|_| matches!(service, Service::Up | Service::Quitting(_)));
        let standing = Standing { service, status, ends_with_tray };
        if self.shown.as_ref() != Some(&standing) {
            self.shown = Some(standing.clone());
            (self.report)(Report::Standing(Box::new(standing)));
        }
    }
}
