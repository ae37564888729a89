//! Budgets in the API's words and in sentences.

use turnpike_api::command::{BudgetOf, BudgetStanding};
use turnpike_api::{ApiError, ErrorCode};
use turnpike_budget::{Action, BudgetLine, Crossing, Scope, Span};

pub(super) fn standing(line: &BudgetLine) -> BudgetStanding {
    BudgetStanding {
        of: match &line.scope {
            Scope::All => BudgetOf::default(),
            Scope::Client(name) => BudgetOf { client: Some(name.clone()), project: None },
            Scope::Project(path) => BudgetOf { client: None, project: Some(path.clone()) },
        },
        period: line.span.as_str().to_owned(),
        cap_nanos: line.cap_now().map(|cap| cap.nanos()),
        raised_nanos: line.raised.nanos(),
        settled_nanos: line.settled.nanos(),
        is_approximate: false,
        reserved_nanos: line.reserved.nanos(),
        used_permille: line.permille(),
        starts_at: line.window.start.as_second(),
        resets_at: line.window.end.as_second(),
        action: match line.action {
            Action::Warn => "warn".to_owned(),
            Action::Stop => "stop".to_owned(),
        },
    }
}

pub(super) fn crossing(crossing: &Crossing) -> String {
    let line = &crossing.line;
    let cap = line.cap_now().unwrap_or_default().display();
    let (span, scope, spent) = (line.span, &line.scope, line.settled.display());
    match (crossing.mark, line.action) {
        (1_000.., Action::Stop) => {
            format!(
                "the {span} budget of {scope} is used up ({spent} of {cap}): further requests are refused"
            )
        }
        (1_000.., Action::Warn) => {
            format!(
                "the {span} budget of {scope} is used up ({spent} of {cap}); requests go on, as it only warns"
            )
        }
        (mark, _) => format!("{} % of the {span} budget of {scope} is used: {spent} of {cap}", mark / 10),
    }
}

/// # Errors
/// When both a client and a project are named.
pub(super) fn scope(of: &BudgetOf) -> Result<Scope, ApiError> {
    match (&of.client, &of.project) {
        (Some(_), Some(_)) => {
            Err(ApiError::new(ErrorCode::Invalid, "a budget is a client's or a project's, not both"))
        }
        (Some(name), None) => Ok(Scope::Client(name.clone())),
        (None, Some(path)) => Ok(Scope::Project(path.clone())),
        (None, None) => Ok(Scope::All),
    }
}

/// # Errors
/// For a word that is none.
pub(super) fn span(word: &str) -> Result<Span, ApiError> {
    Span::parse(word).ok_or_else(|| {
        let word: String = word.chars().take(40).collect();
        ApiError::new(
            ErrorCode::Invalid,
            format!("`{word}` is no period of a budget: choose daily, weekly or monthly"),
        )
    })
}
