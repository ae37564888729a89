//! What translation must know about a model. It is told; it looks nothing up.

use turnpike_wire::account::Model;
use turnpike_wire::anthropic::Effort;

/// A target model, as far as it shapes the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelProfile<'m> {
    /// `author/slug[:variant]`
    pub slug: &'m str,
    /// Parameters that the model takes; `None` when its catalogue entry is not known: then all are sent.
    parameters: Option<&'m [String]>,
    /// What it can take in; `None` when not known.
    inputs: Option<&'m [String]>,
    /// What it makes; `None` when not known.
    outputs: Option<&'m [String]>,
    /// How it reasons.
    pub reasoning: ReasoningSupport,
    /// Context window in tokens.
    pub window: Option<u64>,
    /// Most tokens of an answer.
    pub max_output: Option<u64>,
}

/// How a model reasons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ReasoningSupport {
    /// Not known: OpenRouter adapts what is asked for.
    #[default]
    Unknown,
    /// It does not.
    None,
    /// It does.
    Supported {
        /// Efforts that it knows, least first; empty when the catalogue names none.
        efforts: Vec<Effort>,
        /// It cannot be turned off.
        mandatory: bool,
        /// It takes a budget in tokens.
        budget: bool,
    },
}

/// What becomes of prompt-cache breakpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheBreakpoints {
    /// Kept, at most four.
    Keep,
    /// Left out: the upstream caches by itself, or not at all.
    Drop,
}

// === impl ModelProfile ===

impl<'m> ModelProfile<'m> {
    /// The profile of a slug, with its catalogue entry where there is one.
    #[must_use]
    pub fn new(slug: &'m str, model: Option<&'m Model>) -> Self {
        let Some(model) = model else {
            return Self { slug, ..Self::default() };
        };
        let reasons = model.supported_parameters.iter().any(|parameter| parameter == "reasoning");
        let reasoning = match &model.reasoning {
            Some(ability) => {
                let mut efforts = ability.supported_efforts.clone().unwrap_or_default();
                efforts.sort_unstable();
                // Claude models that know efforts ignore a budget, the older ones take nothing else.
                let claude_by_budget = is_of(slug, "anthropic/") && efforts.is_empty();
                let budget = ability.supports_max_tokens || claude_by_budget;
                ReasoningSupport::Supported { efforts, mandatory: ability.mandatory, budget }
            }
            None if reasons => ReasoningSupport::Unknown,
            None => ReasoningSupport::None,
        };
        let listed = |list: &'m [String]| (!list.is_empty()).then_some(list);
        Self {
            slug,
            parameters: listed(&model.supported_parameters),
            inputs: listed(&model.architecture.input_modalities),
            outputs: listed(&model.architecture.output_modalities),
            reasoning,
            window: model.context_length,
            max_output: model.top_provider.max_completion_tokens,
        }
    }

    /// Whether the model takes a parameter, as far as is known.
    #[must_use]
    pub fn takes(&self, parameter: &str) -> bool {
        self.parameters.as_ref().is_none_or(|known| known.iter().any(|name| name == parameter))
    }

    /// Whether the model takes tools, as far as is known.
    #[must_use]
    pub fn takes_tools(&self) -> bool {
        self.takes("tools")
    }

    /// Whether the model sees images, as far as is known.
    #[must_use]
    pub fn sees_images(&self) -> bool {
        self.inputs.as_ref().is_none_or(|known| known.iter().any(|name| name == "image"))
    }

    /// Whether the model makes pictures, as far as is known.
    #[must_use]
    pub fn makes_images(&self) -> bool {
        self.outputs.as_ref().is_none_or(|known| known.iter().any(|name| name == "image"))
    }

    /// What becomes of prompt-cache breakpoints (OpenRouter's prompt caching guide).
    #[must_use]
    pub fn cache_breakpoints(&self) -> CacheBreakpoints {
        let keeps = [
            "anthropic/",
            "google/gemini",
            "qwen/qwen3-max",
            "qwen/qwen-plus",
            "qwen/qwen3.6-plus",
            "qwen/qwen3-coder-plus",
            "qwen/qwen3-coder-flash",
            "deepseek/deepseek-v3.2",
        ];
        match keeps.iter().any(|known| is_of(self.slug, known)) {
            true => CacheBreakpoints::Keep,
            false => CacheBreakpoints::Drop,
        }
    }

    /// Whether it is one of Anthropic's models, which verify the signatures of their reasoning.
    #[must_use]
    pub fn is_claude(&self) -> bool {
        is_of(self.slug, "anthropic/")
    }

    /// Whether a turn without reasoning must say so with an empty list: DeepSeek V4 answers 400 otherwise.
    #[must_use]
    pub fn wants_empty_details(&self) -> bool {
        is_of(self.slug, "deepseek/deepseek-v4")
    }

    /// Whether each of its turns with calls must come back with a signature: Gemini from version 3 on answers 400
    /// otherwise ("Function call is missing a thought_signature").
    #[must_use]
    pub fn wants_signed_calls(&self) -> bool {
        let name = self.slug.split(':').next().unwrap_or_default();
        let version = name.split('-').find_map(|part| part.parse::<f32>().ok());
        is_of(self.slug, "google/gemini") && version.is_none_or(|version| version >= 3.0)
    }

    /// Whether a system message may stand in the middle of the conversation and keep its place there.
    ///
    /// Others lift it to the top or refuse it; for them it becomes user text.
    #[must_use]
    pub fn takes_late_system(&self) -> bool {
        is_of(self.slug, "openai/")
    }

    /// Whether the model takes system messages. Gemma before its fourth version has no such role: Google's
    /// own endpoint answers "Developer instruction is not enabled", and other hosts lose the text.
    #[must_use]
    pub fn takes_system(&self) -> bool {
        let without = ["google/gemma-2-", "google/gemma-3-", "google/gemma-3n-"];
        !without.iter().any(|known| is_of(self.slug, known))
    }

    /// Whether the model answers as a stream. OpenAI names those that do not.
    #[must_use]
    pub fn streams(&self) -> bool {
        !is_of(self.slug, "openai/o1-pro")
    }

    /// Whether the model refuses a conversation that ends with words put into its mouth: Claude does from
    /// version 4.6 on ("This model does not support assistant message prefill").
    #[must_use]
    pub fn refuses_prefill(&self) -> bool {
        let name = self.slug.split(':').next().unwrap_or_default();
        let version = name.split('-').find_map(|part| part.parse::<f32>().ok());
        self.is_claude() && version.is_none_or(|version| version >= 4.6)
    }

    /// The fewest tokens of an answer that may be asked for: OpenAI's endpoints refuse less than 16.
    #[must_use]
    pub fn min_output(&self) -> u64 {
        if is_of(self.slug, "openai/") { 16 } else { 1 }
    }
}

/// Whether the slug, or the model family that it is an alias of, begins so.
fn is_of(slug: &str, family: &str) -> bool {
    slug.trim_start_matches('~').starts_with(family)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_model_is_sent_everything() {
        let profile = ModelProfile::new("a/b", None);
        assert!(profile.takes_tools() && profile.sees_images() && profile.takes("temperature"));
        assert_eq!(profile.reasoning, ReasoningSupport::Unknown);
    }

    #[test]
    fn a_catalogue_entry_narrows() {
        let model: Model = serde_json::from_str(
            r#"{"id":"a/b","architecture":{"input_modalities":["text"]},"supported_parameters":["tools","reasoning"],
            "reasoning":{"supported_efforts":["high","low"],"mandatory":true},"context_length":1000,
            "top_provider":{"max_completion_tokens":100}}"#,
        )
        .unwrap();
        let profile = ModelProfile::new("a/b", Some(&model));
        assert!(profile.takes_tools() && !profile.sees_images() && !profile.takes("temperature"));
        let efforts = vec![Effort::Low, Effort::High];
        assert_eq!(
            profile.reasoning,
            ReasoningSupport::Supported { efforts, mandatory: true, budget: false }
        );
        assert_eq!((profile.window, profile.max_output), (Some(1000), Some(100)));
    }

    #[test]
    fn models_that_lack_something_are_known() {
        for (slug, system, streams, prefill) in [
            ("google/gemma-3-27b-it", false, true, true),
            ("google/gemma-3n-e4b-it", false, true, true),
            ("google/gemma-4-31b-it:free", true, true, true),
            ("google/gemini-3.7-flash", true, true, true),
            ("openai/o1-pro", true, false, true),
            ("openai/o1", true, true, true),
            ("anthropic/claude-3.7-sonnet", true, true, true),
            ("anthropic/claude-haiku-4.5", true, true, true),
            ("anthropic/claude-opus-4", true, true, true),
            ("anthropic/claude-sonnet-4.6", true, true, false),
            ("anthropic/claude-opus-5:nitro", true, true, false),
            ("~anthropic/claude-sonnet-latest", true, true, false),
        ] {
            let profile = ModelProfile::new(slug, None);
            let known = (profile.takes_system(), profile.streams(), !profile.refuses_prefill());
            assert_eq!(known, (system, streams, prefill), "{slug}");
        }
    }

    #[test]
    fn calls_are_signed_for_gemini_from_its_third_version_on() {
        for (slug, signed) in [
            ("google/gemini-3.7-flash", true),
            ("google/gemini-3-flash-preview:nitro", true),
            ("~google/gemini-pro-latest", true),
            ("google/gemini-2.5-flash-lite", false),
            ("google/gemma-4-31b-it", false),
            ("openai/gpt-5.6-terra", false),
        ] {
            assert_eq!(ModelProfile::new(slug, None).wants_signed_calls(), signed, "{slug}");
        }
    }

    #[test]
    fn breakpoints_are_kept_where_they_count() {
        for (slug, kept) in [
            ("anthropic/claude-haiku-4.5", true),
            ("~anthropic/claude-sonnet-latest", true),
            ("google/gemini-3.7-flash", true),
            ("qwen/qwen3-coder-plus", true),
            ("qwen/qwen3-coder-next", false),
            ("deepseek/deepseek-v3.2", true),
            ("openai/gpt-5.6-terra", false),
            ("deepseek/deepseek-v4-pro-0813", false),
        ] {
            let keep = ModelProfile::new(slug, None).cache_breakpoints() == CacheBreakpoints::Keep;
            assert_eq!(keep, kept, "{slug}");
        }
    }
}
