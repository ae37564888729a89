//! The page's types, made from ours: `ui/src/api/types.ts`. A test compares; it does not write.
//!
//! `TURNPIKE_WRITE_TYPES=1 cargo nextest run -p turnpike-api typescript` writes the file anew.

use std::collections::BTreeMap;
use std::path::Path;

use ts_rs::{Config, TS, TypeVisitor};

use crate::commands;
use crate::{ApiError, ControlFile, Event};

/// The file, from this crate's folder.
const FILE: &str = "../../ui/src/api/types.ts";
/// Writes the file instead of comparing, when it is set.
const WRITE: &str = "TURNPIKE_WRITE_TYPES";

/// Declarations by name, each once.
pub(crate) struct Declarations {
    config: Config,
    by_name: BTreeMap<String, String>,
}

// === impl Declarations ===

impl Declarations {
    /// Adds a type and all that it is made of; gives its name.
    pub(crate) fn add<T: TS + 'static + ?Sized>(&mut self) -> String {
        self.visit::<T>();
        T::name(&self.config)
    }
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Only our own types have a place to be written to; the others are numbers, texts, lists.
        if T::output_path().is_none() {
            T::visit_generics(self);
            return;
        }
        let name = T::ident(&self.config);
        if self.by_name.contains_key(&name) {
            return;
        }
        let comment = T::docs().unwrap_or_default();
        self.by_name.insert(name, format!("{comment}export {}\n", T::decl(&self.config)));
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

fn generated() -> String {
    // All our integers are below 2^53: nano-dollars up to nine million dollars, tokens, times, row numbers.
    let config = Config::new().with_large_int("number");
    let mut types = Declarations { config, by_name: BTreeMap::new() };
    let rows = commands::typescript(&mut types);
    types.add::<ApiError>();
    types.add::<Event>();
    let list: String = rows
        .iter()
        .map(|(name, request, reply)| format!("  {name:?}: {{ request: {request}; reply: {reply} }};\n"))
        .collect();
    let declarations: Vec<String> = types.by_name.into_values().collect();
    format!(
        "// @generated from crates/api; see crates/api/src/typescript.rs\n\n\
         /** Every command: what it takes and what it answers. */\n\
         export interface Commands {{\n{list}}}\n\n{}",
        declarations.join("\n")
    )
}

#[test]
fn the_pages_types_are_ours() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let generated = generated();
    if std::env::var_os(WRITE).is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &generated).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == generated,
        "ui/src/api/types.ts is not what crates/api says: run {WRITE}=1 cargo nextest run -p turnpike-api typescript"
    );
    assert!(!generated.contains("bigint") && !generated.contains(std::any::type_name::<ControlFile>()));
}
