//! Which credential Claude Code would show here. Its value is never told.

use serde_json::Value;
use turnpike_api::command::{Finding, Severity};

use super::settings::SettingsFile;
use super::variables::Variables;
use super::{Expected, finding, ok};

const SUBJECT: &str = "token";
const TOKEN: &str = "ANTHROPIC_AUTH_TOKEN";
const KEY: &str = "ANTHROPIC_API_KEY";
/// How every local token begins.
const PREFIX: &str = "tp-";
const APPLY: &str = "run `turnpike claude apply`; in a terminal, open a new one";

/// What is to be said of the token, the helper and the key, of a client that comes here.
pub(super) fn findings(
    variables: &Variables,
    files: &[SettingsFile],
    expected: &Expected<'_>,
) -> Vec<Finding> {
    let ours = expected.variable(TOKEN).unwrap_or_default();
    let helper = files.iter().find_map(|file| {
        let command =
            file.value.get("apiKeyHelper").and_then(Value::as_str).filter(|command| !command.is_empty())?;
        Some((command, file))
    });
    let is_helper_ours =
        helper.is_some_and(|(command, _)| command.contains("turnpike") && command.ends_with(" token"));
    let mut findings = Vec::new();
    match variables.set(TOKEN) {
        Some(setting) => findings.push(match setting.value.as_deref() {
            Some(token) if token == ours => ok(SUBJECT, format!("the local token: {}", setting.source)),
            Some(token) if is_helper_ours => {
                let what =
                    if token.starts_with(PREFIX) { "an older local token" } else { "another credential" };
                let message = format!("{} holds {what}, and is sent beside ours", setting.source);
                finding(SUBJECT, Severity::Warning, message, Some(&setting.removal()))
            }
            Some(token) if token.starts_with(PREFIX) => {
                let message = format!("{} holds an older local token, which is refused", setting.source);
                finding(SUBJECT, Severity::Error, message, Some(APPLY))
            }
            Some(_) => {
                let message = format!("{} holds another credential, which is refused here", setting.source);
                finding(SUBJECT, Severity::Error, message, Some(APPLY))
            }
            None => {
                let message =
                    format!("{} is made by the shell, so whether it is ours is not known", setting.source);
                finding(SUBJECT, Severity::Warning, message, Some("run `turnpike doctor` in a new terminal"))
            }
        }),
        None if is_helper_ours => {
            let file = helper.map(|(_, file)| file.shown.as_str()).unwrap_or_default();
            findings.push(ok(SUBJECT, format!("asked for by `apiKeyHelper` in {file}")));
        }
        None => {
            let message = "Claude Code comes here without a token; a session that is logged in would show its own, \
                           which is refused";
            findings.push(finding(SUBJECT, Severity::Error, message.to_owned(), Some(APPLY)));
        }
    }
    if let Some((command, file)) = helper.filter(|_| !is_helper_ours) {
        let message = format!(
            "`apiKeyHelper` in {} ({command}) prints another credential, which is sent beside ours and dropped",
            file.shown
        );
        let fix = format!("take out `apiKeyHelper` in {}, unless you need it without Turnpike", file.shown);
        findings.push(finding(SUBJECT, Severity::Warning, message, Some(&fix)));
    }
    if let Some(setting) = variables.set(KEY).filter(|setting| setting.value.as_deref() != Some(ours)) {
        let message =
            format!("{} is set: Claude Code asks about it, or uses it instead of the token", setting.source);
        findings.push(finding(SUBJECT, Severity::Warning, message, Some(&setting.removal())));
    }
    findings
}
