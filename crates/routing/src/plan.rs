//! The result of routing: where a request goes, in which order, and why.

use serde::Serialize;

use crate::conformance::{Mends, Probed};
use crate::fit::PassedOver;

/// How a request is handed to a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Natively for Anthropic's own models, translated for all others.
    #[default]
    Auto,
    /// To chat completions.
    Translate,
    /// To OpenRouter's Messages endpoint.
    Native,
}

/// One model to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `author/slug[:variant]`
    pub slug: String,
    /// Native or translated, decided.
    pub native: bool,
    /// What is mended in its answers, as far as `[repair]` allows it.
    pub mends: Mends,
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The targets, in the order in which they are tried; never empty, none twice.
    pub targets: Vec<Target>,
    /// How the map or rule wants requests handed over.
    pub mode: Mode,
    /// Which map or rule decided; `None` for a slug or the default.
    pub settings: Option<usize>,
    /// Why.
    pub decision: Decision,
}

/// Why a request goes where it goes, for its log entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// What decided.
    #[serde(flatten)]
    pub reason: Reason,
    /// The targets, in order.
    pub targets: Vec<String>,
    /// Those among them that cannot take the request, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<PassedOver>,
    /// What earlier probes of targets decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub probed: Vec<Probed>,
    /// The rule that would have decided, were this no safety check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overridden: Option<String>,
}

/// What decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Reason {
    /// A rule.
    Rule {
        /// Its name, or its number from 1.
        rule: String,
    },
    /// A map.
    Map {
        /// Its name with wildcards.
        map: String,
    },
    /// The name is a slug of OpenRouter's.
    Slug,
    /// The name is a short name.
    ShortName {
        /// The short name.
        name: String,
    },
    /// Nothing is configured for this name of Anthropic's.
    Default,
    /// A person asked this model what a captured request asked.
    Replay {
        /// Number of that request's row.
        of: i64,
    },
}

// === impl Target ===

impl Target {
    /// A target; `auto` means natively for Anthropic's own models.
    #[must_use]
    pub fn new(slug: &str, mode: Mode) -> Self {
        let native = match mode {
            Mode::Auto => slug.trim_start_matches('~').starts_with("anthropic/"),
            Mode::Translate => false,
            Mode::Native => true,
        };
        Self { slug: slug.to_owned(), native, mends: Mends::ALL }
    }
}

// === impl Plan ===

impl Plan {
    /// A plan over these slugs; one that comes twice is tried once.
    #[must_use]
    pub fn new<'s>(
        slugs: impl IntoIterator<Item = &'s str>,
        mode: Mode,
        settings: Option<usize>,
        reason: Reason,
    ) -> Self {
        let mut targets: Vec<Target> = Vec::new();
        for slug in slugs {
            if !targets.iter().any(|target| target.slug == slug) {
                targets.push(Target::new(slug, mode));
            }
        }
        let names = targets.iter().map(|target| target.slug.clone()).collect();
        Self {
            targets,
            mode,
            settings,
            decision: Decision {
                reason,
                targets: names,
                passed: Vec::new(),
                probed: Vec::new(),
                overridden: None,
            },
        }
    }
}
