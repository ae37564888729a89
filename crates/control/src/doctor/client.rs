//! What Claude Code itself would do: where it goes, with which token and model, and which file says so.
//!
//! `env` in its settings beats exported variables; a project's local settings beat the project's, those beat the user's,
//! and an administrator's policy beats them all. No value of a credential is ever told.

mod bypass;
mod conflicts;
mod profile;
mod route;
mod settings;
#[cfg(test)]
mod tests;
mod token;
mod variables;
mod version;
mod world;

use turnpike_api::command::{ClaudeState, Finding, Severity, Variable};
use turnpike_settings::Config;

pub use world::ClientWorld;

use super::{finding, ok};
use crate::claude;
use variables::Variables;

/// What Claude Code needs to come here.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    /// The environment of a client, the token among it.
    pub variables: &'a [Variable],
    /// Whether the data plane listens.
    pub is_running: bool,
    /// The configuration, whose maps say which names lead anywhere.
    pub config: &'a Config,
}

/// Everything about the client. Blocks on the disk, and for a fifth of a second on a port.
#[must_use]
pub fn client(world: &ClientWorld, expected: &Expected<'_>) -> Vec<Finding> {
    let files = settings::read(world);
    let lines = profile::read(world);
    let variables = Variables::collect(world, &files, &lines);
    let route = route::Route::of(&variables, expected);
    let mut findings = vec![version::finding(world)];
    findings.extend(settings::problems(&files));
    findings.push(route.finding(&variables, expected));
    if route.is_ours {
        findings.extend(token::findings(&variables, &files, expected));
        findings.extend(conflicts::findings(&variables, expected));
    }
    findings.extend(conflicts::past_every_url(&variables, route.is_ours));
    findings.extend(route::model(&route, &variables, &files, expected));
    findings.extend(bypass::findings(world, &lines));
    findings
}

/// What is to be said of the record of connected settings; nothing when Claude Code is not connected.
#[must_use]
pub fn connection(client: &claude::Client) -> Option<Finding> {
    const SUBJECT: &str = "settings";
    let reply = match client.show(None) {
        Ok(reply) => reply,
        Err(error) => return Some(finding(SUBJECT, Severity::Error, error.message, None)),
    };
    let path = &reply.path;
    match reply.state {
        ClaudeState::Disconnected => None,
        ClaudeState::Connected => Some(ok(SUBJECT, format!("{path} connects Claude Code"))),
        ClaudeState::Suspended => {
            let message = format!("{path} connects Claude Code again when the service starts");
            Some(ok(SUBJECT, message))
        }
        ClaudeState::Outdated => {
            let message = reply.problem.unwrap_or_else(|| {
                format!("{path} connects Claude Code, but not as it should now: something has changed since")
            });
            let fix = "look with `turnpike claude show`, then run `turnpike claude apply`";
            Some(finding(SUBJECT, Severity::Warning, message, Some(fix)))
        }
    }
}
