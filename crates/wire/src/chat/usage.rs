//! Token counts and cost as OpenRouter reports them.

use serde::de::{Error, MapAccess};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::money::{NanoUsd, dollars};
use crate::object::{Fields, Found, Object, object};
use crate::text::lenient;

/// The `usage` object. Every field may be missing; counts that are no sensible number read as zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt, cached ones included.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
    /// Prompt tokens read from a cache.
    pub cached_tokens: u64,
    /// Prompt tokens written to a cache.
    pub cache_write_tokens: u64,
    /// Tokens of reasoning; some upstreams report more than `completion_tokens`.
    pub reasoning_tokens: u64,
    /// What OpenRouter charged, in credits (1 credit = 1 USD).
    pub cost: Option<NanoUsd>,
    /// The request ran on the user's own provider key.
    pub is_byok: bool,
    /// What the provider charged that own key.
    pub upstream_inference_cost: Option<NanoUsd>,
    /// Web searches that OpenRouter ran.
    pub web_search_requests: u64,
}

/// A count, as [`count`] reads it.
#[derive(Deserialize)]
struct Count(#[serde(deserialize_with = "count")] u64);

/// An amount, as [`dollars`] reads it. A negative one is an upstream's slip: nothing is known then.
#[derive(Deserialize)]
struct Charge(#[serde(deserialize_with = "dollars")] Option<NanoUsd>);

#[derive(Deserialize)]
struct Flag(#[serde(deserialize_with = "lenient")] Option<bool>);

#[derive(Default)]
struct PromptDetails {
    cached: u64,
    cache_write: u64,
}

#[derive(Default)]
struct CompletionDetails {
    reasoning: u64,
}

#[derive(Default)]
struct CostDetails {
    upstream_inference: Option<NanoUsd>,
}

#[derive(Default)]
struct ServerTools {
    web_searches: u64,
}

// === impl Charge ===

impl Charge {
    fn known(self) -> Option<NanoUsd> {
        self.0.filter(|cost| *cost >= NanoUsd::ZERO)
    }
}

// === impl Fields ===

impl<'de> Fields<'de> for Usage {
    fn read<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<Found, A::Error> {
        match name {
            "prompt_tokens" => self.prompt_tokens = map.next_value::<Count>()?.0,
            "completion_tokens" => self.completion_tokens = map.next_value::<Count>()?.0,
            "prompt_tokens_details" => {
                let details = map.next_value::<Object<PromptDetails>>()?.0.unwrap_or_default();
                (self.cached_tokens, self.cache_write_tokens) = (details.cached, details.cache_write);
            }
            "completion_tokens_details" => {
                let details = map.next_value::<Object<CompletionDetails>>()?.0.unwrap_or_default();
                self.reasoning_tokens = details.reasoning;
            }
            "cost" => self.cost = map.next_value::<Charge>()?.known(),
            "is_byok" => self.is_byok = map.next_value::<Flag>()?.0.unwrap_or(false),
            "cost_details" => {
                let details = map.next_value::<Object<CostDetails>>()?.0.unwrap_or_default();
                self.upstream_inference_cost = details.upstream_inference;
            }
            // Two names for the same: the newer one and the older one.
            "server_tool_use_details" | "server_tool_use" => {
                let tools = map.next_value::<Object<ServerTools>>()?.0.unwrap_or_default();
                self.web_search_requests = self.web_search_requests.max(tools.web_searches);
            }
            _ => return Ok(Found::Unknown),
        }
        Ok(Found::Read)
    }
}

impl<'de> Fields<'de> for PromptDetails {
    fn read<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<Found, A::Error> {
        match name {
            "cached_tokens" => self.cached = map.next_value::<Count>()?.0,
            "cache_write_tokens" => self.cache_write = map.next_value::<Count>()?.0,
            _ => return Ok(Found::Unknown),
        }
        Ok(Found::Read)
    }
}

impl<'de> Fields<'de> for CompletionDetails {
    fn read<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<Found, A::Error> {
        match name {
            "reasoning_tokens" => self.reasoning = map.next_value::<Count>()?.0,
            _ => return Ok(Found::Unknown),
        }
        Ok(Found::Read)
    }
}

impl<'de> Fields<'de> for CostDetails {
    fn read<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<Found, A::Error> {
        match name {
            "upstream_inference_cost" => self.upstream_inference = map.next_value::<Charge>()?.known(),
            _ => return Ok(Found::Unknown),
        }
        Ok(Found::Read)
    }
}

impl<'de> Fields<'de> for ServerTools {
    fn read<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<Found, A::Error> {
        match name {
            "web_search_requests" => self.web_searches = map.next_value::<Count>()?.0,
            _ => return Ok(Found::Unknown),
        }
        Ok(Found::Read)
    }
}

impl<'de> Deserialize<'de> for Usage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        object(deserializer)?.ok_or_else(|| D::Error::custom("expected an object of token counts"))
    }
}

// === impl Usage ===

impl Usage {
    /// What is known once a further `usage` has come: one that comes twice may come as zeros the second time, or
    /// without what the first has told of money.
    #[must_use]
    pub fn followed_by(self, next: Self) -> Self {
        let says_nothing = next.prompt_tokens == 0
            && next.completion_tokens == 0
            && next.cost.unwrap_or_default() == NanoUsd::ZERO;
        if says_nothing {
            return Self { cost: self.cost.or(next.cost), ..self };
        }
        if next.cost.is_some() {
            return next;
        }
        let Self { cost, is_byok, upstream_inference_cost, .. } = self;
        if cost.is_some() { Self { cost, is_byok, upstream_inference_cost, ..next } } else { next }
    }
}

/// Reads a count leniently: numbers (also as text), negative and senseless ones as zero.
///
/// # Errors
/// Only for JSON that cannot be read at all.
pub fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    let sensible = |text: &str| text.parse().map(|count: u64| count.min(i64::MAX.unsigned_abs()));
    if let Ok(count) = sensible(raw.get()) {
        return Ok(count);
    }
    let text = raw.get().trim_matches('"');
    if let Ok(count) = sensible(text) {
        return Ok(count);
    }
    Ok(NanoUsd::parse(text).map_or(0, |amount| (amount.nanos().max(0) / 1_000_000_000).unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Chunk;

    fn read(json: &str) -> Usage {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_full_shape() {
        let usage = read(
            r#"{"prompt_tokens":2649,"completion_tokens":74,"total_tokens":2723,"cost":0.00106995,"is_byok":false,
            "prompt_tokens_details":{"cached_tokens":2569,"cache_write_tokens":79,"audio_tokens":0},
            "completion_tokens_details":{"reasoning_tokens":12},"cost_details":{"upstream_inference_cost":null},
            "server_tool_use_details":{"web_search_requests":2}}"#,
        );
        assert_eq!(
            usage,
            Usage {
                prompt_tokens: 2649,
                completion_tokens: 74,
                cached_tokens: 2569,
                cache_write_tokens: 79,
                reasoning_tokens: 12,
                cost: Some(NanoUsd(1_069_950)),
                is_byok: false,
                upstream_inference_cost: None,
                web_search_requests: 2,
            }
        );
    }

    #[test]
    fn what_is_no_object_is_no_usage() {
        for json in ["null", "7", "-7", "0.5", "true", "\"none\"", "[1,{}]"] {
            assert!(serde_json::from_str::<Usage>(json).is_err(), "{json}");
            let chunk = format!(r#"{{"id":"a","usage":{json},"model":"b"}}"#);
            let chunk: Chunk<'_> = serde_json::from_str(&chunk).unwrap();
            assert_eq!((chunk.usage, chunk.model.as_deref()), (None, Some("b")), "{json}");
        }
    }

    #[test]
    fn a_second_usage_takes_nothing_back() {
        let told = r#"{"prompt_tokens":9,"completion_tokens":2,"cost":0.5,"is_byok":true,
            "cost_details":{"upstream_inference_cost":0.25}}"#;
        let rows = [
            ("zeros", r#"{"prompt_tokens":0,"completion_tokens":0}"#, 9, Some(500_000_000), true),
            ("zeros and no money", r#"{"prompt_tokens":0,"cost":0}"#, 9, Some(500_000_000), true),
            ("no cost", r#"{"prompt_tokens":9,"completion_tokens":3}"#, 9, Some(500_000_000), true),
            ("null for a cost", r#"{"prompt_tokens":9,"cost":null}"#, 9, Some(500_000_000), true),
            ("more", r#"{"prompt_tokens":12,"cost":0.75}"#, 12, Some(750_000_000), false),
        ];
        for (name, next, prompt, cost, is_byok) in rows {
            let usage = read(told).followed_by(read(next));
            let found = (usage.prompt_tokens, usage.cost, usage.is_byok);
            assert_eq!(found, (prompt, cost.map(NanoUsd), is_byok), "{name}");
        }
        let free = Usage::default().followed_by(read(r#"{"cost":0}"#));
        assert_eq!(free.cost, Some(NanoUsd::ZERO), "an answer from the cache is free, and that is told");
    }

    #[test]
    fn odd_numbers_never_cost_the_chunk() {
        for (json, prompt, cost) in [
            ("{}", 0, None),
            (r#"{"prompt_tokens":null,"cost":null}"#, 0, None),
            (r#"{"prompt_tokens":-5,"cost":-1}"#, 0, None),
            (r#"{"prompt_tokens":"12","cost":"0.5"}"#, 12, Some(500_000_000)),
            (r#"{"prompt_tokens":4294967296,"cost":0}"#, 4_294_967_296, Some(0)),
            (r#"{"prompt_tokens":12.0,"prompt_tokens_details":"none"}"#, 12, None),
            (r#"{"prompt_tokens":{},"cost":[]}"#, 0, None),
            (r#"{"prompt_tokens":1,"prompt_tokens":3,"cost":0.5}"#, 3, Some(500_000_000)),
            (
                r#"{"prompt_tokens_details":[{"cached_tokens":1}],"cost_details":7,"prompt_tokens":2}"#,
                2,
                None,
            ),
            (r#"{"completion_tokens_details":true,"is_byok":"yes","prompt_tokens":2}"#, 2, None),
        ] {
            let usage = read(json);
            assert_eq!((usage.prompt_tokens, usage.cost), (prompt, cost.map(NanoUsd)), "{json}");
        }
    }
}
