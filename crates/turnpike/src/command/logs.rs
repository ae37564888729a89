//! `turnpike logs`
//!
//! The files are read as they are, so it works with and without a running service.

use std::io::{self, Write as _};
use std::time::Duration;

use turnpike_api::command::SetLogLevel;
use turnpike_control::log::LogFolder;

use crate::cli::LogsArgs;
use crate::exit::Failure;
use crate::place::Place;
use crate::runtime;
use crate::table::printable;

/// How often new lines are looked for.
const PERIOD: Duration = Duration::from_millis(200);
/// Lines that one look brings at most.
const MOST_LINES: usize = 1_000;

pub(crate) fn run(place: &Place, args: &LogsArgs) -> Result<(), Failure> {
    if let Some(level) = args.level {
        let reply = place.service()?.call(&SetLogLevel { level: level.as_str().to_owned() })?;
        let _ = writeln!(
            io::stderr(),
            "turnpike: the service logs at level {} (before: {}).",
            reply.level,
            reply.before
        );
        if !args.follow {
            return Ok(());
        }
    }
    let folder = LogFolder::new(place.data_dir.logs());
    let unreadable = |error: io::Error| {
        Failure::plain(format!("the log in {} cannot be read ({error})", folder.path().display()))
    };
    let tail = folder.last_lines(args.lines).map_err(unreadable)?;
    show(&tail.lines)?;
    if !args.follow {
        return Ok(());
    }
    let mut place = tail.next;
    runtime::start()?.block_on(async {
        loop {
            let tail = folder.lines_after(place, MOST_LINES).map_err(unreadable)?;
            show(&tail.lines)?;
            if tail.next == place {
                tokio::time::sleep(PERIOD).await;
            }
            place = tail.next;
        }
    })
}

fn show(lines: &[String]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for line in lines {
        writeln!(out, "{}", printable(line))?;
    }
    Ok(out.flush()?)
}
