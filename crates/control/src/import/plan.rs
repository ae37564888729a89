//! From what was found to what is written: nothing that the configuration says already is written over.

use std::fmt::Write as _;

use turnpike_routing::{Catalogue, matches, resolve};
use turnpike_settings::Config;
use turnpike_settings::config::{ConfigEdit, NewTable};

use super::found::{Entry, Found, FoundKey, What};

/// Names that clients ask for, to see which map they meet first.
const ASKED_FOR: [&str; 4] = ["claude-opus-5", "claude-sonnet-5", "claude-haiku-4-5", "claude-fable-5"];

/// What an import would do.
#[derive(Debug, Default)]
pub(crate) struct ImportPlan {
    pub(crate) tables: Vec<NewTable>,
    pub(crate) key: Option<FoundKey>,
    pub(crate) conflicts: Vec<String>,
    pub(crate) notices: Vec<String>,
}

/// What is to be written, given what the configuration says and what OpenRouter offers.
pub(crate) fn plan(found: Found, config: &Config, catalogue: &Catalogue) -> ImportPlan {
    let Found { entries, keys, notices } = found;
    let mut plan = ImportPlan { notices, ..ImportPlan::default() };
    let mut taken: Vec<Entry> = Vec::new();
    for entry in entries {
        let other = taken.iter().find(|other| is_same(&other.what, &entry.what));
        match other.map(|other| (other.targets == entry.targets, &other.place)) {
            Some((true, _)) => {}
            Some((false, place)) => plan.conflicts.push(format!(
                "{} of {} is left out: {place} says something else, and comes first",
                entry.named(),
                entry.place
            )),
            None => {
                if plan.take(&entry, config) {
                    plan.look_up(&entry, catalogue);
                    taken.push(entry);
                }
            }
        }
    }
    plan.choose(keys);
    plan
}

fn is_same(one: &What, other: &What) -> bool {
    match (one, other) {
        (What::Map(one), What::Map(other)) => one == other,
        (What::Rule { when: one, .. }, What::Rule { when: other, .. }) => one == other,
        _ => false,
    }
}

// === impl ImportPlan ===

impl ImportPlan {
    /// The edit that writes it.
    pub(crate) fn edit(&self) -> ConfigEdit {
        ConfigEdit::Add { tables: self.tables.clone() }
    }

    /// The text that is added, as it stands in the file.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for table in &self.tables {
            let gap = if text.is_empty() { "" } else { "\n" };
            let _ = write!(text, "{gap}{}", table.text());
        }
        text
    }

    pub(crate) fn count(&self, are_rules: bool) -> usize {
        self.tables.iter().filter(|table| table.is_rule == are_rules).count()
    }

    /// Takes an entry that loads and that nothing of the configuration stands against.
    fn take(&mut self, entry: &Entry, config: &Config) -> bool {
        let mut table = entry.table();
        let mut alone = Config::of_text(&table.text());
        if alone.is_err() && !entry.settings.is_empty() {
            let plain = Entry { settings: Vec::new(), ..entry.clone() }.table();
            if let Ok(read) = Config::of_text(&plain.text()) {
                self.notices.push(format!(
                    "the parameters of {} are left out: they are not such as a map takes",
                    entry.place
                ));
                (table, alone) = (plain, Ok(read));
            }
        }
        let alone = match alone {
            Ok(read) => read,
            Err(fault) => {
                // Its line is one of a text that nobody sees.
                let fault = fault.to_string();
                let why = fault.split_once(": ").map_or(fault.as_str(), |(_, why)| why);
                self.notices.push(format!("{} is left out: {why}", entry.place));
                return false;
            }
        };
        if let Some(conflict) = conflict(entry, &alone, config) {
            self.conflicts.push(conflict);
            return false;
        }
        if let What::Map(name) = &entry.what {
            self.conflicts.extend(shadow(name, config));
        }
        self.tables.push(table);
        true
    }

    /// Says which models OpenRouter does not list.
    fn look_up(&mut self, entry: &Entry, catalogue: &Catalogue) {
        for target in &entry.targets {
            let slug = resolve(target);
            let is_listed = catalogue.has(slug) || slug.starts_with(['~', '@']) || catalogue.is_empty();
            let notice =
                format!("`{slug}` is not in the catalogue: it may have gone (`turnpike models search`)");
            if !is_listed && !self.notices.contains(&notice) {
                self.notices.push(notice);
            }
        }
    }

    /// One key: the first that was found.
    fn choose(&mut self, keys: Vec<FoundKey>) {
        for found in keys {
            match &self.key {
                None => self.key = Some(found),
                Some(first) if first.key.matches(found.key.expose().as_bytes()) => {}
                Some(first) => {
                    let (masked, place) = (found.key.masked(), found.place);
                    let first = format!("{} of {}", first.key.masked(), first.place);
                    self.notices
                        .push(format!("another key ({masked}, {place}) is left out: {first} comes first"));
                }
            }
        }
    }
}

/// The map of the configuration that answers to one of Claude's names before this one does.
fn shadow(name: &str, config: &Config) -> Option<String> {
    ASKED_FOR.into_iter().filter(|asked| matches(name, asked)).find_map(|asked| {
        let own = config.maps.iter().find(|map| matches(&map.name, asked))?;
        Some(format!("your map `{}` comes before the map `{name}`, and answers to {asked}", own.name))
    })
}

/// What the configuration has in the entry's place.
fn conflict(entry: &Entry, alone: &Config, config: &Config) -> Option<String> {
    let (own, target) = match &entry.what {
        What::Map(name) => {
            let own = config.maps.iter().find(|map| map.name.eq_ignore_ascii_case(name))?;
            (&own.to, &entry.targets)
        }
        What::Rule { .. } => {
            let when = &alone.rules.first()?.when;
            let own = config.rules.iter().find(|rule| rule.when == *when)?;
            (&own.to, &entry.targets)
        }
    };
    let remedy = match &own.preset {
        Some(preset) => format!("the preset {preset} wrote it (`turnpike preset use none` takes it away)"),
        None => "it stays".to_owned(),
    };
    let wanted = target.first().map_or("", String::as_str);
    Some(format!("{} → {wanted} is left out: there is one, → {}; {remedy}", entry.named(), own.target))
}
