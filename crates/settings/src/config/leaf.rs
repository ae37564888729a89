//! Single values of `config.toml` that are more than a string or a number.
//!
//! A value out of its range is refused here, while its place in the file is known. What to write instead
//! stands in the table of keys (`schema`), so these errors carry no prose of their own.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use turnpike_wire::money::NanoUsd;

use crate::BaseUrl;

/// The port of the data plane when nothing else is chosen.
const DEFAULT_PORT: u16 = 4117;
/// The longest time-out, in seconds.
const LONGEST_TIMEOUT: u64 = 3_600;
/// The longest that a request may wait for its targets.
const LONGEST_WAIT: u64 = 600;

/// Where a listener binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen(SocketAddr);

/// Why a text is no address to listen on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListenError {
    /// It is not an IP address (or `localhost`) with a port.
    #[error("`{0}` is no address: write host:port like \"127.0.0.1:4117\"")]
    NotAddress(String),
    /// It would be reachable from other machines.
    #[error(
        "`{0}` can be reached from other machines: write 127.0.0.1, or give --listen together with --allow-remote"
    )]
    Remote(SocketAddr),
}

/// Whose midnight ends a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Timezone {
    /// That of the machine, whatever it is at the time.
    #[default]
    Local,
    /// A zone of the IANA database, by its name.
    Named(String),
}

// === impl Listen ===

impl Listen {
    /// Reads `host:port`, where the host is an IP address or `localhost`.
    ///
    /// # Errors
    /// When it is none, or not a loopback one and `allow_remote` is false.
    pub fn parse(text: &str, allow_remote: bool) -> Result<Self, ListenError> {
        let not_address = || ListenError::NotAddress(text.chars().take(100).collect());
        let address = match text.strip_prefix("localhost:") {
            Some(port) => SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse().map_err(|_| not_address())?)),
            None => text.parse().map_err(|_| not_address())?,
        };
        let mapped = match address.ip() {
            IpAddr::V6(six) => six.to_ipv4_mapped().map_or(IpAddr::V6(six), IpAddr::V4),
            four @ IpAddr::V4(_) => four,
        };
        if !mapped.is_loopback() && !allow_remote {
            return Err(ListenError::Remote(address));
        }
        Ok(Self(address))
    }

    /// The address to bind.
    #[must_use]
    pub const fn address(self) -> SocketAddr {
        self.0
    }
}

impl Default for Listen {
    fn default() -> Self {
        Self(SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT)))
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?, false).map_err(D::Error::custom)
    }
}

// === impl Timezone ===

impl Timezone {
    /// The zone itself; UTC for a machine that does not tell its zone.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        match self {
            Self::Local => TimeZone::system(),
            Self::Named(name) => TimeZone::get(name).unwrap_or(TimeZone::UTC),
        }
    }
}

impl<'de> Deserialize<'de> for Timezone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        if name == "local" {
            return Ok(Self::Local);
        }
        TimeZone::get(&name).map_err(D::Error::custom)?;
        Ok(Self::Named(name))
    }
}

// === single values ===

/// The form of the file; a newer one was refused before.
pub(super) fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        version @ 1..=super::CONFIG_VERSION => Ok(version),
        _ => Err(D::Error::custom("no such version")),
    }
}

/// A base URL.
pub(super) fn base_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<BaseUrl>, D::Error> {
    BaseUrl::parse(&String::deserialize(deserializer)?).map(Some).map_err(D::Error::custom)
}

/// An amount of dollars that is not negative. The reader hands numbers over as the text in the file, so that
/// no float stands in between.
pub(super) fn dollars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NanoUsd, D::Error> {
    let text = String::deserialize(deserializer)?.replace('_', "");
    let amount = NanoUsd::parse(text.strip_prefix('+').unwrap_or(&text)).map_err(D::Error::custom)?;
    if amount < NanoUsd::ZERO {
        return Err(D::Error::custom("negative"));
    }
    Ok(amount)
}

/// [`dollars`] for a key that may be left out.
pub(super) fn some_dollars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NanoUsd>, D::Error> {
    dollars(deserializer).map(Some)
}

/// A whole number from 1.
pub(super) fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    match u32::deserialize(deserializer)? {
        0 => Err(D::Error::custom("zero")),
        number => Ok(Some(number)),
    }
}

/// Seconds from 1 to an hour.
pub(super) fn timeout<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let seconds = u64::deserialize(deserializer)?;
    if seconds == 0 || seconds > LONGEST_TIMEOUT {
        return Err(D::Error::custom("out of range"));
    }
    Ok(Some(seconds))
}

/// Seconds from 0 to ten minutes: clients do not wait for longer.
pub(super) fn max_wait<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let seconds = u64::deserialize(deserializer)?;
    if seconds > LONGEST_WAIT { Err(D::Error::custom("out of range")) } else { Ok(seconds) }
}

/// A number from `LEAST` to `MOST`.
pub(super) fn within<'de, const LEAST: i32, const MOST: i32, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<f64>, D::Error> {
    let number = f64::deserialize(deserializer)?;
    if !(f64::from(LEAST)..=f64::from(MOST)).contains(&number) {
        return Err(D::Error::custom("out of range"));
    }
    Ok(Some(number))
}

/// A part of a whole: more than 0, at most 1.
pub(super) fn is_fraction(number: f64) -> bool {
    number > 0.0 && number <= 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_on_this_machine_unless_asked_aloud() {
        for (text, alone, allowed) in [
            ("127.0.0.1:4117", Some("127.0.0.1:4117"), Some("127.0.0.1:4117")),
            ("127.0.0.9:0", Some("127.0.0.9:0"), Some("127.0.0.9:0")),
            ("localhost:80", Some("127.0.0.1:80"), Some("127.0.0.1:80")),
            ("[::1]:4117", Some("[::1]:4117"), Some("[::1]:4117")),
            ("0.0.0.0:4117", None, Some("0.0.0.0:4117")),
            ("[::]:4117", None, Some("[::]:4117")),
            ("192.168.1.2:4117", None, Some("192.168.1.2:4117")),
            ("4117", None, None),
            (":4117", None, None),
            ("127.0.0.1", None, None),
            ("127.0.0.1:99999", None, None),
            ("example.org:80", None, None),
            ("localhost.evil:80", None, None),
            ("", None, None),
        ] {
            let show = |allow| Listen::parse(text, allow).ok().map(|listen| listen.to_string());
            assert_eq!((show(false).as_deref(), show(true).as_deref()), (alone, allowed), "{text}");
        }
    }
}
