//! Families of models that count alike.

/// Models with one tokenizer and one way to write a conversation down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Anthropic's.
    Claude,
    /// Anthropic's with a longer text about tools.
    ClaudeHaiku,
    /// OpenAI's with o200k: GPT and the o series.
    Gpt,
    /// OpenAI's open models, whose template has a preamble.
    GptOss,
    /// Google's.
    Gemini,
    /// Alibaba's, with tools as JSON.
    Qwen,
    /// Alibaba's, with tools as XML.
    QwenXml,
    /// DeepSeek's.
    DeepSeek,
    /// DeepSeek's of the time when tools were told in few words.
    DeepSeekV3,
    /// Meta's with a date in the preamble, and what is made of them.
    Llama,
    /// Meta's without one.
    Llama4,
    /// Nous Research's, made of Meta's.
    Hermes,
    /// Mistral's.
    Mistral,
    /// Mistral's with a prompt of its own.
    MistralSmall,
    /// Mistral's that are told their settings first.
    MistralSmall4,
    /// Moonshot's.
    Kimi,
    /// Zhipu's.
    Glm,
    /// xAI's.
    Grok,
    /// xAI's with a long preamble.
    Grok4,
    /// xAI's with a preamble.
    GrokFast,
    /// MiniMax's.
    MiniMax,
    /// MiniMax's first, with a long preamble.
    MiniMax01,
    /// MiniMax's with a preamble.
    MiniMaxM1,
    /// Any other.
    Other,
}

/// What a family counts for each part of a request, in hundredths of a token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prices {
    pub(super) base: u64,
    pub(super) message: u64,
    /// A word's worth of text.
    pub(super) text: u64,
    /// Once, when any tool is on offer.
    pub(super) any_tools: u64,
    pub(super) tool: u64,
    /// A word's worth of a tool's JSON schema.
    pub(super) schema: u64,
    pub(super) call: u64,
    /// A word's worth of the answer's JSON schema.
    pub(super) format: u64,
    /// Once, when there is no system text: some templates have one of their own then.
    pub(super) no_system: u64,
    /// Whole tokens for a page of a document.
    pub(super) page: u64,
}

/// What a slug's last part holds, and whose it is then. The first that fits counts: models distilled from one
/// family into another have the tokenizer of the one that is named last.
const MARKS: [(&str, Family); 44] = [
    ("claude-haiku-4", Family::ClaudeHaiku),
    ("claude", Family::Claude),
    ("gpt-oss", Family::GptOss),
    ("distill-llama", Family::Llama4),
    ("distill-qwen", Family::Qwen),
    ("gpt", Family::Gpt),
    ("codex", Family::Gpt),
    ("gemini", Family::Gemini),
    ("gemma", Family::Gemini),
    ("deepseek-v3.1", Family::DeepSeekV3),
    ("deepseek-chat-v3", Family::DeepSeekV3),
    ("deepseek", Family::DeepSeek),
    ("qwen3-coder", Family::QwenXml),
    ("qwen-3-coder", Family::QwenXml),
    ("qwen3.", Family::QwenXml),
    ("qwen", Family::Qwen),
    ("qwq", Family::Qwen),
    ("llama-4", Family::Llama4),
    ("llama-3.2", Family::Llama4),
    ("hermes", Family::Hermes),
    ("llama", Family::Llama),
    ("nemotron", Family::Llama),
    ("mistral-small-3", Family::MistralSmall),
    ("mistral-small-4", Family::MistralSmall4),
    ("mistral-small-26", Family::MistralSmall4),
    ("mistral-small-latest", Family::MistralSmall4),
    ("codestral", Family::Mistral),
    ("devstral", Family::Mistral),
    ("magistral", Family::Mistral),
    ("ministral", Family::Mistral),
    ("mistral", Family::Mistral),
    ("mixtral", Family::Mistral),
    ("pixtral", Family::Mistral),
    ("kimi", Family::Kimi),
    ("moonshot", Family::Kimi),
    ("glm", Family::Glm),
    ("grok-4-fast", Family::GrokFast),
    ("grok-4.1-fast", Family::GrokFast),
    ("grok-code", Family::GrokFast),
    ("grok-4-0", Family::Grok4),
    ("grok", Family::Grok),
    ("minimax-01", Family::MiniMax01),
    ("minimax-m1", Family::MiniMaxM1),
    ("minimax", Family::MiniMax),
];

// === impl Family ===

impl Family {
    /// How many there are.
    pub(super) const COUNT: usize = Self::Other as usize + 1;

    /// The family of a slug or of any other name of a model.
    #[must_use]
    pub fn of(slug: &str) -> Self {
        let name = slug.split(':').next().unwrap_or(slug);
        let name = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
        if name == "grok-4" {
            return Self::Grok4;
        }
        if let Some((_, family)) = MARKS.iter().find(|(mark, _)| name.contains(mark)) {
            return *family;
        }
        let mut letters = name.bytes();
        match (letters.next(), letters.next()) {
            (Some(b'o'), Some(b'1'..=b'9')) => Self::Gpt,
            _ => Self::Other,
        }
    }

    /// Fitted to recorded requests; where there were few of them, kept near the others.
    pub(super) const fn prices(self) -> Prices {
        let [base, message, text, any_tools, tool, schema, call, format, no_system] = match self {
            Self::Claude => [520, 112, 83, 30_100, 2_400, 111, 4_470, 120, 62],
            Self::ClaudeHaiku => [0, 67, 94, 48_390, 2_830, 115, 3_410, 120, 890],
            Self::Gpt => [370, 370, 76, 1_240, 220, 38, 1_010, 42, 1],
            Self::GptOss => [6_240, 580, 72, 1_560, 390, 43, 910, 81, 140],
            Self::Gemini => [24, 0, 78, 0, 0, 20, 0, 30, 0],
            Self::Qwen => [460, 420, 85, 8_380, 2_060, 86, 1_720, 80, 0],
            Self::QwenXml => [360, 470, 77, 21_180, 1_470, 100, 3_070, 80, 0],
            Self::DeepSeek => [330, 170, 82, 21_480, 1_760, 92, 3_560, 112, 10],
            Self::DeepSeekV3 => [220, 36, 84, 10_170, 980, 78, 950, 86, 160],
            Self::Llama => [3_260, 210, 84, 13_880, 1_610, 68, 690, 130, 115],
            Self::Llama4 => [230, 400, 87, 65_340, 1_270, 78, 1_630, 76, 0],
            Self::Hermes => [4_820, 119, 77, 8_180, 1_800, 85, 0, 76, 3_200],
            Self::Mistral => [0, 170, 92, 200, 1_680, 101, 820, 79, 105],
            Self::MistralSmall => [55_300, 350, 95, 39_970, 2_050, 82, 820, 79, 0],
            Self::MistralSmall4 => [1_600, 170, 92, 200, 1_680, 101, 820, 79, 105],
            Self::Kimi => [1_240, 330, 72, 340, 2_340, 80, 3_220, 80, 980],
            Self::Glm => [0, 200, 93, 9_850, 1_360, 86, 1_300, 79, 290],
            Self::Grok => [300, 340, 81, 20_550, 1_230, 62, 2_990, 73, 4],
            Self::Grok4 => [67_800, 400, 87, 22_100, 590, 73, 2_620, 73, 0],
            Self::GrokFast => [16_010, 440, 86, 0, 0, 54, 2_990, 71, 0],
            Self::MiniMax => [1_400, 390, 86, 10_500, 1_400, 90, 1_000, 80, 2_250],
            Self::MiniMax01 => [27_490, 600, 100, 610, 200, 45, 1_000, 45, 42_750],
            Self::MiniMaxM1 => [18_070, 600, 100, 610, 200, 45, 1_000, 45, 26_000],
            Self::Other => [400, 350, 85, 10_000, 1_000, 75, 1_300, 75, 0],
        };
        let page = match self {
            Self::Claude | Self::ClaudeHaiku => 2_000,
            Self::Gemini => 258,
            // Mostly, the upstream hands on the text alone.
            _ => 700,
        };
        Prices { base, message, text, any_tools, tool, schema, call, format, no_system, page }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_have_their_family() {
        for (slug, family) in [
            ("anthropic/claude-opus-5", Family::Claude),
            ("claude-sonnet-5", Family::Claude),
            ("anthropic/claude-haiku-4.5", Family::ClaudeHaiku),
            ("openai/gpt-5.6-terra", Family::Gpt),
            ("openai/o4-mini", Family::Gpt),
            ("openai/gpt-oss-120b:free", Family::GptOss),
            ("google/gemini-3.7-flash", Family::Gemini),
            ("qwen/qwen3-coder-next:nitro", Family::QwenXml),
            ("qwen/qwen3-32b", Family::Qwen),
            ("deepseek/deepseek-chat-v3.1", Family::DeepSeekV3),
            ("deepseek/deepseek-v4-pro-0813", Family::DeepSeek),
            ("deepseek/deepseek-r1-distill-llama-70b", Family::Llama4),
            ("meta-llama/llama-3.3-70b-instruct", Family::Llama),
            ("nousresearch/hermes-4-70b", Family::Hermes),
            ("mistralai/codestral-2508", Family::Mistral),
            ("mistralai/mistral-small-2603", Family::MistralSmall4),
            ("mistralai/mistral-small-3.2-24b-instruct", Family::MistralSmall),
            ("moonshotai/kimi-k3", Family::Kimi),
            ("z-ai/glm-5.2", Family::Glm),
            ("x-ai/grok-4.6", Family::Grok),
            ("x-ai/grok-4", Family::Grok4),
            ("x-ai/grok-4-fast:free", Family::GrokFast),
            ("minimax/minimax-m2", Family::MiniMax),
            ("minimax/minimax-m1", Family::MiniMaxM1),
            ("perplexity/sonar", Family::Other),
            ("ollama/other", Family::Other),
            ("", Family::Other),
        ] {
            assert_eq!(Family::of(slug), family, "{slug}");
        }
    }
}
