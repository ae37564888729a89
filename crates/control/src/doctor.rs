//! What is wrong, and what to do about it. The command line asks the same without a running service.

mod account;
mod client;
mod requests;

use std::net::SocketAddr;
use std::sync::Arc;

use turnpike_api::ApiError;
use turnpike_api::command::{Doctor, Finding, KeyReport, KeySource, KeyState, LedgerStanding, Severity};
use turnpike_settings::{BaseUrl, ConfigFile, DataDir, Secret};
use turnpike_upstream::Upstream;

pub use account::upstream;
pub use client::{ClientWorld, Expected, client, connection};

use crate::core::{Core, blocking};
use crate::keys::{KeyChoice, Keys};
use crate::listen::Holder;
use crate::{claude, client_environment, status};

/// Everything that can be examined in the running service.
pub(crate) async fn of_service(core: &Arc<Core>, asked: &Doctor) -> Result<Vec<Finding>, ApiError> {
    let mut findings = blocking(core, |core| {
        let mut findings = vec![config(core.config.file()), port(core.about.data_plane, true)];
        findings.extend(ledger(&status::ledger(&core.ledger.health())));
        findings
    })
    .await?;
    let report = core.keys.report();
    findings.push(key(&report));
    if let Ok(url) = BaseUrl::parse(core.upstream.base_url()) {
        findings.extend(other_upstream(&url));
    }
    let secret = core.keys.key();
    let key = secret.as_ref().map(Secret::expose);
    findings.extend(upstream(&core.upstream, key).await);
    let config = core.config.now().config;
    findings.extend(account::free_models(&core.upstream, key, &requests::targets(&config)).await);
    if asked.requests {
        findings.extend(requests::run(core).await);
    }
    if !asked.without_client {
        findings.extend(blocking(core, client_of_service).await?);
    }
    Ok(findings)
}

/// The client as a service sees it: without a terminal's variables, and without a project.
fn client_of_service(core: &Core) -> Vec<Finding> {
    let config = core.config.now().config;
    let variables = client_environment::of_service(core, None).variables;
    let expected = Expected { variables: &variables, is_running: true, config: &config };
    let connection = claude::Client::of(core).ok().and_then(|client| connection(&client));
    connection.into_iter().chain(client(&ClientWorld::of_process(false), &expected)).collect()
}

/// What can be examined without a running service. `asked` is the upstream that the environment names, if it does.
pub async fn without_service(data_dir: &DataDir, asked: Option<BaseUrl>) -> Vec<Finding> {
    let file = ConfigFile::new(data_dir.config());
    let mut findings = vec![config(&file)];
    // Of a configuration that does not load, the service would use the last good copy.
    let configured = file.load_or_last_good().map(|started| started.loaded.config).unwrap_or_default();
    findings.push(port(configured.proxy.listen.address(), false));
    let url = asked.or(configured.upstream.base_url.clone()).unwrap_or_default();
    let keys = Keys::open(&KeyChoice::Users, data_dir, &url).await;
    findings.push(key(&keys.look().await));
    findings.extend(other_upstream(&url));
    match Upstream::new(url.as_str()) {
        Ok(client) => {
            let secret = keys.key();
            let key = secret.as_ref().map(Secret::expose);
            findings.extend(upstream(&client, key).await);
            findings.extend(account::free_models(&client, key, &requests::targets(&configured)).await);
        }
        Err(error) => findings.push(finding("upstream", Severity::Error, error.to_string(), None)),
    }
    findings
}

/// Whether rows get to the disk; nothing to say when they do.
fn ledger(standing: &LedgerStanding) -> Option<Finding> {
    const SUBJECT: &str = "ledger";
    if let Some(problem) = &standing.problem {
        let message = format!("{} rows wait for the disk: {problem}", standing.queued);
        return Some(finding(SUBJECT, Severity::Error, message, Some("see to that, then look again")));
    }
    (standing.lost > 0).then(|| {
        let message = format!("{} rows could not be kept and are missing from the bill", standing.lost);
        finding(SUBJECT, Severity::Warning, message, Some("compare with openrouter.ai/activity"))
    })
}

/// Whether the configuration in the file is sound.
#[must_use]
pub fn config(file: &ConfigFile) -> Finding {
    const SUBJECT: &str = "config";
    match file.load() {
        Ok(loaded) if loaded.warnings.is_empty() => {
            let maps = loaded.config.maps.len();
            let plural = if maps == 1 { "" } else { "s" };
            ok(SUBJECT, format!("{} is sound: {maps} map{plural}", file.path().display()))
        }
        Ok(loaded) => {
            let text: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
            finding(SUBJECT, Severity::Warning, text.join("; "), None)
        }
        Err(error) => {
            let fix = "correct that line; until then the last good configuration stays in force";
            finding(SUBJECT, Severity::Error, error.to_string(), Some(fix))
        }
    }
}

/// Whether the data plane's port is ours, or could be.
#[must_use]
pub fn port(address: SocketAddr, is_ours: bool) -> Finding {
    const SUBJECT: &str = "port";
    if is_ours {
        return ok(SUBJECT, format!("the data plane listens on {address}"));
    }
    match std::net::TcpListener::bind(address) {
        Ok(_) => finding(
            SUBJECT,
            Severity::Warning,
            format!("the service is not running; {address} is free for it"),
            Some("start it with `turnpike serve`, or let `turnpike run -- claude` do it"),
        ),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let holder = Holder::of(address.port());
            let message = format!("{address} is held by {holder}, so the service cannot start there");
            let fix = "end that program, or choose another address with proxy.listen in config.toml";
            finding(SUBJECT, Severity::Error, message, Some(fix))
        }
        Err(error) => {
            let fix = "choose another address with proxy.listen in config.toml";
            finding(SUBJECT, Severity::Error, format!("cannot listen on {address}: {error}"), Some(fix))
        }
    }
}

/// Whether there is a key.
#[must_use]
pub fn key(report: &KeyReport) -> Finding {
    const SUBJECT: &str = "key";
    let severity = match report.state {
        KeyState::Ready => Severity::Ok,
        KeyState::Missing | KeyState::Locked | KeyState::Unavailable | KeyState::Refused => Severity::Error,
    };
    let fix = match (report.state, report.source) {
        (KeyState::Ready, _) => None,
        (KeyState::Refused, Some(KeySource::Environment | KeySource::File)) => {
            Some("put a valid key there and restart the service; openrouter.ai/settings/keys makes one")
        }
        (KeyState::Missing | KeyState::Refused, _) => {
            Some("run `turnpike key set`; openrouter.ai/settings/keys makes a key")
        }
        (KeyState::Locked, _) => Some("unlock the keychain, mostly by logging in to the desktop"),
        (KeyState::Unavailable, _) => {
            Some("start a keychain, or set OPENROUTER_API_KEY or OPENROUTER_API_KEY_FILE for the service")
        }
    };
    finding(SUBJECT, severity, report.message.clone(), fix)
}

/// Plain words about an upstream that is not OpenRouter itself: a key is bound to the place it was stored for.
#[must_use]
pub fn other_upstream(url: &BaseUrl) -> Option<Finding> {
    let is_other = url.origin() != BaseUrl::default().origin();
    is_other.then(|| {
        let message = format!("requests go to {url}, not to OpenRouter itself");
        finding(
            "upstream",
            Severity::Warning,
            message,
            Some("remove --upstream, OPENROUTER_BASE_URL or upstream.base_url if that is not meant"),
        )
    })
}

/// A finding that nothing is to be done about.
#[must_use]
pub fn ok(subject: &str, message: String) -> Finding {
    finding(subject, Severity::Ok, message, None)
}

/// A finding.
#[must_use]
pub fn finding(subject: &str, severity: Severity, message: String, fix: Option<&str>) -> Finding {
    Finding { subject: subject.to_owned(), severity, message, fix: fix.map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_configuration_is_named_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = ConfigFile::new(dir.path().join("config.toml"));
        assert_eq!(config(&file).severity, Severity::Ok);
        std::fs::write(file.path(), "[proxy]\nlisten = 1\n").unwrap();
        let found = config(&file);
        assert_eq!(found.severity, Severity::Error);
        assert!(found.message.contains("line 2") && found.fix.is_some(), "{found:?}");
    }

    #[test]
    fn a_port_is_ours_free_or_somebodys() {
        let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = held.local_addr().unwrap();
        assert_eq!(port(address, true).severity, Severity::Ok);
        let found = port(address, false);
        assert_eq!(found.severity, Severity::Error);
        assert!(found.message.contains(&format!("process {}", std::process::id())), "{}", found.message);
        drop(held);
        assert_eq!(port(address, false).severity, Severity::Warning);
    }

    #[test]
    fn whatever_is_wrong_with_a_key_has_a_fix() {
        use KeyState::{Locked, Missing, Ready, Refused, Unavailable};
        for state in [Ready, Missing, Locked, Unavailable, Refused] {
            let report = KeyReport {
                state,
                source: None,
                masked: None,
                message: "…".to_owned(),
                awaited: false,
                undo: None,
            };
            let found = key(&report);
            assert_eq!(found.fix.is_none(), state == Ready, "{state:?}");
            assert_eq!(found.severity == Severity::Ok, state == Ready, "{state:?}");
        }
    }

    #[test]
    fn another_upstream_is_said_aloud() {
        assert!(other_upstream(&BaseUrl::default()).is_none());
        let other = BaseUrl::parse("http://127.0.0.1:9/api/v1").unwrap();
        assert_eq!(other_upstream(&other).map(|found| found.severity), Some(Severity::Warning));
    }
}
