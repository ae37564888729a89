//! Import: what other tools' settings become here.

use serde::{Deserialize, Serialize};

use super::KeyReport;

/// Whose settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ImportFrom {
    /// claude-code-router: `~/.claude-code-router/config.json`.
    Ccr,
    /// LiteLLM: `config.yaml`.
    Litellm,
    /// An `.env` file.
    Env,
    /// A shell's profile.
    Shell,
}

/// Where to look.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ImportPlace {
    /// Only settings of this tool; `None`: of all of them.
    pub from: Option<ImportFrom>,
    /// This file; `None`: where the tools keep theirs.
    pub path: Option<String>,
    /// A folder whose `config.yaml` and `.env` are looked at too.
    pub folder: Option<String>,
}

/// Looks for other tools' settings and tells what they would become. Changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct PreviewImport {
    /// Where to look.
    pub place: ImportPlace,
}

/// What would be imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ImportPreview {
    /// The configuration's revision, to be named when it is applied.
    pub revision: String,
    /// The files in which something was found.
    pub sources: Vec<ImportSource>,
    /// The entries that would be added to config.toml, as they would stand there; empty for nothing. Each goes behind
    /// those of its kind.
    pub text: String,
    /// How many maps are in it.
    pub maps: usize,
    /// How many rules are in it.
    pub rules: usize,
    /// The OpenRouter key that was found. It would go into the keychain.
    pub key: Option<ImportKey>,
    /// What is not written because the configuration says something already, each a sentence.
    pub conflicts: Vec<String>,
    /// What has no counterpart here, and what to know, each a sentence.
    pub notices: Vec<String>,
}

/// A file in which something was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ImportSource {
    /// Whose it is.
    pub from: ImportFrom,
    /// The file.
    pub path: String,
}

/// A key that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ImportKey {
    /// How people recognise it: dots and the last four characters.
    pub masked: String,
    /// Where it was found.
    pub found_in: String,
}

/// Writes what was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ApplyImport {
    /// The revision that it was shown for.
    pub revision: String,
    /// Where to look, as before.
    pub place: ImportPlace,
    /// The text that was shown: what would be written must still be that.
    pub text: String,
    /// Whether the key that was found goes into the keychain, in the place of the one that is there.
    pub with_key: bool,
}

/// It was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Imported {
    /// The configuration's revision from here on.
    pub revision: String,
    /// How many maps were added.
    pub maps: usize,
    /// How many rules were added.
    pub rules: usize,
    /// What is known of the key, when one was taken over.
    pub key: Option<KeyReport>,
}
