//! From `config.toml` to budgets.

use turnpike_budget::{Action, Caps, Limit, Limits, Scope};
use turnpike_settings::Config;
use turnpike_settings::config::BudgetAction;

/// The budgets of a configuration; those without any cap are left out. A client or a project that does not say what
/// happens at its caps does as `[budget]` says.
#[must_use]
pub fn of(config: &Config) -> Limits {
    let budget = &config.budget;
    let own = |choice: Option<BudgetAction>| action(choice.unwrap_or(budget.action));
    let all = Limit {
        scope: Scope::All,
        caps: [budget.daily_usd, budget.weekly_usd, budget.monthly_usd],
        action: own(None),
    };
    let clients = config.clients.iter().map(|client| Limit {
        scope: Scope::Client(client.name.clone()),
        caps: [client.daily_usd, client.weekly_usd, client.monthly_usd],
        action: own(client.action),
    });
    let projects = config.projects.iter().filter_map(|project| {
        Some(Limit {
            scope: Scope::Project(project.directory()?.to_string_lossy().into_owned()),
            caps: [project.daily_usd, project.weekly_usd, project.monthly_usd],
            action: own(project.action),
        })
    });
    let list = std::iter::once(all).chain(clients).chain(projects);
    Limits {
        zone: config.general.timezone.zone(),
        warn_at: budget.warn_at.clone(),
        list: list.filter(|limit| limit.caps != Caps::default()).collect(),
    }
}

const fn action(action: BudgetAction) -> Action {
    match action {
        BudgetAction::Warn => Action::Warn,
        BudgetAction::Stop => Action::Stop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_budget_has_an_action() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let text = "[budget]\naction = \"stop\"\ndaily_usd = 1\n[[client]]\nname = \"ci\"\nweekly_usd = 2\n\
            [[client]]\nname = \"free\"\n[[project]]\npath = \"/src\"\nmonthly_usd = 3\naction = \"warn\"\n";
        std::fs::write(&path, text).unwrap();
        let limits = of(&Config::load(&path).unwrap().config);
        let found: Vec<(String, Action)> =
            limits.list.iter().map(|limit| (limit.scope.to_string(), limit.action)).collect();
        let row = |scope: &str, action| (scope.to_owned(), action);
        assert_eq!(
            found,
            [
                row("all requests", Action::Stop),
                row("client ci", Action::Stop),
                row("project /src", Action::Warn)
            ]
        );
    }
}
