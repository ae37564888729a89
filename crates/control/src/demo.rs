//! The demo beside the running service, for whoever has no key yet: a program of its own, on a folder of its own, so that
//! nothing of the user's is read or written.

use std::io::{self, BufRead as _, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use turnpike_api::command::PageLink;
use turnpike_api::{ApiError, ErrorCode, SecretText};

use crate::core::Core;
use crate::web::CODE_LIFE;

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is the service's alone.
const PRIVATE: [&str; 2] = ["OPENROUTER_API_KEY", "OPENROUTER_API_KEY_FILE"];

/// The demo that runs, if one does.
#[derive(Debug, Default)]
pub(crate) struct Demo {
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    /// Its standard input is held open: when the service ends, however it does, the demo ends.
    child: Child,
    page: String,
}

// === impl Demo ===

impl Demo {
    /// Base URL of its page, while it runs.
    pub(crate) fn page(&self) -> Option<String> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let has_ended = |running: &mut Running| !matches!(running.child.try_wait(), Ok(None));
        if running.as_mut().is_some_and(has_ended) {
            *running = None;
        }
        running.as_ref().map(|running| running.page.clone())
    }

    /// Ends it, if it runs; nobody waits for that.
    pub(crate) fn end(&self) {
        if let Some(running) = self.take() {
            thread::spawn(|| running.end());
        }
    }

    fn take(&self) -> Option<Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Starts it, and gives a link into its page.
    fn start(&self) -> io::Result<String> {
        self.take().into_iter().for_each(Running::end);
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["demo", "--until-closed", "--link"]);
        for name in PRIVATE {
            command.env_remove(name);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        hide(&mut command);
        let mut child = command.spawn()?;
        match first_line(child.stdout.take()) {
            Ok(link) => {
                let page = link.split("/login").next().unwrap_or_default().to_owned();
                let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
                *running = Some(Running { child, page });
                Ok(link)
            }
            Err(error) => {
                drop(child.kill());
                drop(child.wait());
                Err(error)
            }
        }
    }
}

// === impl Running ===

impl Running {
    /// Ends it. Blocks until it has ended.
    fn end(mut self) {
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}

/// Starts the demo anew. Blocks until its page can be opened.
pub(crate) fn open(core: &Core) -> Result<PageLink, ApiError> {
    let link = core.demo.start().map_err(|error| {
        let text = format!("the demo cannot be started ({error}): in a terminal, `turnpike demo` says more");
        ApiError::new(ErrorCode::Unavailable, text)
    })?;
    Ok(PageLink { url: SecretText::new(link), valid_seconds: CODE_LIFE.as_secs(), redirect_file: None })
}

/// What is written first, in time. The rest is read by nobody, and must not fill the pipe.
fn first_line(out: Option<impl Read + Send + 'static>) -> io::Result<String> {
    let mut lines = BufReader::new(out.ok_or(io::ErrorKind::BrokenPipe)?);
    let (tell, told) = channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = lines.read_line(&mut line);
        // Nobody waits any more when it took too long.
        drop(tell.send(read.map(|_| line.trim_end().to_owned())));
        drop(io::copy(&mut lines, &mut io::sink()));
    });
    match told.recv_timeout(PATIENCE) {
        Ok(Ok(line)) if line.is_empty() => Err(io::Error::other("it ended at once")),
        Ok(read) => read,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// A service without a console would open one for it.
#[cfg(windows)]
fn hide(command: &mut Command) {
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    std::os::windows::process::CommandExt::creation_flags(command, CREATE_NO_WINDOW);
}

#[cfg(not(windows))]
const fn hide(_: &mut Command) {}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn the_first_line_is_its_link_or_it_did_not_start() {
        let told =
            |text: &'static str| first_line(Some(Cursor::new(text))).map_err(|error| error.to_string());
        assert_eq!(told("http://127.0.0.1:1/login#x\nmore\n"), Ok("http://127.0.0.1:1/login#x".to_owned()));
        assert_eq!(told(""), Err("it ended at once".to_owned()));
    }
}
