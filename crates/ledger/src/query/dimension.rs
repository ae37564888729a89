//! What one may ask by.

use std::fmt;

use serde::{Serialize, Serializer};

/// By what spend is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// By time, in the user's zone.
    Time(CalendarUnit),
    /// By a fact of the request.
    Facet(Facet),
}

/// A stretch of the user's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CalendarUnit {
    /// An hour on the clock; when clocks go back, the hour there twice counts as two.
    Hour,
    /// From midnight to midnight: 23, 24 or 25 hours.
    Day,
    /// From Monday on.
    Week,
    /// A calendar month.
    Month,
}

/// A fact of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Facet {
    /// Model that answered.
    Model,
    /// Model's name as the client wrote it.
    RequestedModel,
    /// Provider behind the upstream.
    Provider,
    /// Folder the session works in.
    Project,
    /// Git branch.
    Branch,
    /// Client's session.
    Session,
    /// Type of the agent.
    Agent,
    /// Class of the request.
    Class,
    /// Name of the client's token.
    Client,
}

/// A text that is no dimension.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("spend cannot be split by `{0}`; choose one of: {list}", list = Dimension::names().join(", "))]
pub struct UnknownDimension(
    /// The text, cut to 40 characters.
    pub String,
);

// === impl Dimension ===

impl Dimension {
    /// Every dimension, in the order in which they are listed for people.
    pub const ALL: [Self; 13] = [
        Self::Time(CalendarUnit::Hour),
        Self::Time(CalendarUnit::Day),
        Self::Time(CalendarUnit::Week),
        Self::Time(CalendarUnit::Month),
        Self::Facet(Facet::Model),
        Self::Facet(Facet::RequestedModel),
        Self::Facet(Facet::Provider),
        Self::Facet(Facet::Project),
        Self::Facet(Facet::Branch),
        Self::Facet(Facet::Session),
        Self::Facet(Facet::Agent),
        Self::Facet(Facet::Class),
        Self::Facet(Facet::Client),
    ];

    /// The name as people and programs write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Time(CalendarUnit::Hour) => "hour",
            Self::Time(CalendarUnit::Day) => "day",
            Self::Time(CalendarUnit::Week) => "week",
            Self::Time(CalendarUnit::Month) => "month",
            Self::Facet(Facet::Model) => "model",
            Self::Facet(Facet::RequestedModel) => "requested-model",
            Self::Facet(Facet::Provider) => "provider",
            Self::Facet(Facet::Project) => "project",
            Self::Facet(Facet::Branch) => "branch",
            Self::Facet(Facet::Session) => "session",
            Self::Facet(Facet::Agent) => "agent",
            Self::Facet(Facet::Class) => "class",
            Self::Facet(Facet::Client) => "client",
        }
    }

    /// All names, for help and completion.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|dimension| dimension.as_str()).collect()
    }

    /// Reads a name; capitals and `_` for `-` are fine.
    ///
    /// # Errors
    /// [`UnknownDimension`], which lists the valid names.
    pub fn parse(text: &str) -> Result<Self, UnknownDimension> {
        let wanted = text.trim().to_lowercase().replace('_', "-");
        let known = Self::ALL.into_iter().find(|dimension| dimension.as_str() == wanted);
        known.ok_or_else(|| UnknownDimension(text.chars().take(40).collect()))
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Dimension {
    type Err = UnknownDimension;

    fn from_str(text: &str) -> Result<Self, UnknownDimension> {
        Self::parse(text)
    }
}

impl Serialize for Dimension {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

// === impl Facet ===

impl Facet {
    /// The column of `settled_request`.
    pub(crate) const fn column(self) -> &'static str {
        match self {
            Self::Model => "served_model",
            Self::RequestedModel => "requested_model",
            Self::Provider => "provider",
            Self::Project => "project",
            Self::Branch => "branch",
            Self::Session => "session",
            Self::Agent => "agent_type",
            Self::Class => "class",
            Self::Client => "client",
        }
    }

    /// `facet.kind`, as in `request_place`. A released number never changes.
    pub(crate) const fn kind(self) -> i64 {
        match self {
            Self::Model => 1,
            Self::RequestedModel => 2,
            Self::Provider => 3,
            Self::Project => 4,
            Self::Branch => 5,
            Self::Session => 6,
            Self::Agent => 7,
            Self::Class => 8,
            Self::Client => 9,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dimension_is_read_by_its_name() {
        for dimension in Dimension::ALL {
            assert_eq!(Dimension::parse(dimension.as_str()), Ok(dimension));
        }
        assert_eq!(Dimension::parse(" Requested_Model "), Ok(Dimension::Facet(Facet::RequestedModel)));
    }

    #[test]
    fn an_unknown_dimension_is_answered_by_the_list() {
        let error = "colour".parse::<Dimension>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "spend cannot be split by `colour`; choose one of: hour, day, week, month, model, \
             requested-model, provider, project, branch, session, agent, class, client"
        );
    }
}
