//! The catalogue: some fifty models as `/api/v1/models` described them on 2026-08-15, and the simulator's own.
//!
//! The facts (prices, windows, abilities) stand in `models/catalogue.tsv`, one model a line; entries of the
//! upstream's full shape are made from them.

mod entry;

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::price::Decimal;
use crate::{scenario, slug};

const TABLE: &str = include_str!("models/catalogue.tsv");
/// Slug suffixes that choose a way of routing, not another model.
const ROUTING_VARIANTS: &[&str] = &["nitro", "floor", "exacto", "online", "extended"];
/// What the simulator's own models cost: prices whose products have more than nine decimal places.
const SIM_PRICING: &str = "completion=0.00000076543,input_cache_read=0.00000001234567,\
                           input_cache_write=0.000000154320875,prompt=0.0000001234567,web_search=0.007";

/// Prices per token, and per search.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rates {
    pub(crate) prompt: Decimal,
    pub(crate) completion: Decimal,
    pub(crate) cache_read: Option<Decimal>,
    pub(crate) cache_write: Option<Decimal>,
    pub(crate) web_search: Decimal,
}

/// One model, as far as the simulator needs it.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) id: String,
    pub(crate) provider: String,
    /// The slug that answers: another one for aliases and routers.
    pub(crate) served: String,
    /// Prices from so many prompt tokens on, ascending; the first is 0.
    tiers: Vec<(u64, Rates)>,
}

/// All models.
pub(crate) struct Catalogue {
    models: HashMap<String, Model>,
    own: Model,
    listing: Bytes,
}

// === impl Model ===

impl Model {
    /// The prices for a prompt of that many tokens.
    pub(crate) fn rates(&self, prompt_tokens: u64) -> Rates {
        let tier = self.tiers.iter().rev().find(|(from, _)| prompt_tokens >= *from);
        tier.map(|(_, rates)| *rates).unwrap_or_default()
    }
}

// === impl Catalogue ===

impl Catalogue {
    /// Reads the table; `list_scenarios` puts one `sim/…` entry per scenario into the listing.
    pub(crate) fn new(list_scenarios: bool) -> Self {
        let rows: Vec<entry::Row<'_>> = TABLE.lines().skip(1).filter_map(entry::Row::read).collect();
        let name_of = |slug: &str| rows.iter().find(|row| row.id == slug).map(|row| row.name);
        let mut data: Vec<Value> = rows.iter().map(|row| row.entry(name_of(row.plays))).collect();
        let mut models: HashMap<String, Model> =
            rows.iter().map(|row| (row.id.to_owned(), model_of(row))).collect();
        serve_with_the_targets_prices(&mut models);
        if list_scenarios {
            data.extend(scenario::all().map(|s| entry::of_scenario(s.name, s.about, SIM_PRICING)));
        }
        let listing = json!({"data": data, "total_count": data.len(), "links": {"next": null}});
        let own = Model {
            id: String::new(),
            provider: "Simulator".to_owned(),
            served: String::new(),
            tiers: vec![(0, rates(SIM_PRICING, Rates::default()))],
        };
        Self { models, own, listing: Bytes::from(listing.to_string()) }
    }

    /// The body of `GET /models`.
    pub(crate) fn listing(&self) -> Bytes {
        self.listing.clone()
    }

    /// The model a slug names, whatever routing variant it carries.
    pub(crate) fn find(&self, slug: &str) -> Option<Model> {
        if slug.starts_with(slug::PREFIX) {
            return Some(Model { id: slug.to_owned(), served: slug.to_owned(), ..self.own.clone() });
        }
        let known = self.models.get(slug).or_else(|| {
            let (base, variant) = slug.rsplit_once(':')?;
            ROUTING_VARIANTS.contains(&variant).then(|| self.models.get(base)).flatten()
        });
        known.cloned()
    }

    #[cfg(test)]
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.models.keys().map(String::as_str)
    }
}

fn model_of(row: &entry::Row<'_>) -> Model {
    let base = rates(row.pricing, Rates::default());
    let mut tiers = vec![(0, base)];
    for tier in row.overrides() {
        let from = entry::pairs(tier).find(|(key, _)| *key == "min_prompt_tokens");
        if let Some(from) = from.and_then(|(_, value)| value.parse().ok()) {
            tiers.push((from, rates(tier, base)));
        }
    }
    let served = if row.plays.is_empty() { row.id } else { row.plays };
    Model { id: row.id.to_owned(), provider: row.provider.to_owned(), served: served.to_owned(), tiers }
}

/// A router's own price is "-1", an alias bills as its target: both take the prices of what serves them.
fn serve_with_the_targets_prices(models: &mut HashMap<String, Model>) {
    let targets: HashMap<String, Model> =
        models.values().filter(|m| m.id == m.served).map(|m| (m.id.clone(), m.clone())).collect();
    for model in models.values_mut() {
        if let Some(target) = targets.get(&model.served) {
            model.tiers.clone_from(&target.tiers);
            model.provider.clone_from(&target.provider);
        }
    }
}

fn rates(pricing: &str, base: Rates) -> Rates {
    let mut rates = base;
    for (key, value) in entry::pairs(pricing) {
        let Some(price) = Decimal::parse(value) else { continue };
        match key {
            "prompt" => rates.prompt = price,
            "completion" => rates.completion = price,
            "input_cache_read" => rates.cache_read = Some(price),
            "input_cache_write" => rates.cache_write = Some(price),
            "web_search" => rates.web_search = price,
            _ => {}
        }
    }
    rates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_model() {
        let catalogue = Catalogue::new(false);
        assert_eq!(catalogue.ids().count(), TABLE.lines().count() - 1);
    }

    #[test]
    fn aliases_and_routers_serve_and_bill_as_their_target() {
        let catalogue = Catalogue::new(false);
        for id in ["openrouter/auto", "~anthropic/claude-opus-latest", "openrouter/free"] {
            let model = catalogue.find(id).unwrap();
            assert_ne!(model.served, id);
            let target = catalogue.find(&model.served).unwrap();
            assert_eq!(model.rates(0).prompt, target.rates(0).prompt, "{id}");
        }
    }

    #[test]
    fn a_long_prompt_pays_the_long_prompts_price() {
        let sol = Catalogue::new(false).find("openai/gpt-5.6-sol").unwrap();
        assert_eq!(sol.rates(271_999).prompt.to_string(), "0.000005");
        assert_eq!(sol.rates(272_000).prompt.to_string(), "0.00001");
        assert_eq!(sol.rates(272_000).web_search.to_string(), "0.01", "what a tier leaves out stays");
    }

    #[test]
    fn routing_variants_are_the_same_model() {
        let catalogue = Catalogue::new(false);
        assert_eq!(catalogue.find("z-ai/glm-5.2:nitro").unwrap().id, "z-ai/glm-5.2");
        assert!(catalogue.find("z-ai/glm-5.2:free").is_none());
        assert!(catalogue.find("nobody/nothing").is_none());
    }
}
