//! Changes of budgets in `config.toml`, each a few edits that leave the rest of the file as it is.

use turnpike_api::command::{Edited, SetBudget};
use turnpike_api::{ApiError, ErrorCode};
use turnpike_budget::{Scope, Span};
use turnpike_settings::config::{Budget, Value};
use turnpike_settings::{Config, ConfigEdit, ConfigFile, Revision};
use turnpike_wire::money::NanoUsd;

use super::words;
use crate::config_edit::api_error;

/// Changes a budget in the file, for when no service runs. Blocks on the disk.
///
/// # Errors
/// As the command's: a wrong period or amount, no such client, a conflict with another edit.
pub fn edit_file(file: &ConfigFile, asked: &SetBudget) -> Result<Edited, ApiError> {
    edit(file, asked)
}

pub(super) fn edit(file: &ConfigFile, asked: &SetBudget) -> Result<Edited, ApiError> {
    let mut revision: Revision = serde_json::from_value(asked.revision.as_str().into())
        .map_err(|_| ApiError::new(ErrorCode::Invalid, "that is no revision"))?;
    let loaded = file.load().map_err(|error| ApiError::new(ErrorCode::Config, error.to_string()))?;
    for step in steps(&loaded.config, asked)? {
        revision = file.edit(&revision, &step).map_err(|error| api_error(&error))?.revision;
    }
    Ok(Edited { revision: revision.as_str().to_owned() })
}

/// The edits that come to it.
fn steps(config: &Config, asked: &SetBudget) -> Result<Vec<ConfigEdit>, ApiError> {
    let span = words::span(&asked.period)?;
    let action = match asked.action.as_deref() {
        None => None,
        Some(word @ ("warn" | "stop")) => Some(word),
        Some(other) => {
            let other: String = other.chars().take(40).collect();
            let message = format!("`{other}` is nothing that happens at a cap: choose warn or stop");
            return Err(ApiError::new(ErrorCode::Invalid, message));
        }
    };
    let cap = asked.cap_nanos.map(cap_value).transpose()?;
    let (table, mut steps) = table(config, &words::scope(&asked.of)?, span, asked)?;
    let path = format!("{table}.{span}_usd");
    steps.push(match cap {
        Some(value) => ConfigEdit::Set { path, value },
        None => ConfigEdit::Unset { path },
    });
    if let Some(word) = action {
        let set = ConfigEdit::Set { path: format!("{table}.action"), value: value(&format!("\"{word}\""))? };
        steps.push(set);
    }
    Ok(steps)
}

/// The table of a budget, and what must be written before it can be changed.
fn table(
    config: &Config,
    scope: &Scope,
    span: Span,
    asked: &SetBudget,
) -> Result<(String, Vec<ConfigEdit>), ApiError> {
    match scope {
        Scope::All => {
            // Whoever wrote no [budget] has the default; writing one without it would take it away unseen.
            let unwritten = config.budget == Budget::default() && span != Span::Daily;
            let default = config.budget.daily_usd.filter(|_| unwritten);
            let kept = default.map(|cap| value(&dollars(cap)));
            let kept =
                kept.transpose()?.map(|value| ConfigEdit::Set { path: "budget.daily_usd".to_owned(), value });
            Ok(("budget".to_owned(), kept.into_iter().collect()))
        }
        Scope::Client(name) => {
            let place = config.clients.iter().position(|client| client.name == *name).ok_or_else(|| {
                ApiError::new(ErrorCode::NotFound, format!("there is no client `{name}`: add it first"))
            })?;
            Ok((format!("client[{place}]"), Vec::new()))
        }
        Scope::Project(path) => {
            let is_it = |project: &turnpike_settings::config::Project| {
                project.path == *path
                    || project.directory().is_some_and(|folder| folder.as_os_str() == path.as_str())
            };
            if let Some(place) = config.projects.iter().position(is_it) {
                return Ok((format!("project[{place}]"), Vec::new()));
            }
            if asked.cap_nanos.is_none() {
                let message = format!("project {path} has no budget");
                return Err(ApiError::new(ErrorCode::NotFound, message));
            }
            let place = format!("project[{}]", config.projects.len());
            let quoted = Value::from(path.as_str()).to_string();
            let made = value(&format!("{{ path = {} }}", quoted.trim()))?;
            Ok((place.clone(), vec![ConfigEdit::Set { path: place, value: made }]))
        }
    }
}

fn value(text: &str) -> Result<Value, ApiError> {
    text.parse().map_err(|_| ApiError::new(ErrorCode::Internal, "the value cannot be written"))
}

/// A cap as it is written.
///
/// # Errors
/// It is less than nothing.
pub(crate) fn cap_value(nanos: i64) -> Result<Value, ApiError> {
    if nanos < 0 {
        return Err(ApiError::new(
            ErrorCode::Invalid,
            "a budget is an amount of dollars, 0 or more, like 5.00",
        ));
    }
    value(&dollars(NanoUsd(nanos)))
}

/// Dollars with two places, or as many as it takes.
fn dollars(amount: NanoUsd) -> String {
    let text = amount.to_string();
    let (whole, places) = text.split_once('.').unwrap_or((&text, ""));
    format!("{whole}.{:0<2}", places.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use turnpike_api::command::BudgetOf;

    use super::*;

    fn changed(
        text: &str,
        of: BudgetOf,
        period: &str,
        cap: Option<i64>,
        action: Option<&str>,
    ) -> Result<String, ApiError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        let file = ConfigFile::new(path.clone());
        let asked = SetBudget {
            revision: file.load().unwrap().revision.as_str().to_owned(),
            of,
            period: period.to_owned(),
            cap_nanos: cap,
            action: action.map(str::to_owned),
        };
        edit(&file, &asked).map(|_| std::fs::read_to_string(path).unwrap())
    }

    fn project(path: &str) -> BudgetOf {
        BudgetOf { client: None, project: Some(path.to_owned()) }
    }

    fn client(name: &str) -> BudgetOf {
        BudgetOf { client: Some(name.to_owned()), project: None }
    }

    #[test]
    fn what_is_not_meant_stays_byte_for_byte() {
        let text = "# mine\n[budget] # all\ndaily_usd = 5.00   # a day\n\n[[client]]\nname = \"ci\"\n";
        let all = BudgetOf::default();
        let found = changed(text, all.clone(), "daily", Some(7_500_000_000), None).unwrap();
        assert_eq!(found, text.replace("5.00", "7.50"));
        let found = changed(text, all.clone(), "daily", Some(1), Some("stop")).unwrap();
        assert!(
            found.contains("daily_usd = 0.000000001   # a day\n") && found.contains("action = \"stop\""),
            "{found}"
        );
        let found = changed(text, client("ci"), "weekly", Some(2_000_000_000), None).unwrap();
        assert_eq!(found, format!("{text}weekly_usd = 2.00\n"));
        let found = changed(text, all, "daily", None, None).unwrap();
        assert!(!found.contains("daily_usd") && found.contains("# mine\n[budget] # all"), "{found}");
    }

    #[test]
    fn the_default_is_not_taken_away_unseen() {
        let found = changed("", BudgetOf::default(), "monthly", Some(50_000_000_000), None).unwrap();
        assert!(found.contains("daily_usd = 5.00") && found.contains("monthly_usd = 50.00"), "{found}");
    }

    #[test]
    fn a_project_gets_a_table_of_its_own_once() {
        let once = changed("", project("/src/a b"), "daily", Some(1_000_000_000), None).unwrap();
        let twice = changed(&once, project("/src/a b"), "daily", Some(2_000_000_000), Some("stop")).unwrap();
        assert_eq!(twice.matches("path = \"/src/a b\"").count(), 1, "{twice}");
        assert!(twice.contains("daily_usd = 2.00"), "{twice}");
    }

    #[test]
    fn what_cannot_be_is_told() {
        type Row = (BudgetOf, &'static str, Option<i64>, Option<&'static str>, &'static str);
        let rows: [Row; 6] = [
            (BudgetOf::default(), "yearly", Some(1), None, "choose daily, weekly or monthly"),
            (BudgetOf::default(), "daily", Some(-1), None, "0 or more"),
            (BudgetOf::default(), "daily", Some(1), Some("cry"), "choose warn or stop"),
            (client("nobody"), "daily", Some(1), None, "there is no client `nobody`"),
            (project("/x"), "daily", None, None, "has no budget"),
            (BudgetOf { project: Some("/x".to_owned()), ..client("ci") }, "daily", Some(1), None, "not both"),
        ];
        for (of, period, cap, action, says) in rows {
            let error = changed("", of, period, cap, action).unwrap_err();
            assert!(error.message.contains(says), "{}", error.message);
        }
    }
}
