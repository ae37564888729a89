//! Presets: which models stand for Claude's roles.

use serde::{Deserialize, Serialize};

/// Asks for all presets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct ListPresets {}

/// All presets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PresetsReply {
    /// The revision to name when one is chosen.
    pub revision: String,
    /// The day on which the table of presets was last gone over, `YYYY-MM-DD`.
    pub table_of: String,
    /// When the catalogue that they are checked against was fetched; `None` for the facts that come with the program.
    pub checked: Option<i64>,
    /// The presets.
    pub presets: Vec<Preset>,
}

/// One preset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Preset {
    /// Its name.
    pub name: String,
    /// What it is, in a sentence.
    pub about: String,
    /// Whether its entries are in the configuration now.
    pub is_in_use: bool,
    /// One model for each role.
    pub roles: Vec<PresetRole>,
    /// What was replaced since the table was written and what is missing, each a sentence.
    pub notices: Vec<String>,
}

/// A model for a role. Prices are nano-dollars for a million tokens; `None` where they are not known or vary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PresetRole {
    /// `opus`, `sonnet`, `haiku`, `subagent`, `safety_check`, `images` or `fallback`.
    pub role: String,
    /// The model.
    pub slug: String,
    /// Its price for input.
    pub input_nanos_per_million: Option<i64>,
    /// Its price for output.
    pub output_nanos_per_million: Option<i64>,
    /// What Claude's own model of the role takes for input, by list price.
    pub claude_input_nanos_per_million: Option<i64>,
    /// The same for output.
    pub claude_output_nanos_per_million: Option<i64>,
}

/// Writes a preset's maps and rules into the configuration, in the place of another preset's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct UsePreset {
    /// The revision that the change was made for.
    pub revision: String,
    /// The preset's name; `none` takes the entries of whatever preset away.
    pub name: String,
}

/// The preset is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct UsedPreset {
    /// The configuration's revision from here on.
    pub revision: String,
    /// What was replaced, and which of the user's own maps come first, each a sentence.
    pub notices: Vec<String>,
}
