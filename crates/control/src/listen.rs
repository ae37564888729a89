//! Binding the two listeners, and naming who is in the way.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

/// The port of the control plane when nothing else is chosen and it is free.
pub const CONTROL_PORT: u16 = 4118;
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1_024;

/// Why an address could not be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenFailure {
    /// Another program has the port.
    #[error("{address} is held by {holder}: end that program, or name another address with {flag}")]
    Taken {
        /// The address.
        address: SocketAddr,
        /// Who holds it, as far as it can be told.
        holder: Holder,
        /// The flag that names another address.
        flag: &'static str,
    },
    /// The system refuses it otherwise.
    #[error("cannot listen on {address} ({source}): name another address with {flag}")]
    Refused {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
        /// The flag that names another address.
        flag: &'static str,
    },
}

/// Who holds a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A process that we may look at.
    Process {
        /// Its number.
        pid: u32,
        /// Its program's name.
        name: String,
    },
    /// Another user's process, or the platform does not tell.
    Unknown,
}

// === impl Holder ===

impl Holder {
    /// Who listens on that port of this machine.
    #[must_use]
    pub fn of(port: u16) -> Self {
        match listeners::get_process_by_port(port, listeners::Protocol::TCP) {
            Ok(process) => Self::Process { pid: process.pid, name: process.name },
            Err(_) => Self::Unknown,
        }
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Process { pid, name } => write!(f, "process {pid} ({name})"),
            Self::Unknown => f.write_str("another program (of another user, most likely)"),
        }
    }
}

/// Listens on the data plane's address, and on no other when that is taken.
///
/// # Errors
/// [`ListenFailure`] names who holds the port.
pub fn data_plane(address: SocketAddr) -> Result<TcpListener, ListenFailure> {
    const FLAG: &str = "--listen, or with proxy.listen in config.toml";
    bind(address).map_err(|source| failure(address, source, FLAG))
}

/// Listens for the control plane: on the address asked for, else on port 4118, else on the one used last, else
/// on any.
///
/// # Errors
/// [`ListenFailure`] when an address was asked for and is taken, or when loopback has no port at all.
pub fn control_plane(asked: Option<SocketAddr>, last: Option<u16>) -> Result<TcpListener, ListenFailure> {
    const FLAG: &str = "--control-listen";
    if let Some(address) = asked {
        return bind(address).map_err(|source| failure(address, source, FLAG));
    }
    let on = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    for port in [Some(CONTROL_PORT), last].into_iter().flatten() {
        if let Ok(listener) = bind(on(port)) {
            return Ok(listener);
        }
    }
    bind(on(0)).map_err(|source| failure(on(0), source, FLAG))
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // On Unix a port whose last connections are still closing is free; on Windows this flag would let two
    // programs share one port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn failure(address: SocketAddr, source: io::Error, flag: &'static str) -> ListenFailure {
    if source.kind() == io::ErrorKind::AddrInUse {
        return ListenFailure::Taken { address, holder: Holder::of(address.port()), flag };
    }
    ListenFailure::Refused { address, source, flag }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loopback(port: u16) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    }

    #[tokio::test]
    async fn a_taken_port_names_its_holder_and_the_way_out() {
        let held = std::net::TcpListener::bind(loopback(0)).unwrap();
        let address = held.local_addr().unwrap();
        let told = data_plane(address).unwrap_err().to_string();
        let pid = std::process::id();
        assert!(told.starts_with(&format!("{address} is held by process {pid} (")), "{told}");
        assert!(told.contains("--listen"), "{told}");
    }

    #[tokio::test]
    async fn the_control_plane_goes_where_it_can_unless_it_was_told_where() {
        let held = std::net::TcpListener::bind(loopback(0)).unwrap();
        let taken = held.local_addr().unwrap();
        let told = control_plane(Some(taken), None).unwrap_err().to_string();
        assert!(told.contains("--control-listen"), "{told}");

        // Whether 4118 is free here is not ours to say; a second one in any case goes elsewhere.
        let first = control_plane(None, None).unwrap();
        let second = control_plane(None, Some(taken.port())).unwrap();
        let ports = [first, second].map(|listener| listener.local_addr().unwrap().port());
        assert_ne!(ports[0], ports[1]);
        assert_ne!(ports[1], taken.port());
    }

    #[tokio::test]
    async fn the_port_used_last_is_taken_again() {
        let _first = control_plane(None, None).unwrap(); // now 4118 is taken, by this or by somebody else
        // Any other program may take the port in between, but not each time.
        let taken_again = || {
            let free = bind(loopback(0)).unwrap().local_addr().unwrap().port();
            control_plane(None, Some(free)).unwrap().local_addr().unwrap().port() == free
        };
        assert!((0..10).any(|_| taken_again()));
    }
}
