//! Which notices of the service's were taken in. Events may be missed while the service or the tray starts; the list that the service
//! keeps has them all.

use std::collections::BTreeSet;

use turnpike_api::command::KeptNotice;

use super::{Kind, Notice};

/// Which notices were taken in.
#[derive(Debug)]
pub struct CaughtUp {
    /// What is older was told to somebody else. Unix seconds.
    since: i64,
    taken: BTreeSet<(i64, Kind, String)>,
}

// === impl CaughtUp ===

impl CaughtUp {
    /// From that moment on, in Unix seconds.
    #[must_use]
    pub const fn from(since: i64) -> Self {
        Self { since, taken: BTreeSet::new() }
    }

    /// Those among them that were not taken in before, the oldest first.
    pub fn take(&mut self, kept: &[KeptNotice]) -> Vec<Notice> {
        let mut new: Vec<&KeptNotice> = kept.iter().filter(|kept| self.is_new(kept)).collect();
        new.sort_by_key(|kept| kept.at);
        new.into_iter().cloned().map(Notice::from).collect()
    }

    fn is_new(&mut self, kept: &KeptNotice) -> bool {
        kept.at >= self.since && self.taken.insert((kept.at, kept.kind, kept.subject.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_taken_in_once_by_event_or_by_list() {
        let kept = |at, subject: &str| KeptNotice {
            at,
            kind: Kind::Limited,
            subject: subject.to_owned(),
            text: format!("{subject} at {at}"),
            period_seconds: 60,
        };
        let mut caught_up = CaughtUp::from(100);
        let mut take = |list: &[KeptNotice]| -> Vec<String> {
            caught_up.take(list).into_iter().map(|notice| notice.text).collect()
        };
        assert_eq!(take(&[kept(101, "terra")]), ["terra at 101"], "an event");
        let list = [kept(103, "luna"), kept(102, "terra"), kept(101, "terra"), kept(99, "flash")];
        assert_eq!(take(&list), ["terra at 102", "luna at 103"], "the newest stands first in the list");
        assert_eq!(take(&list), [""; 0]);
    }
}
