//! What a model would mean for this user: what the last week would have cost on it, and how fast it answered here.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use turnpike_api::command::ModelsReply;
use turnpike_ledger::{Dimension, Facet, LedgerReader, SpendQuery, Usage};
use turnpike_routing::Catalogue;
use turnpike_wire::account::Pricing;

/// Hours of the week that is reckoned anew.
const WEEK: i64 = 7 * 24;
/// Hours whose answers tell how fast a model is.
const MONTH: i64 = 30 * 24;

/// Adds it to the models of an answer. Without the ledger they stay without it. Blocks on the disk.
pub(crate) fn add(reader: &LedgerReader, catalogue: &Catalogue, reply: &mut ModelsReply, now: Timestamp) {
    let since = |hours: i64| SpendQuery {
        since: now.checked_sub(hours.hours()).ok(),
        ..SpendQuery::by(Dimension::Facet(Facet::Model), TimeZone::UTC)
    };
    if let Ok(week) = reader.totals(&since(WEEK))
        && week.requests() > 0
    {
        reply.last_week_nanos = Some(week.cost().nanos());
        reply.is_last_week_approximate = week.is_approximate();
        for model in &mut reply.models {
            let listed = catalogue.find(&model.slug);
            model.last_week_nanos = listed.and_then(|listed| cost(&week.usage, &listed.pricing));
        }
    }
    for speed in reader.speeds(&since(MONTH)).unwrap_or_default() {
        let is_it = |model: &&mut turnpike_api::command::Model| speed.model.as_ref() == Some(&model.slug);
        if let Some(model) = reply.models.iter_mut().find(is_it) {
            model.first_token_ms = speed.first_token.p50_ms;
            model.tokens_per_second = speed.tokens_per_second;
        }
    }
}

/// What these tokens cost at these prices; `None` where one of the two that matter is not known.
fn cost(usage: &Usage, pricing: &Pricing) -> Option<i64> {
    let (prompt, completion) = (pricing.prompt?, pricing.completion?);
    let parts = [
        (usage.input_tokens, prompt),
        (usage.cache_read_tokens, pricing.input_cache_read.unwrap_or(prompt)),
        (usage.cache_write_tokens, pricing.input_cache_write.unwrap_or(prompt)),
        (usage.output_tokens, completion),
    ];
    let sum: i128 = parts.iter().map(|(tokens, price)| i128::from(*tokens) * i128::from(price.nanos())).sum();
    i64::try_from(sum / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use turnpike_wire::money::NanoUsd;

    use super::*;

    #[test]
    fn the_same_tokens_cost_what_the_other_model_takes() {
        let dollars = |dollars: i64| Some(NanoUsd(dollars * 1_000_000_000));
        let usage = Usage {
            input_tokens: 1_000_000,
            cache_read_tokens: 2_000_000,
            cache_write_tokens: 500_000,
            output_tokens: 250_000,
            ..Usage::default()
        };
        let pricing = Pricing { prompt: dollars(4), completion: dollars(8), ..Pricing::default() };
        assert_eq!(cost(&usage, &pricing), Some(16_000_000_000), "a model without a cache reads all anew");
        let cached = Pricing { input_cache_read: dollars(1), input_cache_write: dollars(6), ..pricing };
        assert_eq!(cost(&usage, &cached), Some(11_000_000_000));
        assert_eq!(cost(&usage, &Pricing { prompt: None, ..pricing }), None);
        let free = Pricing { prompt: dollars(0), completion: dollars(0), ..Pricing::default() };
        assert_eq!(cost(&usage, &free), Some(0));
    }
}
