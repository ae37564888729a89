//! The entries of a preset: marked by the key `preset`, so that another preset replaces them and nothing else.

use toml_edit::{InlineTable, Item, Value};

use super::draft::Draft;
use super::{EntryFor, MAPS, NewEntry, RULES, in_list};

/// The key that marks an entry.
const MARK: &str = "preset";

/// Takes the entries of whatever preset away, and puts these behind the user's own.
pub(super) fn replace(draft: &mut Draft, preset: &str, entries: &[NewEntry]) {
    for list in [RULES, MAPS] {
        while let Some(index) = marked(draft, list) {
            draft.take(&in_list(list, index));
        }
    }
    for entry in entries {
        let list = if matches!(entry.when, EntryFor::Name(_)) { MAPS } else { RULES };
        draft.put(list, draft.count(list), &table(preset, entry));
    }
}

/// The first entry of a list that a preset wrote.
fn marked(draft: &Draft, list: &str) -> Option<usize> {
    let document = draft.document()?;
    match document.get(list)? {
        Item::ArrayOfTables(tables) => tables.iter().position(|table| table.contains_key(MARK)),
        Item::Value(Value::Array(tables)) => tables
            .iter()
            .position(|table| table.as_inline_table().is_some_and(|table| table.contains_key(MARK))),
        _ => None,
    }
}

fn table(preset: &str, entry: &NewEntry) -> InlineTable {
    let mut table = InlineTable::new();
    let mut when = InlineTable::new();
    match &entry.when {
        EntryFor::Name(name) => {
            table.insert("name", name.as_str().into());
        }
        EntryFor::Class(class) => {
            when.insert("class", (*class).into());
        }
        EntryFor::Images => {
            when.insert("has_image", true.into());
        }
    }
    if !when.is_empty() {
        table.insert("when", Value::InlineTable(when));
    }
    table.insert("target", entry.target.as_str().into());
    if !entry.fallback.is_empty() {
        table.insert("fallback", Value::from_iter(entry.fallback.iter().map(String::as_str)));
    }
    table.insert(MARK, preset.into());
    table
}

#[cfg(test)]
mod tests {
    use super::super::super::file::ConfigFile;
    use super::super::ConfigEdit;
    use super::*;

    fn entry(when: EntryFor, target: &str) -> NewEntry {
        NewEntry { when, target: target.to_owned(), fallback: Vec::new() }
    }

    fn used(text: &str, preset: &str, entries: Vec<NewEntry>) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        let file = ConfigFile::new(path);
        let revision = file.load().unwrap().revision;
        file.edit(&revision, &ConfigEdit::UsePreset { preset: preset.to_owned(), entries }).unwrap().text
    }

    const OWN: &str =
        "# mine\n[budget]\ndaily_usd = 5.00 # a day\n\n# my own\n[[map]]\nname   = \"x\"\ntarget = \"a/b\"\n";

    #[test]
    fn presets_replace_one_another_and_never_touch_what_is_the_users() {
        let name = |name: &str| EntryFor::Name(name.to_owned());
        let first = used(
            OWN,
            "one",
            vec![entry(EntryFor::Class("auxiliary"), "a/small"), entry(name("*opus*"), "a/c")],
        );
        assert!(first.starts_with(OWN), "{first}");
        assert!(
            first.contains(
                "[[rule]]\nwhen = { class = \"auxiliary\" }\ntarget = \"a/small\"\npreset = \"one\"\n"
            ),
            "{first}"
        );
        let second =
            used(&first, "two", vec![entry(EntryFor::Images, "a/eyes"), entry(name("*haiku*"), "a/d")]);
        assert!(
            second.starts_with(OWN) && !second.contains("\"one\"") && !second.contains("a/small"),
            "{second}"
        );
        assert!(second.contains("has_image = true"), "{second}");
        let none = used(&second, "none", Vec::new());
        assert_eq!(none.trim_end(), OWN.trim_end());
    }

    #[test]
    fn what_the_user_wrote_behind_a_preset_stays() {
        let with = used(OWN, "one", vec![entry(EntryFor::Name("*opus*".to_owned()), "a/c")]);
        let more = format!("{with}\n[[map]]\nname = \"later\"\ntarget = \"a/e\"\n");
        let next = used(&more, "two", vec![entry(EntryFor::Name("*opus*".to_owned()), "a/f")]);
        assert!(
            next.contains("name = \"later\"\ntarget = \"a/e\"")
                && next.contains("a/f")
                && !next.contains("a/c"),
            "{next}"
        );
    }
}
