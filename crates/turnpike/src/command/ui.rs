//! `turnpike ui`

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use turnpike_api::command::{OpenPage, PageLink};

use crate::cli::UiArgs;
use crate::exit::Failure;
use crate::place::Place;

/// How long the program that opens a browser may take to say that it cannot. Some stay as long as the browser.
const OPENER_PATIENCE: Duration = Duration::from_secs(3);
/// The port of SSH that needs no saying.
const SSH_PORT: &str = "22";

pub(crate) fn run(place: &Place, args: &UiArgs) -> Result<(), Failure> {
    let client = place.service()?;
    let address = client.control_file().address.clone();
    let far_away = variable("SSH_CONNECTION");
    if !args.print && far_away.is_none() && has_screen() {
        let link = client.call(&OpenPage { redirect_file: true })?;
        if link.redirect_file.as_ref().is_some_and(|file| opens(file.into())) {
            return Ok(writeln!(io::stdout(), "Turnpike opens in your browser: http://{address}")?);
        }
        let _ = writeln!(io::stderr(), "No browser could be started. Open this link yourself:");
        return tell(&link);
    }
    let link = client.call(&OpenPage { redirect_file: false })?;
    if let Some(connection) = far_away {
        let _ = writeln!(
            io::stderr(),
            "This is a session over SSH. On the machine with your browser run\n\n  {}\n\nand then open:",
            tunnel(&address, &connection, variable("USER").as_deref()),
        );
    }
    tell(&link)
}

/// The link alone goes to standard output, for scripts.
fn tell(link: &PageLink) -> Result<(), Failure> {
    writeln!(io::stdout(), "{}", link.url.expose())?;
    let _ = writeln!(io::stderr(), "It can be used once, within {} seconds.", link.valid_seconds);
    Ok(())
}

/// Whether the system's opener took the file. The link itself is in no command line, which every user can read.
pub(super) fn opens(file: OsString) -> bool {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    let mut command = Command::new(opener);
    command.arg(file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return false };
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        // Nobody listens any more when it took longer.
        drop(tell.send(child.wait()));
    });
    match told.recv_timeout(OPENER_PATIENCE) {
        // Explorer ends with 1 also when all went well.
        Ok(Ok(status)) => status.success() || cfg!(windows),
        Ok(Err(_)) => false,
        Err(_) => true,
    }
}

/// Whether a browser would have anything to show itself on.
pub(super) fn has_screen() -> bool {
    let needs_display = cfg!(all(unix, not(target_os = "macos")));
    !needs_display || ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"].iter().any(|name| variable(name).is_some())
}

/// Whether somebody sits at another machine.
pub(super) fn is_far_away() -> bool {
    variable("SSH_CONNECTION").is_some()
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The command that brings the page's port to the machine in front of the user. `connection` is `SSH_CONNECTION`: the
/// client's address and port, then the server's.
fn tunnel(address: &str, connection: &str, user: Option<&str>) -> String {
    let port = address.rsplit(':').next().unwrap_or(address);
    let mut parts = connection.split(' ').skip(2);
    let (host, ssh_port) = (parts.next().unwrap_or("this-machine"), parts.next().unwrap_or(SSH_PORT));
    let at = user.map(|user| format!("{user}@")).unwrap_or_default();
    let other_port = if ssh_port == SSH_PORT { String::new() } else { format!("-p {ssh_port} ") };
    format!("ssh {other_port}-L {port}:127.0.0.1:{port} {at}{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tunnel_leads_to_the_same_port() {
        let rows = [
            ("192.0.2.1 51000 198.51.100.7 22", Some("ada"), "ssh -L 4118:127.0.0.1:4118 ada@198.51.100.7"),
            ("192.0.2.1 51000 2001:db8::7 2222", None, "ssh -p 2222 -L 4118:127.0.0.1:4118 2001:db8::7"),
            ("odd", Some("ada"), "ssh -L 4118:127.0.0.1:4118 ada@this-machine"),
        ];
        for (connection, user, expected) in rows {
            assert_eq!(tunnel("127.0.0.1:4118", connection, user), expected);
        }
    }
}
