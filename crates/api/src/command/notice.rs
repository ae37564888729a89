//! What people were told of, and what they want to be told of.

use serde::{Deserialize, Serialize};

use crate::notice::NoticeKind;

/// Asks what people were told of lately.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Notices {}

/// What people were told of lately.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NoticesReply {
    /// The last hundred, the newest first, of kinds that are not shown too.
    pub notices: Vec<KeptNotice>,
    /// Every kind, the gravest first, and whether the desktop shows it.
    pub kinds: Vec<NoticeSwitch>,
}

/// A notice that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct KeptNotice {
    /// When.
    pub at: i64,
    /// Its kind.
    pub kind: NoticeKind,
    /// What it is about: the same is not told again within its period.
    pub subject: String,
    /// One sentence.
    pub text: String,
    /// Seconds in which it is not repeated.
    pub period_seconds: u64,
}

/// Whether the desktop shows notices of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NoticeSwitch {
    /// The kind; its switch is `notify.` and this name in the configuration.
    pub kind: NoticeKind,
    /// The first line of its notifications.
    pub title: String,
    /// Whether it is shown.
    pub is_on: bool,
}
