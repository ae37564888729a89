//! What a client of the data plane needs in its environment.

use serde::{Deserialize, Serialize};

use crate::SecretText;

/// Asks for the environment of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Environment {
    /// The model that the client is told to ask for, when it is not one of Claude's own names.
    pub model: Option<String>,
}

/// The environment of a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EnvironmentReply {
    /// The variables, in the order in which they are shown. One of them holds the local token.
    pub variables: Vec<Variable>,
    /// What to know before using them.
    pub warnings: Vec<String>,
}

/// One variable. Its value is never printed by accident: the local token is among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Variable {
    /// `ANTHROPIC_BASE_URL` …
    pub name: String,
    /// Its value; may be empty, which is not the same as leaving it out.
    pub value: SecretText,
}
