//! What a notification lets a person do at once. Where the desktop shows no buttons, its text stands for itself.

use turnpike_api::notice::{Notice, NoticeKind as Kind};

use crate::menu::Action;

/// Subject of the notice that the service was given up.
const GIVEN_UP: &str = "given up";

/// A button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What stands on it.
    pub title: &'static str,
    /// What it does.
    pub action: Action,
}

/// The view of the page that tells more of that kind.
pub(super) const fn view(kind: Kind) -> &'static str {
    match kind {
        Kind::Stopped => "",
        Kind::Key => "setup",
        Kind::Limited | Kind::LimitOver | Kind::Budget | Kind::Credits => "limits",
        Kind::Fallback => "models",
        Kind::Spike => "spend",
    }
}

/// The buttons of a notification of that kind that tells all these.
pub(super) fn offers(kind: Kind, notices: &[Notice]) -> Vec<Offer> {
    let special = match (kind, notices) {
        (Kind::Stopped, [.., last]) if last.subject == GIVEN_UP => {
            Some(Offer { title: "Start", action: Action::StartService })
        }
        (Kind::Limited | Kind::Fallback, _) => {
            Some(Offer { title: "Choose another model", action: Action::Open { view: "models" } })
        }
        // Of several it would not be clear which one.
        (Kind::Budget, [notice]) => {
            double(&notice.subject).map(|title| Offer { title, action: raise(notice) })
        }
        _ => None,
    };
    special
        .into_iter()
        .chain([Offer { title: "Open Turnpike", action: Action::Open { view: view(kind) } }])
        .collect()
}

fn raise(notice: &Notice) -> Action {
    Action::RaiseBudget { subject: notice.subject.clone() }
}

/// The words for raising a budget, by its notice's subject, which ends with period, mark and beginning.
fn double(subject: &str) -> Option<&'static str> {
    match subject.rsplit(' ').nth(2)? {
        "daily" => Some("Double it for today"),
        "weekly" => Some("Double it for this week"),
        "monthly" => Some("Double it for this month"),
        _ => None,
    }
}

/// The service is not tried any more; why.
#[must_use]
pub fn given_up(words: &str) -> Notice {
    Notice { subject: GIVEN_UP.to_owned(), ..Notice::of_end(words) }
}
