//! Starting the service: by its unit where there is one, else as a process of its own.

use std::sync::mpsc::Sender;
use std::thread;

use turnpike_api::Launched;

use super::{Message, Place, platform};
use crate::supervisor::{Ended, Event};

/// Starts it, and reports its end.
pub(super) fn start(place: &Place, outbox: Sender<Message>) {
    let place = place.clone();
    thread::spawn(move || drop(outbox.send(Message::Event(run(&place)))));
}

/// Its whole life.
fn run(place: &Place) -> Event {
    if place.is_default()
        && let Some(asked) = platform::start_unit()
    {
        return match asked {
            Ok(()) => Event::Handed,
            Err(words) => Event::StartFailed(words),
        };
    }
    let failed = |error: std::io::Error| {
        let program = place.program().display();
        Event::StartFailed(format!("{program} cannot be started ({error}): install Turnpike again"))
    };
    if let Err(error) = make_private(place) {
        return failed(error);
    }
    let mut launched = match Launched::start(place.program(), place.data_dir()) {
        Ok(launched) => launched,
        Err(error) => return failed(error),
    };
    let pid = launched.pid();
    place.remember_started(pid);
    let code = launched.wait().ok().and_then(|status| status.code());
    // One that was killed said nothing of its end: its last words are of something else.
    Event::Ended(Ended { pid, code, words: code.and_then(|_| launched.words()) })
}

/// The data folder, for its owner alone.
fn make_private(place: &Place) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(place.data_dir())
}
