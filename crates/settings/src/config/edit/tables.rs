//! Putting whole `[section]`s and `[[list]]` tables into a document and taking them out.
//!
//! The document prints tables by their position number, not by their place in the tree, and a `[[map]]` may
//! have `[map.params]` tables of its own somewhere below it. So the numbers are spread out first, then a
//! table and all within it get numbers side by side.
//!
//! A comment right above a header belongs to that table and goes where it goes. Comments with an empty line
//! below them belong to the place and stay there.

use toml_edit::{ArrayOfTables, DocumentMut, Item, RawString, Table, Value};

use super::MapPlace;

/// Room between the numbers of two tables for those that come between them.
const GAP: isize = 1_000;

/// Appends an empty `[section]`.
pub(super) fn append(document: &mut DocumentMut, section: &str) {
    let last = spread(document);
    let mut table = Table::new();
    table.set_position(Some(last + GAP));
    set_prefix(&mut table, at_end(document));
    document.insert(section, Item::Table(table));
}

/// Takes the table at a position of a list out of the document, with its own comment.
pub(super) fn take(document: &mut DocumentMut, list: &str, index: usize) -> Option<Table> {
    spread(document);
    let tables = as_tables(document.get_mut(list)?)?;
    if index >= tables.len() {
        return None;
    }
    let mut table = tables.remove(index);
    if tables.is_empty() {
        document.remove(list);
    }
    let (of_place, own) = split(&prefix(&table));
    let was_first = document.iter().all(|(_, item)| !item.is_value())
        && after(document, 0).is_none_or(|(next, _)| next > table.position().unwrap_or_default());
    leave(document, last_number(&mut table), &of_place, was_first);
    set_prefix(&mut table, own);
    Some(table)
}

/// Puts a table with its own comment into a list, and says at which position it now is.
pub(super) fn put(document: &mut DocumentMut, list: &str, place: MapPlace, mut table: Table) -> usize {
    let last = spread(document);
    if document.get_mut(list).and_then(as_tables).is_none() {
        document.insert(list, Item::ArrayOfTables(ArrayOfTables::new()));
    }
    let count = document.get_mut(list).and_then(as_tables).map_or(0, |tables| tables.len());
    let index = match place {
        MapPlace::First => 0,
        MapPlace::Last => count,
        MapPlace::At(index) => index.min(count),
    };
    let own = prefix(&table);
    let neighbour = |document: &mut DocumentMut, index: usize| {
        let tables = as_tables(document.get_mut(list)?)?;
        let neighbour = tables.get_mut(index)?;
        Some((neighbour.position().unwrap_or_default(), last_number(neighbour)))
    };
    let first = if let Some((number, _)) = neighbour(document, index) {
        // Before that one, and below the comments of the place.
        if let Some(next) = document.get_mut(list).and_then(as_tables).and_then(|tables| tables.get_mut(index)) {
            let (of_place, next_own) = split(&prefix(next));
            set_prefix(&mut table, of_place + &own);
            set_prefix(next, format!("\n{next_own}"));
        }
        number - GAP / 2
    } else {
        let before = index.checked_sub(1).and_then(|index| neighbour(document, index));
        let number = before.map_or(last, |(_, last_of_it)| last_of_it);
        let above = if number == last { at_end(document) } else { "\n".to_owned() };
        set_prefix(&mut table, above + &own);
        number + GAP / 2
    };
    number_from(&mut table, first);
    if let Some(tables) = document.get_mut(list).and_then(as_tables) {
        tables.insert(index, table);
    }
    index
}

/// The list of tables, also when it is written as a list of inline tables.
fn as_tables(item: &mut Item) -> Option<&mut ArrayOfTables> {
    if let Item::Value(Value::Array(list)) = item {
        if !list.iter().all(Value::is_inline_table) {
            return None;
        }
        let owned = std::mem::take(item);
        *item = owned.into_array_of_tables().map_or_else(|same| same, Item::ArrayOfTables);
    }
    item.as_array_of_tables_mut()
}

/// Hands the comments of a place to the table that now stands there, or to the end of the file.
fn leave(document: &mut DocumentMut, number: isize, of_place: &str, was_first: bool) {
    let has_words = !of_place.trim().is_empty();
    match after(document, number) {
        Some((next, _)) if has_words || was_first => {
            visit(document.as_table_mut(), &mut |table| {
                if table.position() == Some(next) {
                    let rest = prefix(table);
                    let rest = rest.strip_prefix('\n').unwrap_or(&rest);
                    let above = if has_words { of_place } else { "" };
                    set_prefix(table, format!("{above}{rest}"));
                }
            });
        }
        None if has_words => {
            let trailing = format!("{of_place}{}", text(document.trailing()));
            document.set_trailing(trailing);
        }
        _ => {}
    }
}

/// The table that is printed next after the number, and how many are.
fn after(document: &mut DocumentMut, number: isize) -> Option<(isize, usize)> {
    let mut numbers = Vec::new();
    visit(document.as_table_mut(), &mut |table| numbers.extend(table.position().filter(|p| *p > number)));
    numbers.iter().min().map(|next| (*next, numbers.len()))
}

/// What stands between the document's last line and a table put below it.
fn at_end(document: &mut DocumentMut) -> String {
    let trailing = text(document.trailing());
    document.set_trailing("");
    if trailing.is_empty() {
        return if document.is_empty() { String::new() } else { "\n".to_owned() };
    }
    let end = if trailing.ends_with('\n') { "\n" } else { "\n\n" };
    format!("{trailing}{end}")
}

/// Numbers all tables in the order in which they are printed, with room between; the last number.
fn spread(document: &mut DocumentMut) -> isize {
    // A table without a number is printed after the one before it in the tree.
    let (mut latest, mut numbers) = (0, Vec::new());
    visit(document.as_table_mut(), &mut |table| {
        latest = table.position().unwrap_or(latest);
        numbers.push(latest);
    });
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by_key(|index| numbers.get(*index).copied());
    let mut ranks = vec![0; order.len()];
    for (rank, index) in (1..).zip(order) {
        if let Some(place) = ranks.get_mut(index) {
            *place = rank * GAP;
        }
    }
    let last = GAP * isize::try_from(ranks.len()).unwrap_or_default();
    let mut ranks = ranks.into_iter();
    visit(document.as_table_mut(), &mut |table| table.set_position(ranks.next()));
    last
}

/// Gives the table and all within it numbers side by side, in their old order.
fn number_from(table: &mut Table, first: isize) {
    let mut numbers = vec![table.position().unwrap_or_default()];
    visit(table, &mut |inner| numbers.push(inner.position().unwrap_or_default()));
    numbers.sort_unstable();
    let rank = |number: isize| {
        let below = numbers.iter().filter(|other| **other < number).count();
        first + isize::try_from(below).unwrap_or_default()
    };
    table.set_position(Some(rank(table.position().unwrap_or_default())));
    visit(table, &mut |inner| inner.set_position(Some(rank(inner.position().unwrap_or_default()))));
}

/// The greatest number in the table and all within it.
fn last_number(table: &mut Table) -> isize {
    let mut last = table.position().unwrap_or_default();
    visit(table, &mut |inner| last = last.max(inner.position().unwrap_or_default()));
    last
}

/// Every table below this one that has a header, in the order of the tree.
fn visit(table: &mut Table, see: &mut dyn FnMut(&mut Table)) {
    for (_, item) in table.iter_mut() {
        match item {
            Item::Table(inner) => {
                if !inner.is_dotted() {
                    see(inner);
                }
                visit(inner, see);
            }
            Item::ArrayOfTables(tables) => {
                for inner in tables.iter_mut() {
                    see(inner);
                    visit(inner, see);
                }
            }
            _ => {}
        }
    }
}

/// What stands above a header: first what belongs to the place, then the table's own comment.
fn split(prefix: &str) -> (String, String) {
    let mut own_from = 0;
    let mut at = 0;
    for line in prefix.split_inclusive('\n') {
        at += line.len();
        if line.trim().is_empty() {
            own_from = at;
        }
    }
    let (of_place, own) = prefix.split_at(own_from);
    (of_place.to_owned(), own.to_owned())
}

fn prefix(table: &Table) -> String {
    table.decor().prefix().map(text).unwrap_or_default()
}

fn set_prefix(table: &mut Table, prefix: String) {
    table.decor_mut().set_prefix(prefix);
}

fn text(raw: &RawString) -> String {
    raw.as_str().unwrap_or_default().to_owned()
}
