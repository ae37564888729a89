//! Facts about some forty coding models, for a first use without a network.
//!
//! The table beside this file was written from OpenRouter's list of 2026-08-15; the live list replaces it as soon as
//! it was fetched once.

use turnpike_wire::account::{Architecture, Model, Pricing, ReasoningAbility, TopProvider};
use turnpike_wire::anthropic::Effort;
use turnpike_wire::money::NanoUsd;

use crate::catalogue::Catalogue;

const TABLE: &str = include_str!("known.tsv");
/// The day of the facts.
pub const KNOWN_ON: &str = "2026-08-15";
/// Parameters that all of these models take.
const COMMON: [&str; 4] = ["max_tokens", "stop", "seed", "verbosity"];

// === impl Catalogue ===

impl Catalogue {
    /// The facts that come with the program, of [`KNOWN_ON`].
    #[must_use]
    pub fn built_in() -> Self {
        Self::new(TABLE.lines().skip(1).filter_map(model).collect())
    }
}

fn model(line: &str) -> Option<Model> {
    let mut cells = line.split('\t');
    let mut cell = || cells.next().unwrap_or_default();
    let (id, name) = (cell().to_owned(), cell().to_owned());
    let (window, max_output) = (cell().parse().ok(), cell().parse().ok());
    let prices: Vec<Option<NanoUsd>> = (0..4).map(|_| NanoUsd::parse(cell()).ok()).collect();
    let (abilities, efforts) = (cell(), cell());
    let can = |word: &str| abilities.split(',').any(|ability| ability == word);
    let reads = |word: &str| can(word).then(|| word.to_owned());
    let reasoning = can("reasoning").then(|| ReasoningAbility {
        supported_efforts: Some(efforts.split(',').filter_map(effort).collect()),
        mandatory: can("mandatory"),
        supports_max_tokens: false,
    });
    let price = |at: usize| prices.get(at).copied().flatten();
    (!id.is_empty()).then(|| Model {
        id,
        name,
        context_length: window,
        architecture: Architecture {
            input_modalities: std::iter::once("text".to_owned())
                .chain(["image", "file"].into_iter().filter_map(reads))
                .collect(),
            output_modalities: vec!["text".to_owned()],
        },
        pricing: Pricing {
            prompt: price(0),
            completion: price(1),
            input_cache_read: price(2),
            input_cache_write: price(3),
            ..Pricing::default()
        },
        top_provider: TopProvider { max_completion_tokens: max_output },
        supported_parameters: parameters(can),
        reasoning,
        expiration_date: None,
    })
}

/// The parameters that follow from abilities.
fn parameters(can: impl Fn(&str) -> bool) -> Vec<String> {
    let by_ability: [(&str, &[&str]); 4] = [
        ("tools", &["tools", "tool_choice", "parallel_tool_calls"]),
        ("reasoning", &["reasoning", "include_reasoning"]),
        ("temperature", &["temperature", "top_p", "top_k"]),
        ("structured_outputs", &["structured_outputs", "response_format"]),
    ];
    let of_abilities = by_ability.iter().filter(|(ability, _)| can(ability)).flat_map(|(_, names)| *names);
    of_abilities.chain(&COMMON).map(|name| (*name).to_owned()).collect()
}

fn effort(word: &str) -> Option<Effort> {
    Some(match word {
        "none" => Effort::None,
        "minimal" => Effort::Minimal,
        "low" => Effort::Low,
        "medium" => Effort::Medium,
        "high" => Effort::High,
        "xhigh" => Effort::XHigh,
        "max" => Effort::Max,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_whole() {
        let catalogue = Catalogue::built_in();
        assert_eq!(catalogue.models().len(), TABLE.lines().count() - 1);
        assert!((35..=50).contains(&catalogue.models().len()));
        for model in catalogue.models() {
            assert!(model.context_length.is_some() && !model.name.is_empty(), "{}", model.id);
            assert!(model.pricing.prompt.is_some() || model.id == "openrouter/auto", "{}", model.id);
        }
        let terra = catalogue.find("openai/gpt-5.6-terra").unwrap();
        assert_eq!(terra.pricing.completion, Some(NanoUsd(6_000_000_000)));
        assert_eq!(
            (terra.context_length, terra.top_provider.max_completion_tokens),
            (Some(1_050_000), Some(128_000))
        );
        assert!(terra.supported_parameters.iter().any(|name| name == "tools"));
        assert!(
            catalogue.candidate("z-ai/glm-5.2").lacks_images
                && !catalogue.candidate("z-ai/glm-5.2").lacks_tools
        );
    }
}
