//! Changes within a value: `{ key = value }` and `[ … ]`.

use toml_edit::{InlineTable, Value};

use crate::config::locate::Step;

/// Writes `new` at a path within a value; missing tables on the way are made.
pub(super) fn set(value: &mut Value, path: &[Step], new: &Value) -> Option<()> {
    match path.split_first() {
        None => {
            let decor = value.decor().clone();
            *value = bare(new);
            *value.decor_mut() = decor;
        }
        Some((Step::Name(name), rest)) => {
            let table = value.as_inline_table_mut()?;
            match table.get_mut(name) {
                Some(inner) => set(inner, rest, new)?,
                None => {
                    table.insert(name, nested(rest, new)?);
                    space(value);
                }
            }
        }
        Some((Step::Index(index), rest)) => {
            let list = value.as_array_mut()?;
            match list.get_mut(*index) {
                Some(inner) => set(inner, rest, new)?,
                None if rest.is_empty() => insert(value, *index, new)?,
                None => return None,
            }
        }
    }
    Some(())
}

/// Removes what is at a path within a value.
pub(super) fn unset(value: &mut Value, path: &[Step]) -> Option<()> {
    match path {
        [] => return None,
        [Step::Name(name)] => {
            value.as_inline_table_mut()?.remove(name)?;
            space(value);
        }
        [Step::Index(index)] => {
            let list = value.as_array_mut()?;
            if *index >= list.len() {
                return None;
            }
            list.remove(*index);
            space(value);
        }
        [Step::Name(name), rest @ ..] => unset(value.as_inline_table_mut()?.get_mut(name)?, rest)?,
        [Step::Index(index), rest @ ..] => unset(value.as_array_mut()?.get_mut(*index)?, rest)?,
    }
    Some(())
}

/// Puts one more into a list, at a position up to its length.
pub(super) fn insert(list: &mut Value, index: usize, new: &Value) -> Option<()> {
    let array = list.as_array_mut()?;
    if index > array.len() {
        return None;
    }
    array.insert(index, bare(new));
    space(list);
    Some(())
}

/// `{ a = { b = new } }` for the names in `path`; the value itself for none.
pub(super) fn nested(path: &[Step], new: &Value) -> Option<Value> {
    match path.split_first() {
        None => Some(bare(new)),
        Some((Step::Name(name), rest)) => {
            let mut table = InlineTable::new();
            table.insert(name, nested(rest, new)?);
            Some(table.into())
        }
        Some((Step::Index(_), _)) => None,
    }
}

/// The value without the blanks and comments around it.
pub(super) fn bare(value: &Value) -> Value {
    let mut value = value.clone();
    value.decor_mut().clear();
    if let Some(table) = value.as_inline_table_mut() {
        table.set_dotted(false);
    }
    value
}

/// Spaces a table or a list evenly after a change, unless its writer laid it out over several lines.
fn space(value: &mut Value) {
    if value.to_string().contains(['\n', '#']) {
        return;
    }
    match value {
        Value::InlineTable(table) => table.fmt(),
        Value::Array(list) => list.fmt(),
        _ => {}
    }
}
