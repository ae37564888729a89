//! The parts of `config.toml` that limit what is spent and by whom.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use turnpike_wire::money::NanoUsd;

use super::{leaf, names};

/// The daily budget of those who wrote none.
const DEFAULT_DAILY: NanoUsd = NanoUsd(5_000_000_000);
/// The fractions at which people are warned, unless they chose others.
const DEFAULT_MARKS: [f64; 2] = [0.5, 0.8];
/// Hex digits of a SHA-256.
const SHA256_DIGITS: usize = 64;

/// `[budget]`: what all requests together may cost.
///
/// Without this table: $5 a day, which only warns. With it: exactly the caps it names, so an empty `[budget]`
/// sets no cap at all.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// The cap of a day.
    #[serde(default, deserialize_with = "leaf::some_dollars")]
    pub daily_usd: Option<NanoUsd>,
    /// The cap of a week.
    #[serde(default, deserialize_with = "leaf::some_dollars")]
    pub weekly_usd: Option<NanoUsd>,
    /// The cap of a month.
    #[serde(default, deserialize_with = "leaf::some_dollars")]
    pub monthly_usd: Option<NanoUsd>,
    /// Fractions of a cap at which people are warned, ascending.
    #[serde(default = "default_marks", deserialize_with = "marks")]
    pub warn_at: Vec<f64>,
    /// What happens at the cap.
    #[serde(default)]
    pub action: BudgetAction,
}

/// What happens when a budget is used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BudgetAction {
    /// People are told, requests go on.
    #[default]
    Warn,
    /// Requests are refused until the budget's reset.
    Stop,
}

/// `[[project]]`: the budget of a working directory and all below it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// The directory, absolute or beginning with `~/`, as written.
    #[serde(deserialize_with = "folder")]
    pub path: String,
    /// The cap of a day.
    #[serde(default, deserialize_with = "leaf::some_dollars")]
    pub daily_usd: Option<NanoUsd>,
    /// The cap of a week.
    #[serde(default, deserialize_with = "leaf::some_dollars")]
    pub weekly_usd: Option<NanoUsd>,
    /// The cap of a month.
    #[serde(default, deserialize_with = "leaf::some_dollars")]
    pub monthly_usd: Option<NanoUsd>,
    /// What happens at the cap; `None`: as `[budget]` says.
    #[serde(default)]
    pub action: Option<BudgetAction>,
}

/// `[[client]]`: a further local token with limits of its own.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// How people call it.
    #[serde(deserialize_with = "names::name")]
    pub name: String,
    /// SHA-256 of the token, in hex. A client without one cannot log in yet.
    #[serde(default, deserialize_with = "sha256")]
    pub token_sha256: Option<String>,
    /// The cap of a day.
    #[serde(default, deserialize_with = "leaf::some_dollars")]
    pub daily_usd: Option<NanoUsd>,
    /// The cap of a week.
    #[serde(default, deserialize_with = "leaf::some_dollars")]
    pub weekly_usd: Option<NanoUsd>,
    /// The cap of a month.
    #[serde(default, deserialize_with = "leaf::some_dollars")]
    pub monthly_usd: Option<NanoUsd>,
    /// What happens at the cap; `None`: as `[budget]` says.
    #[serde(default)]
    pub action: Option<BudgetAction>,
    /// Patterns of the slugs that may answer it, or short names; `None`: all.
    #[serde(default, deserialize_with = "names::some_patterns")]
    pub models: Option<Vec<String>>,
    /// Requests it may make in a minute.
    #[serde(default, deserialize_with = "leaf::at_least_one")]
    pub requests_per_minute: Option<u32>,
    /// Requests it may make in an hour.
    #[serde(default, deserialize_with = "leaf::at_least_one")]
    pub requests_per_hour: Option<u32>,
    /// Streams it may have open at once.
    #[serde(default, deserialize_with = "leaf::at_least_one")]
    pub parallel_streams: Option<u32>,
}

// === impl Budget ===

impl Default for Budget {
    fn default() -> Self {
        Self {
            daily_usd: Some(DEFAULT_DAILY),
            weekly_usd: None,
            monthly_usd: None,
            warn_at: default_marks(),
            action: BudgetAction::Warn,
        }
    }
}

impl Budget {
    /// Whether any cap is set.
    #[must_use]
    pub fn has_cap(&self) -> bool {
        [self.daily_usd, self.weekly_usd, self.monthly_usd].iter().any(Option::is_some)
    }
}

// === impl Client ===

impl Client {
    /// A client without a token and without limits.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            token_sha256: None,
            daily_usd: None,
            weekly_usd: None,
            monthly_usd: None,
            action: None,
            models: None,
            requests_per_minute: None,
            requests_per_hour: None,
            parallel_streams: None,
        }
    }
}

// === impl Project ===

impl Project {
    /// The directory with `~` replaced by the user's home; `None` when it begins with `~` and there is no home.
    #[must_use]
    pub fn directory(&self) -> Option<PathBuf> {
        expand(&self.path, directories::BaseDirs::new().as_ref().map(directories::BaseDirs::home_dir))
    }
}

fn expand(path: &str, home: Option<&Path>) -> Option<PathBuf> {
    match path.strip_prefix('~') {
        None => Some(PathBuf::from(path)),
        Some(rest) => home.map(|home| home.join(rest.trim_start_matches('/'))),
    }
}

// === single values ===

fn default_marks() -> Vec<f64> {
    DEFAULT_MARKS.to_vec()
}

fn marks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    let mut marks = Vec::<f64>::deserialize(deserializer)?;
    if !marks.iter().copied().all(leaf::is_fraction) {
        return Err(D::Error::custom("out of range"));
    }
    marks.sort_by(f64::total_cmp);
    marks.dedup();
    Ok(marks)
}

fn folder<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let rooted = text == "~" || text.starts_with("~/") || Path::new(&text).is_absolute();
    if rooted { Ok(text) } else { Err(D::Error::custom("relative")) }
}

fn sha256<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?.to_ascii_lowercase();
    let is_hash = text.len() == SHA256_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { Ok(Some(text)) } else { Err(D::Error::custom("no hash")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_is_the_home() {
        let home = Path::new("/home/me");
        for (path, home, directory) in [
            ("~/src/app", Some(home), Some("/home/me/src/app")),
            ("~", Some(home), Some("/home/me")),
            ("/srv/app", Some(home), Some("/srv/app")),
            ("/srv/~app", None, Some("/srv/~app")),
            ("~/src/app", None, None),
        ] {
            assert_eq!(expand(path, home), directory.map(PathBuf::from), "{path}");
        }
    }
}
