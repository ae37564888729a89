//! The way into the page.

use serde::{Deserialize, Serialize};

use crate::SecretText;

/// Asks for a link that lets a browser in once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct OpenPage {
    /// Also write a file, readable by its owner alone, that leads a browser to the link, so that the link is in no
    /// command line.
    pub redirect_file: bool,
}

/// Starts the demo, on a simulated OpenRouter, beside the running service, and asks for a link into its page. One that runs
/// already ends first. It ends with the service, and once there is a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct OpenDemo {}

/// A link that lets a browser in once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PageLink {
    /// The link. Its code stands behind the `#`, which browsers do not send.
    pub url: SecretText,
    /// How long it can be used, in seconds.
    pub valid_seconds: u64,
    /// The file that leads there, when one was asked for; it goes when the link is used or has expired.
    pub redirect_file: Option<String>,
}
