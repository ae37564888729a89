//! `turnpike serve`

use std::io::{self, Write as _};

use turnpike_control::log::{Log, LogFolder, LogWriter, Mirror};
use turnpike_control::{EndRequests, KeyChoice, Pace, RunningService, ServeOptions, Service, Traces};
use turnpike_settings::config::LogLevel;

use crate::cli::ServeArgs;
use crate::exit::Failure;
use crate::place::Place;
use crate::runtime;

pub(crate) fn run(place: Place, args: ServeArgs) -> Result<(), Failure> {
    if args.detached {
        leave_terminal();
    }
    let mirror = if args.detached { Mirror::None } else { Mirror::StandardError };
    let level = args.log_level.unwrap_or_else(|| configured_level(&place));
    let (log, _writer) = open_log(&place, level, mirror)?;
    runtime::start()?.block_on(async {
        // Before the start: a request to end that comes during it is not lost.
        let mut ends = EndRequests::listen().map_err(|error| Failure::plain(error.to_string()))?;
        let options = ServeOptions {
            data_dir: place.data_dir,
            listen: args.listen,
            allow_remote: args.allow_remote,
            upstream: args.upstream,
            control_listen: args.control_listen,
            is_stopped: args.stopped,
            key: KeyChoice::Users,
            traces: traces(),
            log: Some(log),
            pace: Pace::default(),
        };
        let mut service = tokio::select! {
            started = Service::start(options) => started?,
            () = ends.next() => return Ok(()),
        };
        say_ready(&service);
        tokio::select! {
            () = ends.next() => {}
            () = service.ending() => {}
        }
        end(service, &mut ends).await;
        Ok(())
    })
}

/// Where spans go, as the standard's variables say. What is wrong with them stops nothing.
fn traces() -> Option<Traces> {
    Traces::from_environment(|name| std::env::var(name).ok()).unwrap_or_else(|error| {
        tracing::warn!("{error}");
        None
    })
}

/// Ends the service in order; the next request to end cuts that short.
pub(crate) async fn end(service: RunningService, ends: &mut EndRequests) {
    let live = service.live();
    if live > 0 {
        tracing::info!(
            live,
            "requests in flight may finish, for thirty seconds at most; ask again to cut them short"
        );
    }
    service.end(ends.next()).await;
}

/// The one line on standard output. Somebody may have closed it; the service goes on.
fn say_ready(service: &RunningService) {
    let mut out = io::stdout();
    let _ = writeln!(out, "turnpike: listening on {}", service.data_plane_url());
    let _ = out.flush();
}

fn configured_level(place: &Place) -> LogLevel {
    // A configuration that does not load is told of by the start itself.
    place.config_file().load().map(|loaded| loaded.config.log.level).unwrap_or_default()
}

/// Begins the log of this process. What panics is logged by its place alone: its words may hold what was sent.
fn open_log(place: &Place, level: LogLevel, mirror: Mirror) -> Result<(Log, LogWriter), Failure> {
    let folder = LogFolder::new(place.data_dir.logs());
    let path = folder.path().display().to_string();
    let (log, subscriber, writer) = Log::open(folder, level, mirror).map_err(|error| {
        Failure::plain(format!("no log can be written to {path} ({error}): make it writable"))
    })?;
    tracing::subscriber::set_global_default(subscriber).map_err(|error| Failure::plain(error.to_string()))?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a part of the program failed");
    }));
    Ok((log, writer))
}

/// A session of its own: closing the terminal or Ctrl-C in it do not reach the service.
#[cfg(unix)]
fn leave_terminal() {
    // It fails only for a process that leads a group already, and then nothing is to be left.
    let _ = rustix::process::setsid();
}

/// A session of its own; on Windows whoever starts it sees to that.
#[cfg(not(unix))]
fn leave_terminal() {}
