//! `turnpike start` and `turnpike stop`

use std::io::{self, Write as _};

use turnpike_api::command::{Shutdown, Start, StateReply, Stop};

use crate::exit::Failure;
use crate::place::Place;

pub(crate) fn start(place: &Place) -> Result<(), Failure> {
    let reply = place.service()?.call(&Start::default())?;
    tell("Turnpike serves requests.", &reply)
}

pub(crate) fn stop(place: &Place, ends_service: bool) -> Result<(), Failure> {
    let client = place.service()?;
    if ends_service {
        let reply = client.call(&Shutdown::default())?;
        let wait = if reply.live == 0 {
            String::new()
        } else {
            format!(" when {} have finished", requests(reply.live))
        };
        return Ok(writeln!(io::stdout(), "The service ends{wait}.")?);
    }
    let reply = client.call(&Stop::default())?;
    let finishing =
        if reply.live == 0 { String::new() } else { format!(" {} still finish.", requests(reply.live)) };
    tell(
        &format!(
            "Turnpike is stopped: each request is told so. Start it again with `turnpike start`.{finishing}"
        ),
        &reply,
    )
}

fn tell(sentence: &str, reply: &StateReply) -> Result<(), Failure> {
    writeln!(io::stdout(), "{sentence}")?;
    if let Some(reason) = &reply.not_kept {
        let _ = writeln!(io::stderr(), "turnpike: {reason}");
    }
    Ok(())
}

fn requests(count: usize) -> String {
    if count == 1 { "1 request".to_owned() } else { format!("{count} requests") }
}
