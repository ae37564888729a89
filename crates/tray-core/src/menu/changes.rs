//! From one menu to the next, touching only what differs.

use super::Entry;

/// One thing to do to a menu that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The entry with that id says something else.
    Text {
        /// Whose.
        id: String,
        /// What it says now.
        text: String,
    },
    /// The tick beside that entry comes or goes.
    Checked {
        /// Whose.
        id: String,
        /// Whether it stands there now.
        checked: bool,
    },
    /// An entry goes.
    Remove {
        /// The submenu it is in; `None` for the menu itself.
        parent: Option<String>,
        /// Which one.
        id: String,
    },
    /// An entry comes.
    Insert {
        /// The submenu it comes into; `None` for the menu itself.
        parent: Option<String>,
        /// Its place, counted when all changes before this one are done.
        at: usize,
        /// The entry.
        entry: Entry,
    },
}

/// What to do, in this order, so that a menu that shows `before` shows `after`.
#[must_use]
pub fn changes(before: &[Entry], after: &[Entry]) -> Vec<Change> {
    let mut all = Vec::new();
    within(None, before, after, &mut all);
    all
}

fn within(parent: Option<&str>, before: &[Entry], after: &[Entry], all: &mut Vec<Change>) {
    let parent_id = || parent.map(str::to_owned);
    let mut shown: Vec<&Entry> = before.iter().collect();
    shown.retain(|old| {
        let stays = after.iter().any(|new| is_same(old, new));
        if !stays {
            all.push(Change::Remove { parent: parent_id(), id: old.id().to_owned() });
        }
        stays
    });
    for (at, new) in after.iter().enumerate() {
        if shown.get(at).is_some_and(|old| is_same(old, new)) {
            continue;
        }
        // One that stands further down moves: it goes there and comes here.
        if let Some(place) = shown.iter().position(|old| is_same(old, new)) {
            shown.remove(place);
            all.push(Change::Remove { parent: parent_id(), id: new.id().to_owned() });
        }
        shown.insert(at, new);
        all.push(Change::Insert { parent: parent_id(), at, entry: new.clone() });
    }
    for (old, new) in shown.iter().zip(after) {
        alter(old, new, all);
    }
}

/// Whether the shown entry can be made the new one without replacing it.
fn is_same(old: &Entry, new: &Entry) -> bool {
    let same_kind = match (old, new) {
        (Entry::Item { checked: old, action: did, .. }, Entry::Item { checked: new, action: does, .. }) => {
            old.is_some() == new.is_some() && did.is_some() == does.is_some()
        }
        (Entry::Separator { .. }, Entry::Separator { .. })
        | (Entry::Submenu { .. }, Entry::Submenu { .. }) => true,
        _ => false,
    };
    same_kind && old.id() == new.id()
}

fn alter(old: &Entry, new: &Entry, all: &mut Vec<Change>) {
    let id = || new.id().to_owned();
    match (old, new) {
        (Entry::Item { text: said, checked: was, .. }, Entry::Item { text, checked, .. }) => {
            if said != text {
                all.push(Change::Text { id: id(), text: text.clone() });
            }
            if let Some(checked) = checked.filter(|_| was != checked) {
                all.push(Change::Checked { id: id(), checked });
            }
        }
        (Entry::Submenu { text: said, entries: had, .. }, Entry::Submenu { text, entries, .. }) => {
            if said != text {
                all.push(Change::Text { id: id(), text: text.clone() });
            }
            within(Some(new.id()), had, entries, all);
        }
        _ => {}
    }
}
