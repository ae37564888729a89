//! `turnpike budget`
//!
//! With a running service a change goes through it and is in force at once; without one it is made on the file.

use std::io::{self, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use turnpike_api::Command as _;
use turnpike_api::command::{BudgetOf, BudgetStanding, Budgets, RaiseBudget, SetBudget};
use turnpike_control::budget;
use turnpike_ledger::LedgerReader;
use turnpike_settings::StateFile;
use turnpike_wire::money::NanoUsd;

use crate::cli::{BudgetAction, BudgetRaiseArgs, BudgetSetArgs, BudgetTarget};
use crate::exit::{Exit, Failure};
use crate::own;
use crate::place::Place;
use crate::table::{Align, Table};

pub(crate) fn run(place: &Place, json: bool, action: Option<BudgetAction>) -> Result<(), Failure> {
    match action {
        None => show(place, json),
        Some(BudgetAction::Show { json }) => show(place, json),
        Some(BudgetAction::Set(args)) => set(place, &args),
        Some(BudgetAction::Raise(args)) => raise(place, &args),
    }
}

fn show(place: &Place, json: bool) -> Result<(), Failure> {
    let budgets = standings(place)?;
    let mut out = io::stdout().lock();
    if json {
        return Ok(writeln!(out, "{}", super::json(&budgets)?)?);
    }
    if budgets.is_empty() {
        return Ok(writeln!(out, "{}", own::lines("There is no budget. Set one: turnpike budget set 5.00"))?);
    }
    let zone = place.zone();
    Ok(table(&budgets, &zone).write(&mut out)?)
}

/// As the service has it, or by the ledger when none runs.
pub(crate) fn standings(place: &Place) -> Result<Vec<BudgetStanding>, Failure> {
    if let Some(client) = place.service_if_running()? {
        return Ok(client.call(&Budgets::default())?.budgets);
    }
    let told = |error: &dyn std::fmt::Display| Failure::plain(error.to_string());
    let config = place.config_file().load()?.config;
    let state = StateFile::new(place.data_dir.state()).load().unwrap_or_default();
    let reader = LedgerReader::open(&place.data_dir.ledger()).map_err(|error| told(&error))?;
    budget::standings(&reader, &config, &state, Timestamp::now()).map_err(|error| told(&error))
}

fn table(budgets: &[BudgetStanding], zone: &TimeZone) -> Table {
    let mut table = Table::new(&[
        ("budget", Align::Left),
        ("period", Align::Left),
        ("spent", Align::Right),
        ("under way", Align::Right),
        ("cap", Align::Right),
        ("used", Align::Right),
        ("at the cap", Align::Left),
        ("starts anew", Align::Left),
    ]);
    for budget in budgets {
        let money = |nanos| NanoUsd(nanos).display();
        let raised = if budget.raised_nanos > 0 { " (raised)" } else { "" };
        let reset = Timestamp::from_second(budget.resets_at).unwrap_or_default().to_zoned(zone.clone());
        table.row([
            whose(&budget.of),
            budget.period.clone(),
            NanoUsd(budget.settled_nanos).display_about(budget.is_approximate),
            if budget.reserved_nanos == 0 {
                String::new()
            } else {
                format!("~{}", money(budget.reserved_nanos))
            },
            format!("{}{raised}", budget.cap_nanos.map(money).unwrap_or_default()),
            format!("{} %", budget.used_permille.unwrap_or_default() / 10),
            if budget.action == "stop" { "refuses".to_owned() } else { "warns".to_owned() },
            reset.strftime("%Y-%m-%d %H:%M").to_string(),
        ]);
    }
    table
}

pub(crate) fn whose(of: &BudgetOf) -> String {
    match of {
        BudgetOf { client: Some(name), .. } => format!("client {name}"),
        BudgetOf { project: Some(path), .. } => path.clone(),
        BudgetOf { .. } => "all".to_owned(),
    }
}

fn set(place: &Place, args: &BudgetSetArgs) -> Result<(), Failure> {
    let cap = if args.amount.eq_ignore_ascii_case("none") { None } else { Some(amount(&args.amount)?) };
    let (of, period) = (target(&args.target)?, args.target.period.as_str());
    let asked = |revision: String| SetBudget {
        revision,
        of: of.clone(),
        period: period.to_owned(),
        cap_nanos: cap.map(NanoUsd::nanos),
        action: args.action.clone(),
    };
    match place.service_if_running()? {
        Some(client) => {
            let revision = client.call(&Budgets::default())?.revision;
            client.call(&asked(revision))?;
        }
        None => {
            let file = place.config_file();
            let revision = file.load()?.revision.as_str().to_owned();
            let asked = asked(revision);
            budget::edit_file(&file, &asked)?;
            place.keep(SetBudget::NAME, &asked);
        }
    }
    let told = match cap {
        Some(cap) => format!("The {period} budget of {} is {}.", whose(&of), cap.display()),
        None => format!("There is no {period} budget of {} any more.", whose(&of)),
    };
    Ok(writeln!(io::stdout(), "{told}")?)
}

fn raise(place: &Place, args: &BudgetRaiseArgs) -> Result<(), Failure> {
    let by = amount(&args.amount)?;
    let client = place.service()?;
    let period = args.target.period.clone();
    let raised = client.call(&RaiseBudget { of: target(&args.target)?, period, by_nanos: by.nanos() })?;
    let cap = NanoUsd(raised.cap_nanos.unwrap_or_default()).display();
    let told = format!(
        "The {} budget of {} is {cap} until it starts anew; {} of it is spent.",
        raised.period,
        whose(&raised.of),
        NanoUsd(raised.settled_nanos).display_about(raised.is_approximate),
    );
    Ok(writeln!(io::stdout(), "{told}")?)
}

/// Dollars as people write them, exactly.
pub(crate) fn amount(text: &str) -> Result<NanoUsd, Failure> {
    let plain = text.trim().trim_start_matches('$');
    let wrong = |why: &str| {
        let shown: String = text.chars().take(40).collect();
        Failure::of(Exit::Usage, format!("`{shown}` is no amount: {why}; write dollars, such as 5 or 7.50"))
    };
    match NanoUsd::parse(plain) {
        Ok(amount) if amount >= NanoUsd::ZERO => Ok(amount),
        Ok(_) => Err(wrong("a budget is not negative")),
        Err(_) => Err(wrong("it cannot be read")),
    }
}

/// Whose budget is meant; a folder is taken from here.
fn target(target: &BudgetTarget) -> Result<BudgetOf, Failure> {
    let project = target.project.as_ref().map(|path| {
        let whole = std::path::absolute(path)
            .map_err(|error| Failure::of(Exit::Usage, format!("{} is no folder: {error}", path.display())))?;
        // A link is followed where it can be: sessions tell the folder that they are really in.
        let whole = std::fs::canonicalize(&whole).unwrap_or(whole);
        Ok::<_, Failure>(whole.to_string_lossy().trim_end_matches('/').to_owned())
    });
    Ok(BudgetOf { client: target.client.clone(), project: project.transpose()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_dollars_and_not_negative() {
        for (text, nanos) in [("5", 5_000_000_000), ("$7.50", 7_500_000_000), ("0", 0), ("0.000000001", 1)] {
            assert_eq!(amount(text).ok(), Some(NanoUsd(nanos)), "{text}");
        }
        for text in ["-1", "five", "", "1,50", "99999999999999"] {
            assert!(matches!(amount(text), Err(Failure::Told { exit: Exit::Usage, .. })), "{text}");
        }
    }

    #[test]
    fn the_table_tells_what_is_left_to_know() {
        let budget = BudgetStanding {
            of: BudgetOf::default(),
            period: "daily".to_owned(),
            cap_nanos: Some(7_000_000_000),
            raised_nanos: 2_000_000_000,
            settled_nanos: 3_500_000_000,
            is_approximate: true,
            reserved_nanos: 250_000_000,
            used_permille: Some(500),
            starts_at: 0,
            resets_at: 1_793_836_800,
            action: "stop".to_owned(),
        };
        let mut out = Vec::new();
        table(&[budget], &TimeZone::UTC).write(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let words: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(
            words,
            [
                "all",
                "daily",
                "~$3.50",
                "~$0.25",
                "$7.00",
                "(raised)",
                "50",
                "%",
                "refuses",
                "2026-11-05",
                "00:00"
            ]
        );
    }
}
