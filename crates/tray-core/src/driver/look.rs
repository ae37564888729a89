//! Looking for the service, and listening to it. Each on a thread of its own, since each may wait.

use std::sync::mpsc::Sender;
use std::thread;

use turnpike_api::command::{ProxyState, Status, StatusReply};
use turnpike_api::{API_VERSION, ClientError, ControlFile};

use super::{Message, Place};
use crate::supervisor::{Sight, Standing};

/// Asks how the service fares, and reports what was found.
pub(super) fn look(place: &Place, outbox: Sender<Message>) {
    let place = place.clone();
    thread::spawn(move || {
        let (sight, status) = sight(&place);
        drop(outbox.send(Message::Looked(sight, status.map(Box::new))));
    });
}

/// Listens to that instance until its stream ends.
pub(super) fn listen(place: &Place, outbox: Sender<Message>, instance: String) {
    let place = place.clone();
    thread::spawn(move || {
        if let Ok(client) = place.connect()
            && client.control_file().instance == instance
            && let Ok(events) = client.events()
        {
            drop(outbox.send(Message::Listening));
            for event in events {
                if outbox.send(Message::Happened(event)).is_err() {
                    return;
                }
            }
        }
        drop(outbox.send(Message::StreamEnded(instance)));
    });
}

fn sight(place: &Place) -> (Sight, Option<StatusReply>) {
    let answered = place.connect().and_then(|client| client.call(&Status::default()));
    match answered {
        Ok(status) => (Sight::Healthy(standing(place, &status)), Some(status)),
        Err(ClientError::NotRunning(_)) => (Sight::Nobody, None),
        Err(ClientError::Version { found, .. }) => {
            let pid = ControlFile::read(&place.control_file()).map(|file| file.pid).unwrap_or_default();
            (Sight::OtherApi { pid, is_older: found < API_VERSION }, None)
        }
        Err(error) => (Sight::Mute(error.to_string()), None),
    }
}

fn standing(place: &Place, status: &StatusReply) -> Standing {
    Standing {
        instance: status.instance.clone(),
        pid: status.pid,
        version: status.version.clone(),
        live: status.live.len(),
        is_ending: status.state == ProxyState::ShuttingDown,
        is_ours: place.started_pid() == Some(status.pid),
    }
}
