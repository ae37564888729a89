//! Reads a model name as stage directions: `sim/<scenario>[=value][+<modifier>[=value]]…`.

mod modifiers;

pub(crate) use modifiers::{Modifiers, Slice, Style, TABLE, UsageShape};

use crate::scenario::{self, Scenario};

/// The prefix of every model that plays a scenario.
pub(crate) const PREFIX: &str = "sim/";

/// One scenario with what modifies it.
pub(crate) struct Play {
    pub(crate) scenario: &'static Scenario,
    /// What stands behind `=` after the scenario's name.
    pub(crate) value: Option<String>,
    pub(crate) modifiers: Modifiers,
}

/// Why a model name cannot be played.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SlugError {
    #[error("there is no scenario or modifier called `{0}`")]
    Unknown(String),
    #[error("`{value}` is no value for `{name}`: {wanted}")]
    Value { name: String, value: String, wanted: &'static str },
}

// === impl Play ===

impl Play {
    /// Reads the part of a slug behind `sim/`. A modifier may also stand first; the scenario is `text` then.
    pub(crate) fn parse(directions: &str) -> Result<Self, SlugError> {
        let mut parts = directions.split('+').map(|part| match part.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (part, None),
        });
        let (name, value) = parts.next().unwrap_or((directions, None));
        let mut modifiers = Modifiers::default();
        let (scenario, value) = match scenario::find(name) {
            Some(scenario) => (scenario, value),
            None => {
                match name.strip_prefix("usage-") {
                    Some(shape) => modifiers.apply("usage", Some(shape))?,
                    None => modifiers.apply(name, value)?,
                }
                (scenario::text(), None)
            }
        };
        for (name, value) in parts {
            modifiers.apply(name, value)?;
        }
        Ok(Self { scenario, value: value.map(str::to_owned), modifiers })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn parse(slug: &str) -> Play {
        Play::parse(slug).unwrap_or_else(|error| panic!("{slug}: {error}"))
    }

    #[test]
    fn modifiers_follow_the_scenario() {
        let play = parse("error-429+retry-after=7+times=2");
        assert_eq!(play.scenario.name, "error-429");
        assert_eq!(play.modifiers.retry_after.as_deref(), Some("7"));
        assert_eq!(play.modifiers.times, Some(2));
    }

    #[test]
    fn a_modifier_alone_changes_plain_text() {
        for slug in ["rst=100", "cut=5", "silence=2s", "stall-after=3", "usage-2025", "gzip", "slice=1"] {
            assert_eq!(parse(slug).scenario.name, "text", "{slug}");
        }
    }

    #[test]
    fn durations_have_units() {
        let rows = [
            ("delay=20ms", Duration::from_millis(20)),
            ("delay=20", Duration::from_millis(20)),
            ("delay=1.5s", Duration::from_millis(1500)),
            ("delay=250us", Duration::from_micros(250)),
            ("delay=2m", Duration::from_secs(120)),
        ];
        for (slug, expected) in rows {
            assert_eq!(parse(slug).modifiers.delay, Some(expected), "{slug}");
        }
    }

    #[test]
    fn every_modifier_of_the_table_is_understood() {
        for (name, value, about) in TABLE {
            parse(&format!("text+{name}{value}"));
            assert!(about.ends_with('.'), "{name}");
        }
    }

    #[test]
    fn what_is_unknown_is_named() {
        assert_eq!(Play::parse("tekst").err(), Some(SlugError::Unknown("tekst".into())));
        assert_eq!(Play::parse("text+fast").err(), Some(SlugError::Unknown("fast".into())));
        let wrong = Play::parse("text+words=many").err().unwrap().to_string();
        assert_eq!(wrong, "`many` is no value for `words`: a whole number");
    }
}
