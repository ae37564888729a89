//! The text of a configuration as a row of blocks: a `[header]`, the comment right above it, and the lines below it.
//!
//! A comment that touches a header belongs to that table and goes where it goes. A comment with an empty line below
//! it belongs to the place and stays there.

use std::ops::Range;

use toml_edit::{Document, Item, Table};

use crate::config::locate::Step;

/// One `[header]` or `[[header]]` with what belongs to it.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// The table's path; for one of a list it ends in its position.
    pub path: Vec<Step>,
    /// Where its own comment begins, or the header itself.
    pub begin: usize,
    /// Behind its last line; the empty lines that follow are not its own.
    pub end: usize,
}

/// All blocks in the order of the text. What stands above the first header is none.
pub(super) fn blocks(document: &Document<&str>) -> Vec<Block> {
    let text = document.raw();
    let mut blocks = Vec::new();
    headers(document.as_table(), &mut Vec::new(), &mut |path, table| {
        let header = table.span().map_or(0, |span| line_start(text, span.start));
        let end = last_value(table).map_or(header, |value| value.max(header));
        blocks.push(Block { path: path.to_vec(), begin: header, end: line_end(text, end) });
    });
    blocks.sort_by_key(|block| block.begin);
    let mut free_from = last_value(document.as_table()).map_or(0, |end| line_end(text, end));
    for block in &mut blocks {
        block.begin = comment_above(text, free_from, block.begin);
        free_from = block.end;
    }
    blocks
}

/// Calls `see` for every table that has a header of its own.
fn headers(table: &Table, path: &mut Vec<Step>, see: &mut dyn FnMut(&[Step], &Table)) {
    for (name, item) in table.iter() {
        path.push(Step::Name(name.to_owned()));
        match item {
            Item::Table(inner) => {
                if !inner.is_implicit() && !inner.is_dotted() {
                    see(path, inner);
                }
                headers(inner, path, see);
            }
            Item::ArrayOfTables(tables) => {
                for (index, inner) in tables.iter().enumerate() {
                    path.push(Step::Index(index));
                    see(path, inner);
                    headers(inner, path, see);
                    path.pop();
                }
            }
            _ => {}
        }
        path.pop();
    }
}

/// Behind the last value that stands under the table's header or, for a dotted table, that has its name.
pub(super) fn last_value(table: &Table) -> Option<usize> {
    values(table).into_iter().map(|(_, value)| value.end).max()
}

/// The places of the keys and values that stand under the table's header or, for a dotted table, that have its name.
pub(super) fn values(table: &Table) -> Vec<(Range<usize>, Range<usize>)> {
    let mut found = Vec::new();
    for (name, item) in table.iter() {
        match item {
            Item::Value(value) => {
                let key = table.key(name).and_then(|key| key.span());
                found.extend(key.zip(value.span()));
            }
            Item::Table(inner) if inner.is_dotted() => found.extend(values(inner)),
            _ => {}
        }
    }
    found
}

/// Where the comment begins that touches the line at `header`, not looking above `free_from`.
fn comment_above(text: &str, free_from: usize, header: usize) -> usize {
    let above = text.get(free_from..header).unwrap_or_default();
    let comment = above.split_inclusive('\n').rev().take_while(|line| line.trim_start().starts_with('#'));
    header - comment.map(str::len).sum::<usize>()
}

/// Where the line begins in which a byte stands.
pub(super) fn line_start(text: &str, byte: usize) -> usize {
    text.get(..byte).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

/// Behind the line in which a byte stands, and behind its newline.
pub(super) fn line_end(text: &str, byte: usize) -> usize {
    text.get(byte..).and_then(|after| after.find('\n')).map_or(text.len(), |newline| byte + newline + 1)
}

/// Takes whole lines out, and one of two empty lines that then meet.
pub(super) fn cut(text: &mut String, range: Range<usize>) {
    text.replace_range(range.clone(), "");
    let (before, after) = text.split_at(range.start);
    if !before.is_empty() && !ends_empty(before) {
        return;
    }
    if after.trim().is_empty() {
        let kept = before.trim_end();
        text.truncate(line_end(before, kept.len()));
    } else {
        let blank: usize = after.split_inclusive('\n').take_while(|line| is_blank(line)).map(str::len).sum();
        text.replace_range(range.start..range.start + blank, "");
    }
}

/// Puts a block between two lines, with an empty line above and below it.
pub(super) fn paste(text: &mut String, at: usize, block: &str, newline: &str) {
    let (before, after) = text.split_at(at);
    let mut whole = String::new();
    if !before.is_empty() && !before.ends_with('\n') {
        whole.push_str(newline);
    }
    if !before.is_empty() && !ends_empty(before) {
        whole.push_str(newline);
    }
    whole.push_str(block);
    if !block.ends_with('\n') {
        whole.push_str(newline);
    }
    if !after.trim().is_empty() && !after.lines().next().is_some_and(is_blank) {
        whole.push_str(newline);
    }
    text.insert_str(at, &whole);
}

fn ends_empty(text: &str) -> bool {
    text.ends_with('\n') && text.lines().next_back().is_some_and(is_blank)
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}
