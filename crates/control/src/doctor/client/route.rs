//! Where Claude Code goes, and which model it asks for.

use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use serde_json::Value;
use turnpike_api::command::{Finding, Severity};

use super::settings::{Owner, SettingsFile};
use super::variables::{Setting, Variables};
use super::{Expected, finding, ok};
use crate::client_environment;
use crate::listen::Holder;

const BASE_URL: &str = "ANTHROPIC_BASE_URL";
/// How long a port on this machine may take to answer.
const PORT_DEADLINE: Duration = Duration::from_millis(200);
/// Names that Claude Code turns into those of models itself.
const ALIASES: [&str; 8] = ["default", "best", "opus", "sonnet", "haiku", "fable", "opusplan", "inherit"];
/// Variables that name models besides `model`.
const MODELS: [&str; 7] = [
    "ANTHROPIC_MODEL",
    "ANTHROPIC_SMALL_FAST_MODEL",
    "ANTHROPIC_DEFAULT_OPUS_MODEL",
    "ANTHROPIC_DEFAULT_SONNET_MODEL",
    "ANTHROPIC_DEFAULT_HAIKU_MODEL",
    "ANTHROPIC_DEFAULT_FABLE_MODEL",
    "CLAUDE_CODE_SUBAGENT_MODEL",
];

/// Where Claude Code goes.
#[derive(Clone, Debug)]
pub(super) struct Route {
    /// Whether it comes here.
    pub(super) is_ours: bool,
}

// === impl Route ===

impl Route {
    pub(super) fn of(variables: &Variables, expected: &Expected<'_>) -> Self {
        let url = variables.set(BASE_URL).and_then(|setting| setting.value.as_deref());
        Self { is_ours: url.is_some_and(|url| plain(url) == plain(expected.base_url())) }
    }

    pub(super) fn finding(&self, variables: &Variables, expected: &Expected<'_>) -> Finding {
        const SUBJECT: &str = "base URL";
        let Some(setting) = variables.set(BASE_URL) else {
            let message = "Claude Code is not connected: `turnpike run -- claude` connects one session, \
                           `turnpike claude apply` all of them";
            return ok(SUBJECT, message.to_owned());
        };
        let Setting { value, source, .. } = setting;
        let Some(url) = value.as_deref() else {
            let message = format!("{source} is made by the shell, so where it leads is not known here");
            return finding(
                SUBJECT,
                Severity::Warning,
                message,
                Some("run `turnpike doctor` in a new terminal"),
            );
        };
        if self.is_ours && expected.is_running {
            return ok(SUBJECT, format!("Claude Code comes here, to {url}: {source}"));
        }
        if self.is_ours {
            let message = format!("{source} sends Claude Code to {url}, where nobody listens");
            let fix = "start the service with `turnpike serve`, or disconnect with `turnpike claude undo`";
            return finding(SUBJECT, Severity::Error, message, Some(fix));
        }
        let ours = expected.base_url();
        if url.trim_end_matches('/').strip_suffix("/v1").is_some_and(|rest| plain(rest) == plain(ours)) {
            let message = format!("{source} ends in /v1, which Claude Code adds itself");
            return finding(SUBJECT, Severity::Error, message, Some(&format!("write {ours} there")));
        }
        let fix = self.fix(setting, variables, expected);
        match loopback(url) {
            Some(address) if TcpStream::connect_timeout(&address, PORT_DEADLINE).is_err() => {
                let message = format!("{source} sends Claude Code to {url}, where nobody listens");
                finding(SUBJECT, Severity::Error, message, Some(&fix))
            }
            Some(address) => {
                let holder = Holder::of(address.port());
                let message =
                    format!("{source} sends Claude Code to {url} ({holder}), not to Turnpike at {ours}");
                finding(SUBJECT, Severity::Warning, message, Some(&fix))
            }
            None => {
                let message = format!("{source} sends Claude Code to {url}, past Turnpike at {ours}");
                finding(SUBJECT, Severity::Warning, message, Some(&fix))
            }
        }
    }

    /// What brings Claude Code here although that setting leads elsewhere.
    fn fix(&self, setting: &Setting, variables: &Variables, expected: &Expected<'_>) -> String {
        let is_overruled = variables.all(BASE_URL).iter().skip(1).any(|weaker| {
            weaker.value.as_deref().is_some_and(|url| plain(url) == plain(expected.base_url()))
        });
        match setting.owner {
            None | Some(Owner::User) => {
                "connect one session with `turnpike run -- claude`, or all of them with \
                                         `turnpike claude apply`"
                    .to_owned()
            }
            Some(_) if is_overruled => {
                format!("{}: it wins over your own settings, which lead here", setting.removal())
            }
            Some(_) => format!("{}: it wins over your own settings", setting.removal()),
        }
    }
}

// === impl Expected ===

impl Expected<'_> {
    /// Where Claude Code should go.
    pub(super) fn base_url(&self) -> &str {
        self.variable(BASE_URL).unwrap_or_default()
    }

    /// The value that a variable should have.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|variable| variable.name == name).map(|variable| variable.value.expose())
    }
}

/// Which models are asked for, and whether those names lead anywhere.
pub(super) fn model(
    route: &Route,
    variables: &Variables,
    files: &[SettingsFile],
    expected: &Expected<'_>,
) -> Vec<Finding> {
    let from_file = files.iter().find_map(|file| {
        let name = file.value.get("model").and_then(Value::as_str)?;
        Some((name.to_owned(), format!("`model` in {}", file.shown)))
    });
    let by_variables = MODELS.iter().filter_map(|name| {
        let setting = variables.set(name)?;
        Some((setting.value.clone()?, setting.source.clone()))
    });
    // The variable wins over the settings.
    let is_overruled = variables.set("ANTHROPIC_MODEL").is_some();
    let named = from_file.filter(|_| !is_overruled).into_iter().chain(by_variables);
    named.filter_map(|(name, source)| one_model(route, &name, &source, expected)).collect()
}

fn one_model(route: &Route, name: &str, source: &str, expected: &Expected<'_>) -> Option<Finding> {
    const SUBJECT: &str = "model";
    let bare = name.split('[').next().unwrap_or_default();
    if ALIASES.contains(&bare) {
        return Some(ok(SUBJECT, format!("Claude Code asks for {name}: {source}")));
    }
    let target = client_environment::leads_to(expected.config, bare);
    match (route.is_ours, target) {
        (true, Some(target)) => {
            let lead = if target == bare { String::new() } else { format!(", which leads to {target}") };
            Some(ok(SUBJECT, format!("Claude Code asks for {name}{lead}: {source}")))
        }
        (true, None) => {
            let message = format!("Claude Code asks for {name}, which no map knows: {source}");
            let fix = format!("run `turnpike map add {bare} MODEL`, or choose another model with /model");
            Some(finding(SUBJECT, Severity::Error, message, Some(&fix)))
        }
        (false, _) if bare.contains('/') => {
            let message = format!("Claude Code asks for {name}, which only Turnpike knows: {source}");
            let fix = "choose another model with /model, or connect Claude Code with `turnpike claude apply`";
            Some(finding(SUBJECT, Severity::Error, message, Some(fix)))
        }
        (false, _) => None,
    }
}

/// A URL in one spelling.
fn plain(url: &str) -> String {
    url.trim().trim_end_matches('/').to_ascii_lowercase().replace("://localhost:", "://127.0.0.1:")
}

/// The port on this machine that a URL names.
fn loopback(url: &str) -> Option<SocketAddr> {
    let (_, rest) = url.split_once("://")?;
    let place = rest.split('/').next()?;
    let place = place.replace("0.0.0.0", "127.0.0.1").replace("localhost", "127.0.0.1");
    let place = if place.contains(':') { place } else { format!("{place}:80") };
    // Only addresses: a name would be looked up.
    let is_address = place.starts_with("127.") || place.starts_with("[::1]");
    is_address.then(|| place.to_socket_addrs().ok()?.next()).flatten()
}
