//! Maps and rules as rows of values, for forms: what is written in each, and a change of some of it.

use toml_edit::{InlineTable, Item, Table, Value};

use super::draft::Draft;
use super::{MAPS, RULES, in_list, inline, values};
use crate::config::locate::Step;

/// One of the two lists of routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteList {
    /// `[[map]]`.
    Maps,
    /// `[[rule]]`.
    Rules,
}

/// A value of a map or a rule, and its place in it as `params.temperature`.
pub type RouteValue = (String, Value);

// === impl RouteList ===

impl RouteList {
    /// Its name in the file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Maps => MAPS,
            Self::Rules => RULES,
        }
    }

    /// What is written in each entry of a configuration's text, in the order of the text. Nothing for a text that is
    /// no TOML.
    #[must_use]
    pub fn read(self, text: &str) -> Vec<Vec<RouteValue>> {
        entries(&Draft::new(text), self)
    }
}

fn entries(draft: &Draft, list: RouteList) -> Vec<Vec<RouteValue>> {
    let Some(document) = draft.document() else { return Vec::new() };
    match document.get(list.as_str()) {
        Some(Item::ArrayOfTables(tables)) => tables.iter().map(|table| of_table(table, "")).collect(),
        Some(Item::Value(Value::Array(tables))) => {
            let tables = tables.iter().filter_map(Value::as_inline_table);
            tables.map(|table| of_inline(table, "")).collect()
        }
        _ => Vec::new(),
    }
}

fn of_table(table: &Table, within: &str) -> Vec<RouteValue> {
    let rows = table.iter().flat_map(|(name, item)| match item {
        Item::Table(inner) => of_table(inner, &format!("{within}{name}.")),
        Item::Value(value) => of_value(value, &format!("{within}{name}")),
        _ => Vec::new(),
    });
    rows.collect()
}

fn of_inline(table: &InlineTable, within: &str) -> Vec<RouteValue> {
    table.iter().flat_map(|(name, value)| of_value(value, &format!("{within}{name}"))).collect()
}

fn of_value(value: &Value, name: &str) -> Vec<RouteValue> {
    match value {
        Value::InlineTable(inner) => of_inline(inner, &format!("{name}.")),
        value => vec![(name.to_owned(), inline::bare(value))],
    }
}

/// Writes an entry so that it holds these values and no others; those that are the same are not touched. `None`: there
/// is no such entry, or such a value cannot stand in it.
pub(super) fn put(draft: &mut Draft, list: RouteList, at: usize, new: &[RouteValue]) -> Option<()> {
    let old = entries(draft, list).into_iter().nth(at)?;
    let is_there = |rows: &[RouteValue], name: &str| rows.iter().any(|(known, _)| known == name);
    for (name, _) in old.iter().filter(|(name, _)| !is_there(new, name)) {
        // A table goes with its last value.
        let table = name.split_once('.').map(|(table, _)| format!("{table}."));
        let gone = match table {
            Some(table) if !new.iter().any(|(name, _)| name.starts_with(&table)) => {
                table.trim_end_matches('.').to_owned()
            }
            _ => name.clone(),
        };
        values::unset(draft, &place(list, at, &gone)?)?;
    }
    for (name, value) in new {
        let is_same = old.iter().any(|(known, old)| known == name && is_same(old, value));
        if !is_same {
            values::set(draft, &place(list, at, name)?, value)?;
        }
    }
    Some(())
}

/// Adds an entry. `None`: such values cannot stand in one.
pub(super) fn add(draft: &mut Draft, list: RouteList, before: usize, new: &[RouteValue]) -> Option<()> {
    let mut table = Value::InlineTable(InlineTable::new());
    for (name, value) in new {
        place(list, 0, name)?;
        inline::set(&mut table, &steps(name), value)?;
    }
    draft.put(list.as_str(), before, table.as_inline_table()?);
    Some(())
}

fn place(list: RouteList, at: usize, name: &str) -> Option<Vec<Step>> {
    let path = [in_list(list.as_str(), at), steps(name)].concat();
    values::path(&crate::config::locate::written(&path)).ok()
}

fn steps(name: &str) -> Vec<Step> {
    name.split('.').map(|step| Step::Name(step.to_owned())).collect()
}

/// Whether two values mean the same, however they are written.
fn is_same(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::String(old), Value::String(new)) => old.value() == new.value(),
        (Value::Boolean(old), Value::Boolean(new)) => old.value() == new.value(),
        (Value::Array(old), Value::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| is_same(old, new))
        }
        (old, new) => match (number(old), number(new)) {
            (Some(old), Some(new)) => old.total_cmp(&new).is_eq(),
            _ => false,
        },
    }
}

fn number(value: &Value) -> Option<f64> {
    // Text to number, so that neither an integer nor a float loses a digit that counts here.
    matches!(value, Value::Integer(_) | Value::Float(_))
        .then(|| inline::bare(value).to_string().replace('_', "").parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::super::{ConfigEdit, EditError, applied};
    use super::*;
    use crate::config::read;

    #[test]
    fn a_form_changes_what_it_names_and_adds_whole_entries() {
        let text = "# mine\n[[map]]\nname = \"a\" # first\ntarget = \"x/y\"\nparams = { top_k = 3, seed = 1 }\n\n[map.provider]\nsort = \"price\"\n";
        let value = |text: &str| text.parse::<Value>().unwrap();
        let rows = |rows: &[(&str, &str)]| -> Vec<RouteValue> {
            rows.iter().map(|(name, text)| ((*name).to_owned(), value(text))).collect()
        };
        let put = |list, at, rows: Vec<RouteValue>| {
            applied(text, &ConfigEdit::PutRoute { list, at, before: None, values: rows })
        };
        let all =
            rows(&[("name", "'a'"), ("target", "'z/w'"), ("fallback", "['b/c']"), ("params.top_k", "3")]);
        assert_eq!(
            put(RouteList::Maps, Some(0), all).unwrap(),
            "# mine\n[[map]]\nname = \"a\" # first\ntarget = 'z/w'\nparams = { top_k = 3 }\nfallback = ['b/c']\n"
        );
        let rule =
            rows(&[("name", "'r'"), ("target", "'z/w'"), ("when.class", "'main'"), ("when.min_tokens", "5")]);
        let added = put(RouteList::Rules, None, rule.clone()).unwrap();
        assert!(
            added.starts_with(text) && added.contains("when = { class = 'main', min_tokens = 5 }"),
            "{added}"
        );
        assert_eq!(read::config(&added).unwrap().rules[0].when.min_tokens, Some(5));
        for wrong in [
            put(RouteList::Rules, Some(0), rule.clone()),
            put(RouteList::Maps, None, rows(&[("nam", "'r'")])),
        ] {
            assert!(matches!(wrong, Err(EditError::NoSuchPlace(_))), "{wrong:?}");
        }
    }
}
