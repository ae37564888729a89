//! Counts tokens and prices them: the one place where a charge is computed.

use turnpike_wire::money::NanoUsd;

use crate::models::Rates;
use crate::price::Decimal;

/// Tokens of one request, as billed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// All prompt tokens, with the cached and the written ones.
    pub(crate) prompt: u64,
    pub(crate) cached: u64,
    pub(crate) written: u64,
    /// All completion tokens, with the reasoning ones.
    pub(crate) completion: u64,
    pub(crate) reasoning: u64,
    pub(crate) searches: u64,
}

/// What one event of an answer adds to the counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Produced {
    pub(crate) completion: u64,
    pub(crate) reasoning: u64,
    pub(crate) searches: u64,
}

/// The running bill of one request.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    rates: Rates,
    pub(crate) counts: Counts,
    /// A cost the scenario asked for, as decimal text.
    fixed: Option<String>,
    /// False for answers the upstream does not charge: errors, and answers that failed.
    billed: bool,
}

// === impl Meter ===

impl Meter {
    pub(crate) fn new(rates: Rates, counts: Counts, fixed: Option<String>) -> Self {
        Self { rates, counts, fixed, billed: true }
    }

    /// The meter of an answer that costs nothing.
    pub(crate) fn unbilled(mut self) -> Self {
        self.billed = false;
        self
    }

    pub(crate) fn add(&mut self, produced: Produced) {
        self.counts.completion += produced.completion;
        self.counts.reasoning += produced.reasoning;
        self.counts.searches += produced.searches;
    }

    pub(crate) fn prompt_cost(&self) -> Decimal {
        let Counts { prompt, cached, written, .. } = self.counts;
        let plain = prompt.saturating_sub(cached).saturating_sub(written);
        let Rates { prompt: price, cache_read, cache_write, .. } = self.rates;
        price.times(plain)
            + cache_read.unwrap_or(price).times(cached)
            + cache_write.unwrap_or(price).times(written)
    }

    pub(crate) fn completion_cost(&self) -> Decimal {
        self.rates.completion.times(self.counts.completion)
    }

    /// Prompt and completion together, without searches.
    pub(crate) fn inference_cost(&self) -> Decimal {
        self.prompt_cost() + self.completion_cost()
    }

    /// The charge as it stands in `usage.cost`: decimal text. An answer without output is not charged.
    pub(crate) fn cost(&self) -> String {
        let Counts { completion, searches, .. } = self.counts;
        if !self.billed || (completion == 0 && searches == 0) {
            return "0".to_owned();
        }
        match &self.fixed {
            Some(text) => text.clone(),
            None => (self.inference_cost() + self.rates.web_search.times(searches)).to_string(),
        }
    }

    /// The charge on the bill: the text of [`Self::cost`], rounded once, half to even.
    pub(crate) fn charge(&self) -> NanoUsd {
        NanoUsd::parse(&self.cost()).unwrap_or(NanoUsd::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claude() -> Rates {
        let price = |text| Decimal::parse(text).unwrap();
        Rates {
            prompt: price("0.000003"),
            completion: price("0.000015"),
            cache_read: Some(price("0.0000003")),
            cache_write: Some(price("0.00000375")),
            web_search: price("0.007"),
        }
    }

    #[test]
    fn cached_and_written_tokens_have_their_own_prices() {
        // A recorded answer of Claude: 1 plain, 2569 cached and 79 written prompt tokens.
        let counts = Counts { prompt: 2649, cached: 2569, written: 79, ..Counts::default() };
        assert_eq!(Meter::new(claude(), counts, None).prompt_cost().to_string(), "0.00106995");
    }

    #[test]
    fn nothing_produced_is_nothing_charged() {
        let mut meter = Meter::new(claude(), Counts { prompt: 1000, ..Counts::default() }, None);
        assert_eq!(meter.cost(), "0");
        meter.add(Produced { completion: 2, ..Produced::default() });
        assert_eq!(meter.cost(), "0.00303");
        assert_eq!(meter.clone().unbilled().cost(), "0");
    }

    #[test]
    fn the_charge_is_the_text_rounded_once() {
        let one = Produced { completion: 1, ..Produced::default() };
        for (cost, nanos) in
            [("0.0000000025", 2), ("0.0000000035", 4), ("1e-7", 100), ("0.0076509169000000005", 7_650_917)]
        {
            let mut meter = Meter::new(claude(), Counts::default(), Some(cost.to_owned()));
            meter.add(one);
            assert_eq!((meter.cost().as_str(), meter.charge()), (cost, NanoUsd(nanos)));
        }
    }
}
