//! Numbers of names and of combinations of names, as the ledger has given them out. Those of the moment stay in memory.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Result, params, params_from_iter};

use super::KINDS;

/// Of each kind so many are remembered; then all of it is forgotten and learned anew.
const MOST: usize = 4_096;

const MIX: &str =
    "SELECT id FROM mix WHERE served_model = ?1 AND requested_model = ?2 AND provider = ?3 AND project = ?4
    AND branch = ?5 AND session = ?6 AND agent_type = ?7 AND class = ?8 AND client = ?9";
const NEW_MIX: &str =
    "INSERT INTO mix (served_model, requested_model, provider, project, branch, session, agent_type, class,
    client) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

/// What is remembered. It belongs to one connection, and a transaction that fails makes it untrue.
#[derive(Debug, Default)]
pub(crate) struct Known {
    facets: [HashMap<Box<str>, i64>; KINDS],
    mixes: HashMap<[i64; KINDS], i64>,
}

// === impl Known ===

impl Known {
    /// The number of a name of that kind; it gets one if it has none.
    pub(super) fn facet(&mut self, conn: &Connection, kind: u8, text: &str) -> Result<i64> {
        let place = usize::from(kind).saturating_sub(1);
        let Some(facets) = self.facets.get_mut(place) else { return Ok(0) };
        if let Some(id) = facets.get(text) {
            return Ok(*id);
        }
        let found = conn
            .prepare_cached("SELECT id FROM facet WHERE kind = ?1 AND text = ?2")?
            .query_row(params![kind, text], |row| row.get(0))
            .optional()?;
        let id = match found {
            Some(id) => id,
            None => conn
                .prepare_cached("INSERT INTO facet (kind, text) VALUES (?1, ?2)")?
                .insert(params![kind, text])?,
        };
        remember(facets, text.into(), id);
        Ok(id)
    }

    /// The number of a combination; it gets one if it has none.
    pub(super) fn mix(&mut self, conn: &Connection, facets: [i64; KINDS]) -> Result<i64> {
        if let Some(id) = self.mixes.get(&facets) {
            return Ok(*id);
        }
        let found =
            conn.prepare_cached(MIX)?.query_row(params_from_iter(facets), |row| row.get(0)).optional()?;
        let id = match found {
            Some(id) => id,
            None => conn.prepare_cached(NEW_MIX)?.insert(params_from_iter(facets))?,
        };
        remember(&mut self.mixes, facets, id);
        Ok(id)
    }
}

fn remember<K: Eq + std::hash::Hash>(known: &mut HashMap<K, i64>, key: K, id: i64) {
    if known.len() >= MOST {
        known.clear();
    }
    known.insert(key, id);
}
