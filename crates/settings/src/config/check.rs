//! What no single key can show: names that stand twice, rules without a condition, caps that are missing.

use std::collections::HashSet;

use super::error::Problem;
use super::locate::Step;
use super::read::Finding;
use super::{BudgetAction, Config, Destination, RequestClass, Rule};

/// The first thing that is wrong with a configuration as a whole.
pub(super) fn config(config: &Config) -> Result<(), Finding> {
    unique("map", "name", config.maps.iter().map(|map| map.name.as_str()))?;
    unique("project", "path", config.projects.iter().map(|project| project.path.as_str()))?;
    unique("client", "name", config.clients.iter().map(|client| client.name.as_str()))?;
    unique_where_written(
        "client",
        "token_sha256",
        config.clients.iter().map(|client| client.token_sha256.as_deref()),
    )?;
    for (index, map) in config.maps.iter().enumerate() {
        destination("map", index, &map.to)?;
    }
    for (index, rule) in config.rules.iter().enumerate() {
        destination("rule", index, &rule.to)?;
        condition(config, index, rule)?;
    }
    budget(config)
}

fn unique<'a>(list: &str, key: &str, names: impl Iterator<Item = &'a str>) -> Result<(), Finding> {
    unique_where_written(list, key, names.map(Some))
}

fn unique_where_written<'a>(
    list: &str,
    key: &str,
    names: impl Iterator<Item = Option<&'a str>>,
) -> Result<(), Finding> {
    let mut seen = HashSet::new();
    for (index, name) in names.enumerate() {
        let Some(name) = name else { continue };
        if !seen.insert(name) {
            let problem = Problem::Twice { name: name.to_owned(), first: 0 };
            return Err(Finding { path: in_list(list, index, &[key]), problem });
        }
    }
    Ok(())
}

fn destination(list: &str, index: usize, to: &Destination) -> Result<(), Finding> {
    if to.params.effort.is_some() && to.params.reasoning_max_tokens.is_some() {
        let path = in_list(list, index, &["params", "reasoning_max_tokens"]);
        return Err(Finding { path, problem: Problem::TwoEfforts });
    }
    Ok(())
}

fn condition(config: &Config, index: usize, rule: &Rule) -> Result<(), Finding> {
    if rule.when.is_empty() {
        return Err(Finding { path: in_list("rule", index, &["when"]), problem: Problem::NoCondition });
    }
    if rule.when.class != Some(RequestClass::SafetyCheck) {
        return Ok(());
    }
    let small_work = config
        .rules
        .iter()
        .filter(|rule| matches!(rule.when.class, Some(RequestClass::Auxiliary | RequestClass::SideReply)));
    let small_work: Vec<&str> = small_work.flat_map(|rule| named(&rule.to)).collect();
    let problem = |target: &str| {
        let why = turnpike_routing::is_unsafe(target, small_work.iter().copied())?;
        Some(Problem::UnsafeSafetyCheck { target: target.to_owned(), why })
    };
    let fault = |key: &str, problem| Finding { path: in_list("rule", index, &[key]), problem };
    if let Some(problem) = problem(&rule.to.target) {
        return Err(fault("target", problem));
    }
    match rule.to.fallback.iter().find_map(|target| problem(target)) {
        Some(problem) => Err(fault("fallback", problem)),
        None => Ok(()),
    }
}

/// All models that a destination names.
fn named(to: &Destination) -> impl Iterator<Item = &str> {
    std::iter::once(&to.target).chain(&to.fallback).map(String::as_str)
}

fn budget(config: &Config) -> Result<(), Finding> {
    let budget = &config.budget;
    let clients =
        config.clients.iter().map(|client| [client.daily_usd, client.weekly_usd, client.monthly_usd]);
    let projects =
        config.projects.iter().map(|project| [project.daily_usd, project.weekly_usd, project.monthly_usd]);
    let others_have_caps = clients.chain(projects).flatten().any(|cap| cap.is_some());
    if budget.action == BudgetAction::Stop && !budget.has_cap() && !others_have_caps {
        let path = vec![Step::Name("budget".to_owned()), Step::Name("action".to_owned())];
        return Err(Finding { path, problem: Problem::NothingToStopAt });
    }
    Ok(())
}

fn in_list(list: &str, index: usize, names: &[&str]) -> Vec<Step> {
    let mut path = vec![Step::Name(list.to_owned()), Step::Index(index)];
    path.extend(names.iter().map(|name| Step::Name((*name).to_owned())));
    path
}
