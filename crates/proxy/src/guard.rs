//! Who is let in, and who that is: first the Host and Origin of the request, then its token, then nothing else.
//!
//! Other machines get in only where `--allow-remote` has bound an address that they reach, and only with a client's
//! token: the local token is this machine's own. They know this machine by names of their own, so their Host may be any.
//!
//! A web page anywhere can make a browser send requests to this port, and a name of its own can be made to
//! resolve to this machine. So the `Host` must be a loopback name, no foreign `Origin` is answered, and no
//! CORS header is ever sent.

use std::net::IpAddr;

use http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, ORIGIN};
use http::uri::Authority;
use turnpike_settings::LocalToken;

use crate::clients::{Caller, Clients};
use crate::dialect::Dialect;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// What somebody on another machine can do.
const FROM_AFAR: &str = "Ask whoever runs this Turnpike for a client's token (there: turnpike client add NAME), and set \
    ANTHROPIC_AUTH_TOKEN or OPENAI_API_KEY to it.";
/// How the access tokens of a Claude subscription begin.
const CLAUDE_LOGIN: &str = "sk-ant-";

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// This machine's loopback.
    Local,
    /// Anywhere else, this machine's other addresses included.
    Remote,
}

/// What is compared with.
pub(crate) struct Known<'k> {
    pub(crate) token: &'k LocalToken,
    pub(crate) clients: &'k Clients,
}

/// Why a request is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The Host header is missing, double, or no host.
    MalformedHost,
    /// The Host is not this machine.
    ForeignHost,
    /// A web page of another origin asks.
    ForeignOrigin,
    /// No token.
    NoToken,
    /// A token that is not ours.
    WrongToken,
    /// The local token, from another machine.
    LocalTokenFromAfar,
    /// The token of a Claude subscription, which is none of our business.
    ClaudeLogin,
}

/// Host and Origin.
pub(crate) fn check_place(headers: &HeaderMap, peer: Peer) -> Result<(), Refusal> {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(Refusal::MalformedHost);
    };
    let host = host.to_str().map_err(|_| Refusal::MalformedHost)?;
    if !is_loopback(host)? && peer == Peer::Local {
        return Err(Refusal::ForeignHost);
    }
    match headers.get(ORIGIN) {
        None => Ok(()),
        // A page that this very address serves may ask.
        Some(origin) if origin.to_str().is_ok_and(|origin| origin.strip_prefix("http://") == Some(host)) => {
            Ok(())
        }
        Some(_) => Err(Refusal::ForeignOrigin),
    }
}

/// Whether a `Host` names this machine: `127.0.0.1`, `localhost` or `[::1]`, with any port.
fn is_loopback(host: &str) -> Result<bool, Refusal> {
    if host.contains(['@', '/', '?', '#', ' ', '\\', '%']) {
        return Err(Refusal::MalformedHost);
    }
    let authority: Authority = host.parse().map_err(|_| Refusal::MalformedHost)?;
    // What stands after the name is nothing, or a port that exists.
    let port = host.strip_prefix(authority.host()).and_then(|rest| rest.strip_prefix(':'));
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return Err(Refusal::MalformedHost);
    }
    Ok(["127.0.0.1", "localhost", "[::1]"].iter().any(|name| authority.host().eq_ignore_ascii_case(name)))
}

/// The token: as bearer or as API key; one right credential is enough.
pub(crate) fn check_token(headers: &HeaderMap, known: &Known<'_>, peer: Peer) -> Result<Caller, Refusal> {
    let bearer = headers.get_all(AUTHORIZATION).iter().filter_map(|value| {
        let text = value.to_str().ok()?;
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let key = headers.get_all(API_KEY).iter().filter_map(|value| value.to_str().ok()).map(str::trim);
    let mut refusal = Refusal::NoToken;
    for shown in bearer.chain(key).filter(|shown| !shown.is_empty()) {
        let is_local_token = known.token.admits(shown.as_bytes());
        if is_local_token && peer == Peer::Local {
            return Ok(Caller::Owner);
        }
        if let Some(client) = known.clients.of_token(shown.as_bytes()) {
            return Ok(Caller::Client(client));
        }
        refusal = match refusal {
            _ if is_local_token => Refusal::LocalTokenFromAfar,
            Refusal::ClaudeLogin | Refusal::LocalTokenFromAfar => refusal,
            _ if shown.starts_with(CLAUDE_LOGIN) => Refusal::ClaudeLogin,
            _ => Refusal::WrongToken,
        };
    }
    Err(refusal)
}

// === impl Peer ===

impl Peer {
    /// Whose connection this is. An IPv4 address that is written as one of IPv6 counts as what it is.
    pub(crate) fn of(address: IpAddr) -> Self {
        if address.to_canonical().is_loopback() { Self::Local } else { Self::Remote }
    }
}

// === impl Refusal ===

impl Refusal {
    /// Status and sentence. What was shown is never repeated.
    pub(crate) fn words(self, dialect: Dialect, peer: Peer) -> (u16, String) {
        let (status, what) = self.plain();
        match (status, peer) {
            (401, Peer::Local) => (status, format!("{what} {}", dialect.token_remedy())),
            (401, Peer::Remote) => (status, format!("{what} {FROM_AFAR}")),
            _ => (status, what.to_owned()),
        }
    }

    const fn plain(self) -> (u16, &'static str) {
        match self {
            Self::MalformedHost => (400, "The Host header is missing or is no host."),
            Self::ForeignHost => (
                403,
                "This address answers to 127.0.0.1, localhost and [::1] only. Use one of them as the base URL.",
            ),
            Self::ForeignOrigin => (403, "Web pages may not use this address."),
            Self::NoToken => (401, "The token is missing."),
            Self::WrongToken => (401, "The token is wrong, or was revoked."),
            Self::LocalTokenFromAfar => (401, "The local token is not taken from other machines."),
            Self::ClaudeLogin => (
                401,
                "This is a Claude login or Anthropic key, which Turnpike does not use and has not kept.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use turnpike_settings::config::Client;
    use turnpike_settings::{ClientToken, Config};

    use super::*;

    fn headers(rows: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in rows {
            map.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        map
    }

    #[test]
    fn hosts_and_origins() {
        use Refusal::{ForeignHost, ForeignOrigin, MalformedHost};
        for (rows, expected) in [
            (vec![("host", "127.0.0.1:4117")], Ok(())),
            (vec![("host", "localhost")], Ok(())),
            (vec![("host", "LOCALHOST:80")], Ok(())),
            (vec![("host", "[::1]:4117")], Ok(())),
            (vec![], Err(MalformedHost)),
            (vec![("host", "127.0.0.1"), ("host", "127.0.0.1")], Err(MalformedHost)),
            (vec![("host", "user@127.0.0.1")], Err(MalformedHost)),
            (vec![("host", "127.0.0.1/x")], Err(MalformedHost)),
            (vec![("host", "127.0.0.1?evil")], Err(MalformedHost)),
            (vec![("host", "127.0.0.1#evil")], Err(MalformedHost)),
            (vec![("host", "127.0.0.1:99999")], Err(MalformedHost)),
            (vec![("host", "evil.example")], Err(ForeignHost)),
            (vec![("host", "localhost.evil.example")], Err(ForeignHost)),
            (vec![("host", "127.0.0.1.evil.example:4117")], Err(ForeignHost)),
            (vec![("host", "localhost.")], Err(ForeignHost)),
            (vec![("host", "0.0.0.0:4117")], Err(ForeignHost)),
            (vec![("host", "[::]:4117")], Err(ForeignHost)),
            (vec![("host", "127.0.0.1:1"), ("origin", "http://127.0.0.1:1")], Ok(())),
            (vec![("host", "127.0.0.1:1"), ("origin", "http://127.0.0.1:2")], Err(ForeignOrigin)),
            (vec![("host", "127.0.0.1:1"), ("origin", "https://evil.example")], Err(ForeignOrigin)),
            (vec![("host", "127.0.0.1:1"), ("origin", "null")], Err(ForeignOrigin)),
        ] {
            assert_eq!(check_place(&headers(&rows), Peer::Local), expected, "{rows:?}");
        }
        for (rows, expected) in [
            (vec![("host", "turnpike.lan:4117")], Ok(())),
            (vec![("host", "192.168.1.5:4117")], Ok(())),
            (vec![("host", "127.0.0.1:4117")], Ok(())),
            (vec![], Err(MalformedHost)),
            (vec![("host", "user@turnpike.lan")], Err(MalformedHost)),
            (vec![("host", "turnpike.lan:4117"), ("origin", "https://evil.example")], Err(ForeignOrigin)),
        ] {
            assert_eq!(check_place(&headers(&rows), Peer::Remote), expected, "{rows:?} from afar");
        }
    }

    #[test]
    fn other_machines_need_a_clients_token() {
        let folder = tempfile::tempdir().unwrap();
        let token = LocalToken::load_or_create(&folder.path().join("token")).unwrap();
        let ours = ClientToken::generate().unwrap();
        let entry = Client { token_sha256: Some(ours.hash.to_hex()), ..Client::named("ci") };
        let config = Config { clients: vec![entry], ..Config::default() };
        let clients = Clients::of(&config, &Clients::default());
        let known = Known { token: &token, clients: &clients };
        let bearer = |token: &str| headers(&[("authorization", &format!("Bearer {token}"))]);
        for (peer, shown, who) in [
            (Peer::Local, token.secret().expose(), Ok(None)),
            (Peer::Local, ours.secret.expose(), Ok(Some("ci"))),
            (Peer::Remote, ours.secret.expose(), Ok(Some("ci"))),
            (Peer::Remote, token.secret().expose(), Err(Refusal::LocalTokenFromAfar)),
            (Peer::Remote, "tp-wrong", Err(Refusal::WrongToken)),
            (Peer::Remote, "sk-ant-oat01-x", Err(Refusal::ClaudeLogin)),
        ] {
            let found = check_token(&bearer(shown), &known, peer);
            let found = found.map(|caller| caller.name().map(str::to_owned));
            assert_eq!(found, who.map(|name: Option<&str>| name.map(str::to_owned)), "{peer:?}");
        }
        let (status, message) = Refusal::LocalTokenFromAfar.words(Dialect::Messages, Peer::Remote);
        assert!(status == 401 && message.contains("turnpike client add"), "{message}");
    }

    #[test]
    fn loopback_is_told_from_all_else() {
        for (address, peer) in [
            ("127.0.0.1", Peer::Local),
            ("127.8.8.8", Peer::Local),
            ("::1", Peer::Local),
            ("::ffff:127.0.0.1", Peer::Local),
            ("192.168.1.5", Peer::Remote),
            ("::ffff:192.168.1.5", Peer::Remote),
            ("0.0.0.0", Peer::Remote),
            ("fe80::1", Peer::Remote),
        ] {
            assert_eq!(Peer::of(address.parse().unwrap()), peer, "{address}");
        }
    }
}
