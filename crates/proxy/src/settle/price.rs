//! What tokens cost at a model's prices.

use turnpike_ledger::Usage as RowUsage;
use turnpike_wire::account::Pricing;
use turnpike_wire::money::NanoUsd;

/// What a request costs that has so many tokens of input, none of them cached, and so many of output.
pub(crate) fn price_of(input_tokens: u64, output_tokens: u64, pricing: &Pricing) -> NanoUsd {
    let tokens = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let usage = RowUsage {
        input_tokens: tokens(input_tokens),
        output_tokens: tokens(output_tokens),
        ..RowUsage::default()
    };
    price(&usage, pricing)
}

/// The price of a request: tokens at the catalogue's prices, which are per million, and its own.
pub(super) fn price(usage: &RowUsage, pricing: &Pricing) -> NanoUsd {
    let prompt = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens;
    let pricing = pricing.for_prompt(u64::try_from(prompt).unwrap_or(0));
    let part = |tokens: i64, per_million: Option<NanoUsd>| {
        let nanos = i128::from(per_million.unwrap_or_default().nanos()) * i128::from(tokens) / 1_000_000;
        NanoUsd(i64::try_from(nanos).unwrap_or(i64::MAX))
    };
    part(usage.input_tokens, pricing.prompt)
        + part(usage.output_tokens, pricing.completion)
        + part(usage.cache_read_tokens, pricing.input_cache_read.or(pricing.prompt))
        + part(usage.cache_write_tokens, pricing.input_cache_write.or(pricing.prompt))
        + pricing.request.unwrap_or_default()
}
