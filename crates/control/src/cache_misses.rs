//! What cache misses cost: input that came from no cache, at its price less that of reading it from one.
//!
//! New text can come from no cache, so it is the most that better caching could save, not what went wrong. What a model
//! without a price for cached input cost is in none of it: there is no cache to be missed.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use turnpike_api::command::{Spend, SpendReport};
use turnpike_ledger::{Dimension, Facet, LedgerReader, SpendQuery, Usage};
use turnpike_routing::Catalogue;
use turnpike_wire::account::Pricing;

use crate::spend::{SpendError, query};

/// What the misses among these tokens cost; `None` where the prices do not tell.
pub(crate) fn cost(usage: &Usage, pricing: &Pricing) -> Option<i64> {
    let (prompt, read) = (pricing.prompt?, pricing.input_cache_read?);
    let write = pricing.input_cache_write.unwrap_or(prompt);
    let parts = [(usage.input_tokens, prompt - read), (usage.cache_write_tokens, write - read)];
    let sum: i128 = parts.iter().map(|(tokens, price)| i128::from(*tokens) * i128::from(price.nanos())).sum();
    i64::try_from(sum.max(0) / 1_000_000).ok()
}

/// The same for a model of the catalogue.
pub(crate) fn of_model(usage: &Usage, model: Option<&str>, catalogue: &Catalogue) -> Option<i64> {
    cost(usage, &catalogue.find(model?)?.pricing)
}

/// Adds it to the lines of an answer, and to its sum. Blocks on the disk.
pub(crate) fn add(
    report: &mut SpendReport,
    reader: &LedgerReader,
    asked: &Spend,
    catalogue: &Catalogue,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<(), SpendError> {
    let query = query(asked, now, zone)?;
    let mut note = |key: Option<&str>, usage: &Usage, model: Option<&str>| {
        let Some(missed) = of_model(usage, model, catalogue) else { return };
        let line = report.rows.iter_mut().find(|row| row.key.as_deref() == key);
        let line = line.map(|row| &mut row.totals.missed_nanos);
        for sum in line.into_iter().chain([&mut report.total.missed_nanos]) {
            *sum = Some(sum.unwrap_or_default().saturating_add(missed));
        }
    };
    if matches!(query.by, Dimension::Facet(_)) {
        for share in reader.shares(&query)? {
            note(share.key.as_deref(), &share.totals.usage, share.model.as_deref());
        }
        return Ok(());
    }
    let models = SpendQuery { by: Dimension::Facet(Facet::Model), limit: None, ..query.clone() };
    for model in reader.spend(&models)?.rows {
        let Some(slug) = model.key.as_deref() else { continue };
        let only = query.only.iter().cloned().chain([(Facet::Model, slug.to_owned())]).collect();
        for row in reader.spend(&SpendQuery { only, limit: None, ..query.clone() })?.rows {
            note(row.key.as_deref(), &row.totals.usage, Some(slug));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use turnpike_wire::money::NanoUsd;

    use super::*;

    #[test]
    fn what_no_cache_had_costs_its_price_less_that_of_a_read() {
        let dollars = |dollars: i64| Some(NanoUsd(dollars * 1_000_000_000));
        let usage = Usage {
            input_tokens: 1_000_000,
            cache_read_tokens: 9_000_000,
            cache_write_tokens: 500_000,
            output_tokens: 7,
            ..Usage::default()
        };
        let plain = Pricing { prompt: dollars(4), ..Pricing::default() };
        let read = Pricing { input_cache_read: dollars(1), ..plain };
        let written = Pricing { input_cache_write: dollars(5), ..read };
        let dear = Pricing { input_cache_read: dollars(9), ..plain };
        let rows = [
            ("no price at all", Pricing::default(), None),
            ("no cache", plain, None),
            ("a read is cheaper", read, Some(4_500_000_000)),
            ("a write is dearer", written, Some(5_000_000_000)),
            ("a read is dearer: nothing is lost", dear, Some(0)),
        ];
        for (name, pricing, expected) in rows {
            assert_eq!(cost(&usage, &pricing), expected, "{name}");
        }
        assert_eq!(cost(&Usage { output_tokens: 9, ..Usage::default() }, &read), Some(0), "no input");
    }
}
