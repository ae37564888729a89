//! What a map or a rule asks of the target it names: parameters, providers, prices.

use serde::Deserialize;
use turnpike_wire::money::NanoUsd;

use super::{leaf, names};

/// `params`: what replaces the client's own parameters.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// 0 to 2.
    #[serde(deserialize_with = "leaf::within::<0, 2, _>")]
    pub temperature: Option<f64>,
    /// 0 to 1.
    #[serde(deserialize_with = "leaf::within::<0, 1, _>")]
    pub top_p: Option<f64>,
    /// 0 and more; 0 is off.
    pub top_k: Option<u32>,
    /// 0 to 1.
    #[serde(deserialize_with = "leaf::within::<0, 1, _>")]
    pub min_p: Option<f64>,
    /// 0 to 1.
    #[serde(deserialize_with = "leaf::within::<0, 1, _>")]
    pub top_a: Option<f64>,
    /// -2 to 2.
    #[serde(deserialize_with = "leaf::within::<-2, 2, _>")]
    pub frequency_penalty: Option<f64>,
    /// -2 to 2.
    #[serde(deserialize_with = "leaf::within::<-2, 2, _>")]
    pub presence_penalty: Option<f64>,
    /// 0 to 2.
    #[serde(deserialize_with = "leaf::within::<0, 2, _>")]
    pub repetition_penalty: Option<f64>,
    /// For answers that can be had again, where the provider can.
    pub seed: Option<i64>,
    /// The longest answer, in tokens.
    #[serde(deserialize_with = "leaf::at_least_one")]
    pub max_tokens: Option<u32>,
    /// How hard the model thinks.
    pub effort: Option<Effort>,
    /// Tokens for thinking, instead of `effort`.
    #[serde(deserialize_with = "leaf::at_least_one")]
    pub reasoning_max_tokens: Option<u32>,
    /// How wordy the answer is.
    pub verbosity: Option<Verbosity>,
}

/// `params.effort`, in OpenRouter's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words explain themselves and are OpenRouter's")]
pub enum Effort {
    None,
    Minimal,
    Low,
    Medium,
    High,
    Xhigh,
    Max,
}

/// `params.verbosity`, in OpenRouter's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words explain themselves and are OpenRouter's")]
pub enum Verbosity {
    Low,
    Medium,
    High,
    Xhigh,
    Max,
}

/// `provider`: which of OpenRouter's providers may answer. Absent parts are not sent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderPreferences {
    /// Providers to try first, in this order.
    #[serde(deserialize_with = "names::some_names")]
    pub order: Option<Vec<String>>,
    /// Only these providers.
    #[serde(deserialize_with = "names::some_names")]
    pub only: Option<Vec<String>>,
    /// None of these providers.
    #[serde(deserialize_with = "names::some_names")]
    pub ignore: Option<Vec<String>>,
    /// Whether a provider outside `order` may answer.
    pub allow_fallbacks: Option<bool>,
    /// Only providers that know every parameter of the request.
    pub require_parameters: Option<bool>,
    /// Whether the provider may keep what it is sent.
    pub data_collection: Option<DataCollection>,
    /// Only endpoints that keep nothing.
    pub zdr: Option<bool>,
    /// Only these quantizations.
    pub quantizations: Option<Vec<Quantization>>,
    /// What the providers are sorted by.
    pub sort: Option<ProviderSort>,
    /// The most they may charge.
    pub max_price: Option<MaxPrice>,
}

/// `provider.data_collection`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words explain themselves and are OpenRouter's")]
pub enum DataCollection {
    Allow,
    Deny,
}

/// `provider.sort`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words explain themselves and are OpenRouter's")]
pub enum ProviderSort {
    Price,
    Throughput,
    Latency,
    Exacto,
}

/// One of `provider.quantizations`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words explain themselves and are OpenRouter's")]
pub enum Quantization {
    Int4,
    Int8,
    Fp4,
    Mxfp4,
    Nvfp4,
    Fp6,
    Fp8,
    Mxfp8,
    Fp16,
    Bf16,
    Fp32,
    Unknown,
}

/// `provider.max_price`: dollars per million tokens, or per request or piece.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MaxPrice {
    /// Per million input tokens.
    #[serde(deserialize_with = "leaf::some_dollars")]
    pub prompt: Option<NanoUsd>,
    /// Per million output tokens.
    #[serde(deserialize_with = "leaf::some_dollars")]
    pub completion: Option<NanoUsd>,
    /// Per request.
    #[serde(deserialize_with = "leaf::some_dollars")]
    pub request: Option<NanoUsd>,
    /// Per image.
    #[serde(deserialize_with = "leaf::some_dollars")]
    pub image: Option<NanoUsd>,
    /// Per million tokens of sound.
    #[serde(deserialize_with = "leaf::some_dollars")]
    pub audio: Option<NanoUsd>,
}

/// `price`: dollars per million tokens to estimate with, where the upstream names no cost.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Per million input tokens.
    #[serde(deserialize_with = "leaf::dollars")]
    pub prompt: NanoUsd,
    /// Per million output tokens.
    #[serde(deserialize_with = "leaf::dollars")]
    pub completion: NanoUsd,
    /// Per million tokens read from the cache.
    #[serde(default, deserialize_with = "leaf::some_dollars")]
    pub cache_read: Option<NanoUsd>,
    /// Per million tokens written to the cache.
    #[serde(default, deserialize_with = "leaf::some_dollars")]
    pub cache_write: Option<NanoUsd>,
    /// Per request.
    #[serde(default, deserialize_with = "leaf::some_dollars")]
    pub request: Option<NanoUsd>,
}
