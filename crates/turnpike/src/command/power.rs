//! `turnpike start` and `turnpike stop`

use std::io::{self, Write as _};
use std::time::Duration;

use turnpike_api::command::{Shutdown, Start, StateReply, Stop};

use crate::exit::Failure;
use crate::own;
use crate::place::Place;
use crate::runtime;

/// How long a service without requests may take to end, and how often one looks.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(20);

pub(crate) fn start(place: &Place) -> Result<(), Failure> {
    let reply = place.service()?.call(&Start::default())?;
    tell("Turnpike serves requests.", &reply)
}

pub(crate) fn stop(place: &Place, ends_service: bool) -> Result<(), Failure> {
    let client = place.service()?;
    if ends_service {
        let reply = client.call(&Shutdown::default())?;
        if reply.live > 0 {
            let running = requests(reply.live);
            return Ok(writeln!(io::stdout(), "The service ends when {running} have finished.")?);
        }
        // What comes next mostly wants the data folder for itself.
        let ended = async { tokio::time::timeout(PATIENCE, end(place)).await };
        let has_ended = runtime::start()?.block_on(ended).is_ok();
        let sentence = if has_ended { "The service has ended." } else { "The service ends." };
        return Ok(writeln!(io::stdout(), "{sentence}")?);
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

/// Waits until the service has let go of its data folder.
async fn end(place: &Place) {
    while place.data_dir.lock().is_err() {
        tokio::time::sleep(LOOK).await;
    }
}

fn tell(sentence: &str, reply: &StateReply) -> Result<(), Failure> {
    writeln!(io::stdout(), "{}", own::lines(sentence))?;
    if let Some(reason) = &reply.not_kept {
        let _ = writeln!(io::stderr(), "turnpike: {reason}");
    }
    Ok(())
}

fn requests(count: usize) -> String {
    if count == 1 { "1 request".to_owned() } else { format!("{count} requests") }
}
