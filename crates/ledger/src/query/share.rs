//! What each model has of each line of spend: what is reckoned by prices needs both.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::error::LedgerError;
use crate::query::dimension::{Dimension, Facet};
use crate::query::question::{Key, PAIR};
use crate::query::spend::{SpendQuery, each_part, facet_text};
use crate::query::totals::Totals;

/// What one model has of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelShare {
    /// The line's fact; `None` where the requests tell none.
    pub key: Option<String>,
    /// The model that answered; `None` where none is told.
    pub model: Option<String>,
    /// The sums.
    pub totals: Totals,
}

/// Lines by a fact, each by the models that answered. Times have none: there a question for each model is quicker.
pub(crate) fn shares(conn: &Connection, query: &SpendQuery) -> Result<Vec<ModelShare>, LedgerError> {
    let Dimension::Facet(facet) = query.by else { return Ok(Vec::new()) };
    // By model alone there is nothing to be combined.
    let key = if facet == Facet::Model { Key::Facet(facet) } else { Key::FacetAndModel(facet) };
    let mut sums: BTreeMap<String, Totals> = BTreeMap::new();
    each_part(conn, query, key, facet_text, |pair, totals| sums.entry(pair).or_default().add(totals))?;
    let told = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let shares = sums.into_iter().map(|(pair, totals)| {
        let (key, model) = pair.split_once(PAIR).unwrap_or((&pair, &pair));
        ModelShare { key: told(key), model: told(model), totals }
    });
    Ok(shares.collect())
}
