//! From the text of `config.toml` to a checked [`Config`], or to the first thing that is wrong with it.
//!
//! The text is gone through twice: first by the table of keys (what is unknown, missing, or no table), then
//! by the types.

use std::ops::Range;

use toml_edit::{Array, Document, Item, TableLike, Value};

use super::error::{Fault, Problem, header};
use super::locate::{self, Step};
use super::schema::{self, Place};
use super::typed::{self, Refused};
use super::{CONFIG_VERSION, Config, check, suggest};

/// The longest piece of the file that an error repeats, in characters.
const LONGEST_EXCERPT: usize = 60;

/// Reads and checks the text of a configuration.
pub(super) fn config(text: &str) -> Result<Config, Fault> {
    let document = parse(text)?;
    let reader = Reader { text, document: &document };
    reader.version()?;
    reader.table(&[], document.as_table())?;
    let config = reader.typed()?;
    check::config(&config).map_err(|finding| reader.finding(finding))?;
    Ok(config)
}

/// What the checks across several keys found: a path, and what is wrong there.
pub(super) struct Finding {
    pub path: Vec<Step>,
    pub problem: Problem,
}

struct Reader<'a> {
    text: &'a str,
    document: &'a Document<&'a str>,
}

impl Reader<'_> {
    /// A newer file is refused before its unknown keys are complained of.
    fn version(&self) -> Result<(), Fault> {
        let path = [Step::Name("general".to_owned()), Step::Name("version".to_owned())];
        let general = self.document.get("general").and_then(Item::as_table_like);
        let version = general.and_then(|table| table.get("version")).and_then(Item::as_integer);
        match version {
            Some(found) if found > i64::from(CONFIG_VERSION) => {
                Err(self.at_value(&path, Problem::NewerVersion(found)))
            }
            _ => Ok(()),
        }
    }

    /// Every key of the table is known, and those that must be there are there.
    fn table(&self, path: &[Step], table: &dyn TableLike) -> Result<(), Fault> {
        let pattern = locate::pattern(path);
        for (name, item) in table.iter() {
            let path = [path, &[Step::Name(name.to_owned())]].concat();
            match schema::place(&schema::joined(&pattern, name)) {
                Some(Place::Value(_)) => {}
                Some(Place::Table) => match item.as_table_like() {
                    Some(table) => self.table(&path, table)?,
                    None => return Err(self.not_table(&path)),
                },
                Some(Place::Tables) => self.tables(&path, item)?,
                None => {
                    let meant = suggest::meant(&pattern, name);
                    let problem = Problem::UnknownKey { name: name.to_owned(), table: pattern, meant };
                    return Err(self.at_key(&path, problem));
                }
            }
        }
        for (name, what) in schema::required_in(&pattern) {
            if !table.contains_key(&name) {
                return Err(self.at_value(path, Problem::MissingKey { name, table: pattern, what }));
            }
        }
        Ok(())
    }

    fn tables(&self, path: &[Step], item: &Item) -> Result<(), Fault> {
        let element = |index| [path, &[Step::Index(index)]].concat();
        match item {
            Item::ArrayOfTables(tables) => {
                tables.iter().enumerate().try_for_each(|(index, table)| self.table(&element(index), table))
            }
            Item::Value(Value::Array(list)) => self.inline_tables(path, list, element),
            _ => Err(self.not_table(path)),
        }
    }

    fn inline_tables(
        &self,
        path: &[Step],
        list: &Array,
        element: impl Fn(usize) -> Vec<Step>,
    ) -> Result<(), Fault> {
        for (index, value) in list.iter().enumerate() {
            match value.as_inline_table() {
                Some(table) => self.table(&element(index), table)?,
                None => return Err(self.not_table(path)),
            }
        }
        Ok(())
    }

    /// What the types make of it.
    fn typed(&self) -> Result<Config, Fault> {
        typed::read(self.document).map_err(|refused| self.wrong_value(&refused))
    }

    fn wrong_value(&self, refused: &Refused) -> Fault {
        let path = &refused.path[..];
        // An element of a list stands under the list's key.
        let key = match path {
            [list @ .., Step::Index(_)] if schema::place(&locate::pattern(list)).is_some() => list,
            whole => whole,
        };
        let problem = match schema::place(&locate::pattern(key)) {
            Some(Place::Value(known)) => {
                Problem::WrongValue { what: known.what, found: self.excerpt(self.value_at(path)) }
            }
            // Cannot be while the table of keys and the types agree, which is tested.
            _ => Problem::Syntax(refused.why.clone()),
        };
        self.at_value(path, problem)
    }

    fn not_table(&self, path: &[Step]) -> Fault {
        let pattern = locate::pattern(path);
        let is_list = matches!(schema::place(&pattern), Some(Place::Tables));
        let header = header(&if is_list { pattern + "[]" } else { pattern });
        self.at_key(path, Problem::NotTable { header })
    }

    fn finding(&self, finding: Finding) -> Fault {
        let Finding { path, problem } = finding;
        match problem {
            Problem::Twice { name, .. } => {
                let first = self.first_named(&path, &name);
                self.at_value(&path, Problem::Twice { name, first })
            }
            problem => self.at_value(&path, problem),
        }
    }

    /// The line of the first table in the same list that has this name.
    fn first_named(&self, path: &[Step], name: &str) -> usize {
        let [list, Step::Index(last), key] = path else { return 0 };
        (0..*last)
            .filter_map(|index| self.value_at(&[list.clone(), Step::Index(index), key.clone()]))
            .find(|span| {
                let text = self.text.get(span.clone()).map(|text| text.trim_matches(['"', '\'']));
                // A hash may be written in capitals, and was read without them.
                text.is_some_and(|text| text == name || text.to_ascii_lowercase() == name)
            })
            .map_or(0, |span| locate::position(self.text, span.start).0)
    }

    fn value_at(&self, path: &[Step]) -> Option<Range<usize>> {
        locate::find(self.document, path).and_then(|found| found.node.span())
    }

    fn at_key(&self, path: &[Step], problem: Problem) -> Fault {
        let found = locate::find(self.document, path);
        let span = found.and_then(|found| found.key.or_else(|| found.node.span()));
        self.fault(span, path, problem)
    }

    fn at_value(&self, path: &[Step], problem: Problem) -> Fault {
        let found = locate::find(self.document, path);
        let span = found.and_then(|found| found.node.span().or(found.key));
        self.fault(span, path, problem)
    }

    fn fault(&self, span: Option<Range<usize>>, path: &[Step], problem: Problem) -> Fault {
        let (line, column) = locate::position(self.text, span.map_or(0, |span| span.start));
        Fault { line, column, key: Some(locate::written(path)), problem }
    }

    /// What is written there, shortened; nothing where a password may be in it.
    fn excerpt(&self, span: Option<Range<usize>>) -> String {
        let text = span.and_then(|span| self.text.get(span)).unwrap_or_default();
        if text.contains("://") && text.contains('@') {
            return String::new();
        }
        let line = text.lines().next().unwrap_or_default();
        let mut short: String = line.chars().take(LONGEST_EXCERPT).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        short
    }
}

/// Bytes that are no text, told by the line of the first one.
pub(super) fn not_utf8(bytes: &[u8]) -> Fault {
    let good = std::str::from_utf8(bytes).err().map_or(bytes.len(), |error| error.valid_up_to());
    let text = bytes.get(..good).and_then(|good| std::str::from_utf8(good).ok()).unwrap_or_default();
    let (line, column) = locate::position(text, text.len());
    let message = "save the file as UTF-8".to_owned();
    Fault { line, column, key: None, problem: Problem::Syntax(message) }
}

/// Whether the text is TOML at all, whatever it says.
pub(super) fn syntax(text: &str) -> Result<(), Fault> {
    parse(text).map(|_| ())
}

fn parse(text: &str) -> Result<Document<&str>, Fault> {
    Document::parse(text).map_err(|error| not_toml(text, &error))
}

fn not_toml(text: &str, error: &toml_edit::TomlError) -> Fault {
    let byte = error.span().map_or(text.len(), |span| span.start);
    let (line, column) = locate::position(text, byte);
    let message = error.message().trim().replace('\n', "; ");
    Fault { line, column, key: None, problem: Problem::Syntax(message) }
}
