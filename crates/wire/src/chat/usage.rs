//! Token counts and cost as OpenRouter reports them.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::money::{NanoUsd, dollars};
use crate::text::lenient;

/// The `usage` object. Every field may be missing; counts that are no sensible number read as zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Fields")]
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

#[derive(Deserialize)]
struct Fields {
    #[serde(default, deserialize_with = "count")]
    prompt_tokens: u64,
    #[serde(default, deserialize_with = "count")]
    completion_tokens: u64,
    #[serde(default, deserialize_with = "lenient")]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(default, deserialize_with = "lenient")]
    completion_tokens_details: Option<CompletionDetails>,
    #[serde(default, deserialize_with = "dollars")]
    cost: Option<NanoUsd>,
    #[serde(default, deserialize_with = "lenient")]
    is_byok: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    cost_details: Option<CostDetails>,
    #[serde(default, deserialize_with = "lenient")]
    server_tool_use_details: Option<ServerTools>,
    #[serde(default, deserialize_with = "lenient")]
    server_tool_use: Option<ServerTools>,
}

#[derive(Default, Deserialize)]
struct PromptDetails {
    #[serde(default, deserialize_with = "count")]
    cached_tokens: u64,
    #[serde(default, deserialize_with = "count")]
    cache_write_tokens: u64,
}

#[derive(Default, Deserialize)]
struct CompletionDetails {
    #[serde(default, deserialize_with = "count")]
    reasoning_tokens: u64,
}

#[derive(Default, Deserialize)]
struct CostDetails {
    #[serde(default, deserialize_with = "dollars")]
    upstream_inference_cost: Option<NanoUsd>,
}

#[derive(Default, Deserialize)]
struct ServerTools {
    #[serde(default, deserialize_with = "count")]
    web_search_requests: u64,
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

impl From<Fields> for Usage {
    fn from(fields: Fields) -> Self {
        let prompt = fields.prompt_tokens_details.unwrap_or_default();
        let tools = fields.server_tool_use_details.or(fields.server_tool_use).unwrap_or_default();
        Self {
            prompt_tokens: fields.prompt_tokens,
            completion_tokens: fields.completion_tokens,
            cached_tokens: prompt.cached_tokens,
            cache_write_tokens: prompt.cache_write_tokens,
            reasoning_tokens: fields.completion_tokens_details.unwrap_or_default().reasoning_tokens,
            // A negative price is an upstream's slip: no cost is known then.
            cost: fields.cost.filter(|cost| *cost >= NanoUsd::ZERO),
            is_byok: fields.is_byok.unwrap_or(false),
            upstream_inference_cost: fields
                .cost_details
                .and_then(|details| details.upstream_inference_cost)
                .filter(|cost| *cost >= NanoUsd::ZERO),
            web_search_requests: tools.web_search_requests,
        }
    }
}

/// Reads a count leniently: numbers (also as text), negative and senseless ones as zero.
///
/// # Errors
/// Only for JSON that cannot be read at all.
pub fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    let text = raw.get().trim_matches('"');
    if let Ok(count) = text.parse::<u64>() {
        return Ok(count.min(i64::MAX.unsigned_abs()));
    }
    Ok(NanoUsd::parse(text).map_or(0, |amount| (amount.nanos().max(0) / 1_000_000_000).unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            let usage = read(json);
            assert_eq!((usage.prompt_tokens, usage.cost), (prompt, cost.map(NanoUsd)), "{json}");
        }
    }
}
