//! OpenRouter's other answers: the models, the standing of a key, one generation.

use serde::Deserialize;

use crate::anthropic::Effort;
use crate::money::{NanoUsd, dollars};
use crate::text::{lenient, null_as_default};

/// The body of `GET /models`.
#[derive(Clone, Debug, Deserialize)]
pub struct Models {
    /// The models.
    pub data: Vec<Model>,
}

/// One model of `GET /models`, as far as it is used.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Model {
    /// `author/slug[:variant]`
    pub id: String,
    /// Name for people.
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    /// Context window in tokens.
    #[serde(default, deserialize_with = "lenient")]
    pub context_length: Option<u64>,
    /// What goes in and out.
    #[serde(default, deserialize_with = "null_as_default")]
    pub architecture: Architecture,
    /// Prices, US dollars a million tokens.
    #[serde(default, deserialize_with = "null_as_default")]
    pub pricing: Pricing,
    /// Limits of the leading provider.
    #[serde(default, deserialize_with = "null_as_default")]
    pub top_provider: TopProvider,
    /// Parameters that some endpoint of the model takes.
    #[serde(default, deserialize_with = "null_as_default")]
    pub supported_parameters: Vec<String>,
    /// How it reasons, if it does.
    #[serde(default, deserialize_with = "lenient")]
    pub reasoning: Option<ReasoningAbility>,
    /// The day after which it is gone, `YYYY-MM-DD`.
    #[serde(default, deserialize_with = "lenient")]
    pub expiration_date: Option<String>,
}

/// What goes in and out of a model.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Architecture {
    /// `text`, `image`, `file`, `audio`, `video`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub input_modalities: Vec<String>,
    /// What it makes, in the same words.
    #[serde(default, deserialize_with = "null_as_default")]
    pub output_modalities: Vec<String>,
}

/// Prices, US dollars a million tokens; `None` where there is none or it varies (`"-1"`).
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Pricing {
    /// The prompt.
    #[serde(default, deserialize_with = "price")]
    pub prompt: Option<NanoUsd>,
    /// The answer.
    #[serde(default, deserialize_with = "price")]
    pub completion: Option<NanoUsd>,
    /// What is read from a cache.
    #[serde(default, deserialize_with = "price")]
    pub input_cache_read: Option<NanoUsd>,
    /// What is written to a cache.
    #[serde(default, deserialize_with = "price")]
    pub input_cache_write: Option<NanoUsd>,
    /// Each request, in US dollars. Only the configuration names one.
    #[serde(skip)]
    pub request: Option<NanoUsd>,
    /// Other prices for long prompts, in any order. Those for hours of the day are not kept.
    #[serde(default, rename = "overrides", deserialize_with = "tiers")]
    pub tiers: Tiers,
}

/// Prices for long prompts; no model of the list has more than three.
pub type Tiers = [Option<PriceTier>; 4];

/// Prices from a length of the prompt on; what it does not name stays.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct PriceTier {
    /// From so many tokens on.
    pub min_prompt_tokens: u64,
    /// The prompt.
    #[serde(default, deserialize_with = "price")]
    pub prompt: Option<NanoUsd>,
    /// The answer.
    #[serde(default, deserialize_with = "price")]
    pub completion: Option<NanoUsd>,
    /// What is read from a cache.
    #[serde(default, deserialize_with = "price")]
    pub input_cache_read: Option<NanoUsd>,
    /// What is written to a cache.
    #[serde(default, deserialize_with = "price")]
    pub input_cache_write: Option<NanoUsd>,
}

// === impl Pricing ===

impl Pricing {
    /// The prices for a prompt of so many tokens.
    #[must_use]
    pub fn for_prompt(self, tokens: u64) -> Self {
        let reached = self.tiers.iter().flatten().filter(|tier| tier.min_prompt_tokens <= tokens);
        let Some(tier) = reached.max_by_key(|tier| tier.min_prompt_tokens) else { return self };
        Self {
            prompt: tier.prompt.or(self.prompt),
            completion: tier.completion.or(self.completion),
            input_cache_read: tier.input_cache_read.or(self.input_cache_read),
            input_cache_write: tier.input_cache_write.or(self.input_cache_write),
            ..self
        }
    }
}

/// Limits of the leading provider.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct TopProvider {
    /// Most tokens of an answer.
    #[serde(default, deserialize_with = "lenient")]
    pub max_completion_tokens: Option<u64>,
}

/// How a model reasons.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ReasoningAbility {
    /// Efforts that it knows.
    #[serde(default, deserialize_with = "lenient")]
    pub supported_efforts: Option<Vec<Effort>>,
    /// It cannot be turned off.
    #[serde(default, deserialize_with = "null_as_default")]
    pub mandatory: bool,
    /// It takes a budget in tokens.
    #[serde(default, deserialize_with = "null_as_default")]
    pub supports_max_tokens: bool,
}

/// The body of `GET /key`.
#[derive(Clone, Debug, Deserialize)]
pub struct KeyBody {
    /// The standing.
    pub data: KeyInfo,
}

/// The standing of a key.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct KeyInfo {
    /// The key's label.
    #[serde(default, deserialize_with = "null_as_default")]
    pub label: String,
    /// Most credits it may use; `None` without a limit.
    #[serde(default, deserialize_with = "dollars")]
    pub limit: Option<NanoUsd>,
    /// What is left of that.
    #[serde(default, deserialize_with = "dollars")]
    pub limit_remaining: Option<NanoUsd>,
    /// `daily`, `weekly`, `monthly`, or never.
    #[serde(default, deserialize_with = "lenient")]
    pub limit_reset: Option<String>,
    /// Used in all.
    #[serde(default, deserialize_with = "dollars")]
    pub usage: Option<NanoUsd>,
    /// Used today (UTC).
    #[serde(default, deserialize_with = "dollars")]
    pub usage_daily: Option<NanoUsd>,
    /// Used this week.
    #[serde(default, deserialize_with = "dollars")]
    pub usage_weekly: Option<NanoUsd>,
    /// Used this month.
    #[serde(default, deserialize_with = "dollars")]
    pub usage_monthly: Option<NanoUsd>,
    /// Less than ten credits were ever bought.
    #[serde(default, deserialize_with = "null_as_default")]
    pub is_free_tier: bool,
    /// It may read the account's credits; an ordinary key may not.
    #[serde(default, deserialize_with = "null_as_default")]
    pub is_management_key: bool,
}

/// The body of `GET /credits`.
#[derive(Clone, Debug, Deserialize)]
pub struct CreditsBody {
    /// The credits.
    pub data: Credits,
}

/// The account's credits.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Credits {
    /// All that were ever bought.
    #[serde(default, deserialize_with = "dollars")]
    pub total_credits: Option<NanoUsd>,
    /// What of them was used.
    #[serde(default, deserialize_with = "dollars")]
    pub total_usage: Option<NanoUsd>,
}

// === impl Credits ===

impl Credits {
    /// What is left; less than nothing after an overrun. `None` where it is not told.
    #[must_use]
    pub fn left(&self) -> Option<NanoUsd> {
        Some(self.total_credits? - self.total_usage?)
    }
}

/// The body of `GET /generation`.
#[derive(Clone, Debug, Deserialize)]
pub struct GenerationBody {
    /// The generation.
    pub data: Generation,
}

/// What one answer cost, told later.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Generation {
    /// `gen-…`
    #[serde(default, deserialize_with = "null_as_default")]
    pub id: String,
    /// What was charged.
    #[serde(default, deserialize_with = "dollars")]
    pub total_cost: Option<NanoUsd>,
    /// It ran on the user's own provider key.
    #[serde(default, deserialize_with = "lenient")]
    pub is_byok: Option<bool>,
    /// What the provider charged that own key.
    #[serde(default, deserialize_with = "dollars")]
    pub upstream_inference_cost: Option<NanoUsd>,
    /// The model that served.
    #[serde(default, deserialize_with = "lenient")]
    pub model: Option<String>,
    /// Who ran it.
    #[serde(default, deserialize_with = "lenient")]
    pub provider_name: Option<String>,
    /// Prompt tokens by the model's own tokenizer.
    #[serde(default, deserialize_with = "lenient")]
    pub native_tokens_prompt: Option<u64>,
    /// Answer tokens by the model's own tokenizer.
    #[serde(default, deserialize_with = "lenient")]
    pub native_tokens_completion: Option<u64>,
    /// Reasoning tokens.
    #[serde(default, deserialize_with = "lenient")]
    pub native_tokens_reasoning: Option<u64>,
    /// Prompt tokens read from a cache.
    #[serde(default, deserialize_with = "lenient")]
    pub native_tokens_cached: Option<u64>,
}

/// The overrides that depend on the prompt's length; what cannot be read counts as not there.
fn tiers<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Tiers, D::Error> {
    let raw = <&serde_json::value::RawValue>::deserialize(deserializer)?;
    let listed: Vec<&serde_json::value::RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
    let mut read = listed.iter().filter_map(|tier| serde_json::from_str(tier.get()).ok());
    Ok(std::array::from_fn(|_| read.next()))
}

fn price<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<NanoUsd>, D::Error> {
    // A price per token is far below a nano-dollar's worth of precision for cheap models: it is kept per
    // million tokens, which is also how people read it.
    let raw = <&serde_json::value::RawValue>::deserialize(deserializer)?;
    let text = raw.get().trim_matches('"');
    // The exponent of a price in scientific notation is raised by six.
    let per_million = match text.split_once(['e', 'E']) {
        None => NanoUsd::parse(&format!("{text}e6")),
        Some((mantissa, exponent)) => {
            let exponent: i32 = exponent.parse().unwrap_or(i32::MIN / 2);
            NanoUsd::parse(&format!("{mantissa}e{}", exponent.saturating_add(6)))
        }
    };
    Ok(per_million.ok().filter(|price| *price >= NanoUsd::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_per_million_tokens() {
        let pricing: Pricing =
            serde_json::from_str(r#"{"prompt":"0.00000012","completion":"-1","input_cache_read":1e-8}"#)
                .unwrap();
        assert_eq!(pricing.prompt, Some(NanoUsd(120_000_000)));
        assert_eq!(pricing.completion, None);
        assert_eq!(pricing.input_cache_read, Some(NanoUsd(10_000_000)));
    }

    #[test]
    fn a_long_prompt_has_prices_of_its_own() {
        let pricing: Pricing = serde_json::from_str(
            r#"{"prompt":"0.000001","completion":"0.000006","input_cache_read":"0.0000001","overrides":[
                {"min_prompt_tokens":128000,"prompt":"0.000004","completion":"0.00002"},
                {"utc_start":"16:30","utc_end":"00:30","prompt":"0.0000005"},
                "odd",
                {"min_prompt_tokens":32000,"prompt":"0.000002"}]}"#,
        )
        .unwrap();
        let dollars = |number: i64| Some(NanoUsd(number * 1_000_000_000));
        for (tokens, prompt, completion) in
            [(0, 1, 6), (31_999, 1, 6), (32_000, 2, 6), (127_999, 2, 6), (900_000, 4, 20)]
        {
            let at = pricing.for_prompt(tokens);
            assert_eq!((at.prompt, at.completion), (dollars(prompt), dollars(completion)), "{tokens}");
            assert_eq!(at.input_cache_read, Some(NanoUsd(100_000_000)), "{tokens}");
        }
        let odd: Pricing = serde_json::from_str(r#"{"prompt":"1e-6","overrides":"none"}"#).unwrap();
        assert_eq!(odd.for_prompt(1_000_000).prompt, dollars(1));
    }

    #[test]
    fn a_model_survives_odd_fields() {
        let model: Model = serde_json::from_str(
            r#"{"id":"a/b","name":null,"context_length":"long","architecture":null,"reasoning":{"supported_efforts":null,"mandatory":true}}"#,
        )
        .unwrap();
        assert!(model.reasoning.unwrap().mandatory && model.context_length.is_none());
    }
}
