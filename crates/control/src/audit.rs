//! The audit: control actions that were carried out, each with who, what, about what and when.
//!
//! What is kept of a request is listed here for each command; whatever is not listed, a key or a code above all, is not
//! kept. An action that cannot be written is logged as an error and not undone.

use std::path::Path;

use serde_json::{Map, Value};
use turnpike_api::command::{Audit, AuditReply, AuditRow};
use turnpike_api::{ApiError, ErrorCode};
use turnpike_ledger::{JsonText, LedgerError, LedgerReader, NewAction, note_action};

/// Actions of a page that does not say how many.
const ACTIONS: u32 = 100;
/// The most of one page.
const MOST_ACTIONS: u32 = 1_000;

/// A command that is kept: its name, what names its subject, what else is kept of it.
type Kept = (&'static str, &'static [&'static str], &'static [&'static str]);

/// Every command that changes keys, tokens, budgets, maps, rules or the configuration.
const KEPT: &[Kept] = &[
    ("key.set", &[], &[]),
    ("key.clear", &[], &[]),
    ("key.undo", &[], &[]),
    (LOGIN, &[], &[]),
    ("token.rotate", &[], &[]),
    ("client.add", &["name"], &CLIENT),
    ("client.rotate", &["name"], &[]),
    ("client.revoke", &["name"], &["forget"]),
    ("config.set", &["path"], &["value"]),
    ("config.undo", &[], &[]),
    ("map.add", &["map", "name"], &["map", "at"]),
    ("map.remove", &["name"], &[]),
    ("map.move", &["name"], &["to"]),
    ("route.save", &["list"], &["at", "before", "values"]),
    ("route.remove", &["list"], &["at"]),
    ("route.move", &["list"], &["at", "to"]),
    ("claude.apply", &[], &[]),
    ("claude.undo", &[], &[]),
    ("preset.use", &["name"], &[]),
    ("import.apply", &[], &[]),
    ("budget.set", &[], &["client", "project", "period", "cap_nanos", "action"]),
    ("budget.raise", &[], &["client", "project", "period", "by_nanos"]),
    ("start", &[], &[]),
    ("stop", &[], &[]),
    (BY_HAND, &[], &["parts"]),
];

/// The name of what is no command: somebody has edited the configuration, and its other text is in force.
pub(crate) const BY_HAND: &str = "config.edited";
/// Who did that, as far as one knows.
pub(crate) const FILE: &str = "file";
/// A key that a login at OpenRouter has brought, whichever way its code came back; one that brought none is no action.
pub(crate) const LOGIN: &str = "key.login.done";
/// Who did that.
pub(crate) const BROWSER: &str = "browser";

const CLIENT: [&str; 8] = [
    "models",
    "requests_per_minute",
    "requests_per_hour",
    "parallel_streams",
    "daily_nanos",
    "weekly_nanos",
    "monthly_nanos",
    "action",
];

/// Whether a command is kept.
pub(crate) fn keeps(command: &str) -> bool {
    KEPT.iter().any(|(name, ..)| *name == command)
}

/// Keeps a command that was carried out. Blocks on the disk.
///
/// # Errors
/// The ledger cannot take it now.
pub fn note(ledger: &Path, actor: &str, command: &str, body: &[u8]) -> Result<(), LedgerError> {
    match of(actor, command, body) {
        Some(action) => note_action(ledger, &action),
        None => Ok(()),
    }
}

/// What is kept of a command.
fn of(actor: &str, command: &str, body: &[u8]) -> Option<NewAction> {
    let (_, subject, details) = KEPT.iter().find(|(name, ..)| *name == command)?;
    let body: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    let mut kept: Map<String, Value> = body
        .iter()
        .filter(|(name, value)| details.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let budget = ["client", "project"].iter().find_map(|of| body.get(*of)?.as_str());
    let subject = match subject {
        [] => budget.filter(|_| command.starts_with("budget.")),
        [first, rest @ ..] => {
            let value = rest.iter().fold(body.get(*first), |value, name| value?.get(*name));
            value.and_then(Value::as_str)
        }
    };
    if command.starts_with("budget.") {
        kept.remove("client");
        kept.remove("project");
    }
    Some(NewAction {
        actor: actor.to_owned(),
        action: command.to_owned(),
        subject: subject.map(|subject| subject.chars().take(512).collect()),
        details: (!kept.is_empty()).then(|| JsonText::of(&kept).ok()).flatten(),
    })
}

/// Actions from the ledger. Blocks on the disk.
///
/// # Errors
/// The ledger does not answer.
pub fn list(reader: &LedgerReader, asked: &Audit) -> Result<AuditReply, ApiError> {
    let limit = asked.limit.unwrap_or(ACTIONS).clamp(1, MOST_ACTIONS);
    let rows = reader.actions(asked.before, limit);
    let rows = rows.map_err(|error| ApiError::new(ErrorCode::Unavailable, error.to_string()))?;
    let is_full = rows.len() >= limit as usize;
    let next = rows.last().map(|row| row.id).filter(|_| is_full);
    let actions = rows.into_iter().map(|row| AuditRow {
        id: row.id,
        at_ms: row.at / 1_000_000,
        actor: row.actor,
        action: row.action,
        subject: row.subject,
        details: row.details.map(|details| details.as_str().to_owned()),
    });
    Ok(AuditReply { actions: actions.collect(), next })
}

#[cfg(test)]
mod tests {
    use turnpike_api::COMMANDS;

    use super::*;

    #[test]
    fn every_kept_command_exists() {
        for (name, ..) in KEPT.iter().filter(|(name, ..)| ![BY_HAND, LOGIN].contains(name)) {
            assert!(COMMANDS.iter().any(|command| command.name == *name), "{name}");
        }
    }

    #[test]
    fn no_secret_is_kept() {
        type Row = (&'static str, &'static str, Option<&'static str>, Option<&'static str>);
        let rows: [Row; 7] = [
            ("key.set", r#"{"key":"sk-or-v1-secret"}"#, None, None),
            (LOGIN, r#"{"code":"secret"}"#, None, None),
            ("token.rotate", "", None, None),
            (
                "client.add",
                r#"{"revision":"r","name":"ci","models":["a/*"],"daily_nanos":null,"token":"secret"}"#,
                Some("ci"),
                Some(r#"{"models":["a/*"]}"#),
            ),
            (
                "map.add",
                r#"{"revision":"r","map":{"name":"*opus*","target":"a/b"}}"#,
                Some("*opus*"),
                Some(r#"{"map":{"name":"*opus*","target":"a/b"}}"#),
            ),
            (
                "budget.raise",
                r#"{"client":"ci","period":"daily","by_nanos":5}"#,
                Some("ci"),
                Some(r#"{"by_nanos":5,"period":"daily"}"#),
            ),
            (
                "budget.raise",
                r#"{"period":"daily","by_nanos":5}"#,
                None,
                Some(r#"{"by_nanos":5,"period":"daily"}"#),
            ),
        ];
        for (command, body, subject, details) in rows {
            let kept = of("page", command, body.as_bytes()).unwrap();
            assert_eq!((kept.actor.as_str(), kept.subject.as_deref()), ("page", subject), "{command}");
            assert_eq!(kept.details.as_ref().map(JsonText::as_str), details, "{command}");
        }
        assert!(of("page", "status", b"{}").is_none());
    }
}
