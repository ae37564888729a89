//! The text while it is being changed: lists of tables, and where things stand in it.

use std::ops::Range;

use toml_edit::{Document, InlineTable, Item, Key, Value};

use super::blocks::{self, Block};
use super::{in_list, inline, values};
use crate::config::locate::{self, Found, Node, Step};

/// A configuration's text on its way to another one. It is sound TOML before the first change.
pub(super) struct Draft {
    text: String,
    /// How its lines end.
    newline: &'static str,
}

impl Draft {
    pub(super) fn new(text: &str) -> Self {
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Self { text: text.to_owned(), newline }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn document(&self) -> Option<Document<&str>> {
        Document::parse(self.text.as_str()).ok()
    }

    /// The blocks of the table at a path and of those within it.
    pub(super) fn blocks_of(&self, path: &[Step]) -> Vec<Block> {
        let mut blocks = self.document().map(|document| blocks::blocks(&document)).unwrap_or_default();
        blocks.retain(|block| block.path.starts_with(path));
        blocks
    }

    pub(super) fn replace(&mut self, span: Range<usize>, with: &str) {
        self.text.replace_range(span, with);
    }

    /// Writes a value that was changed by itself back; the parser had turned its lines' ends into its own.
    pub(super) fn write_back(&mut self, span: Range<usize>, value: &Value) {
        let mut text = value.to_string();
        if self.newline != "\n" {
            text = text.replace("\r\n", "\n").replace('\n', self.newline);
        }
        self.replace(span, &text);
    }

    /// Takes whole lines out.
    pub(super) fn cut(&mut self, lines: Range<usize>) {
        blocks::cut(&mut self.text, lines);
    }

    /// Puts a block in, or at the end when no place is named.
    pub(super) fn paste(&mut self, at: Option<usize>, block: &str) {
        let at = at.unwrap_or(self.text.len());
        blocks::paste(&mut self.text, at, block, self.newline);
    }

    /// Puts one line below the line that ends at `at`.
    pub(super) fn add_line(&mut self, at: usize, line: &str) {
        let newline = self.newline;
        let is_open = !self.text.get(..at).is_none_or(|above| above.is_empty() || above.ends_with('\n'));
        let above = if is_open { newline } else { "" };
        self.text.insert_str(at, &format!("{above}{line}{newline}"));
    }

    /// A header and its lines: `[section]` or `[[list]]`.
    pub(super) fn block(&self, header: &str, table: &InlineTable) -> String {
        let newline = self.newline;
        let mut block = format!("{header}{newline}");
        for (name, value) in table {
            block.push_str(&format!("{}{newline}", assignment(name, value)));
        }
        block
    }

    // === lists of tables ===

    /// How many tables a list has.
    pub(super) fn count(&self, list: &str) -> usize {
        let Some(document) = self.document() else { return 0 };
        match document.get(list) {
            Some(Item::ArrayOfTables(tables)) => tables.len(),
            Some(Item::Value(Value::Array(tables))) => tables.len(),
            _ => 0,
        }
    }

    /// The position of the first table of a list that has this name.
    pub(super) fn named(&self, list: &str, name: &str) -> Option<usize> {
        let document = self.document()?;
        let is_it = |index: &usize| {
            let path = [in_list(list, *index), vec![Step::Name("name".to_owned())]].concat();
            let found = locate::find(&document, &path);
            found.and_then(|found| found.node.as_value().and_then(Value::as_str).map(|it| it == name))
                == Some(true)
        };
        (0..self.count(list)).find(is_it)
    }

    /// Puts a table into a list, at a position up to its length. The first one makes the list.
    pub(super) fn put(&mut self, list: &str, index: usize, table: &InlineTable) {
        match self.inline_list(list) {
            Some((span, mut value)) => {
                if inline::insert(&mut value, index, &table.clone().into()).is_some() {
                    self.write_back(span, &value);
                }
            }
            None => {
                let block = self.block(&format!("[[{list}]]"), table);
                self.put_text(list, index, &block);
            }
        }
    }

    /// Takes out what has the path.
    pub(super) fn take(&mut self, path: &[Step]) {
        // Only an unknown place is refused, and this one was found before.
        let _ = values::unset(self, path);
    }

    /// Moves a table of a list to the position it then has.
    pub(super) fn shift(&mut self, list: &str, from: usize, to: usize) {
        if from == to {
            return;
        }
        if let Some((span, mut value)) = self.inline_list(list) {
            let moved = value.as_array().and_then(|tables| tables.get(from)).cloned();
            if let Some(moved) = moved
                && inline::unset(&mut value, &[Step::Index(from)]).is_some()
                && inline::insert(&mut value, to, &moved).is_some()
            {
                self.write_back(span, &value);
            }
            return;
        }
        let path = in_list(list, from);
        let pieces: Vec<String> = self
            .blocks_of(&path)
            .iter()
            .filter_map(|block| self.text.get(block.begin..block.end))
            .map(|piece| piece.trim_end().to_owned())
            .collect();
        self.take(&path);
        let between = format!("{0}{0}", self.newline);
        self.put_text(list, to, &pieces.join(&between));
    }

    /// Puts a block before the table that has the position now, or behind the last one, or at the end of the file.
    fn put_text(&mut self, list: &str, index: usize, block: &str) {
        let before = self.blocks_of(&in_list(list, index)).first().map(|next| next.begin);
        let last = self.count(list).checked_sub(1).map(|last| self.blocks_of(&in_list(list, last)));
        let behind = last.and_then(|pieces| pieces.iter().map(|piece| piece.end).max());
        self.paste(before.or(behind), block);
    }

    /// A list that is written as `list = [{ … }, { … }]`.
    fn inline_list(&self, list: &str) -> Option<(Range<usize>, Value)> {
        let document = self.document()?;
        let Found { node, .. } = locate::find(&document, &[Step::Name(list.to_owned())])?;
        self.value(node.as_value()?)
    }

    /// A value of the document, to be changed by itself.
    pub(super) fn value(&self, value: &Value) -> Option<(Range<usize>, Value)> {
        let span = value.span()?;
        let text = self.text.get(span.clone())?;
        Some((span, text.parse().ok()?))
    }
}

/// `name = value`.
pub(super) fn assignment(name: &str, value: &Value) -> String {
    format!("{} = {}", Key::new(name).display_repr(), inline::bare(value))
}

/// What kind of table the node is, as far as splicing goes.
pub(super) enum Kind {
    /// A value, or within one.
    Value,
    /// A list of `[[tables]]`.
    List,
    /// A table with a `[header]`.
    Headed,
    /// A table made by dotted keys.
    Dotted,
    /// A table that only headers below it name.
    Implied,
}

impl Kind {
    pub(super) fn of(node: &Node<'_>) -> Option<Self> {
        let table = match node {
            Node::Value(_) | Node::Item(Item::Value(_)) => return Some(Self::Value),
            Node::Item(Item::ArrayOfTables(_)) => return Some(Self::List),
            Node::Item(Item::None) => return None,
            Node::Item(Item::Table(table)) => table,
            Node::Table(table) => *table,
        };
        Some(match (table.is_dotted(), table.is_implicit()) {
            (true, _) => Self::Dotted,
            (false, true) => Self::Implied,
            (false, false) => Self::Headed,
        })
    }
}
