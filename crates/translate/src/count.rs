//! How many tokens a request comes to, estimated without any vendor's tokenizer.
//!
//! A request is measured once, in units that are the same for all models ([`Measure`]); each family of models
//! then has its own prices for them ([`Family`]), fitted to the prompt tokens that recorded requests were billed
//! with. What a family still counts otherwise is learned while requests are settled ([`Corrections`]).

mod correct;
mod family;
mod media;
mod text;
mod walk;

pub use correct::Corrections;
pub use family::Family;
pub use walk::{of_chat, of_messages};

use media::Images;

/// What a request consists of, as far as tokens go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    /// Text, in hundredths of a word.
    text: u64,
    /// JSON schemas of tools, in the same unit.
    schema: u64,
    /// The JSON schema of the answer, in the same unit.
    format: u64,
    messages: u64,
    tools: u64,
    calls: u64,
    images: Images,
    /// Pages of documents.
    pages: u64,
    /// Whether there is a system text.
    system: bool,
}

// === impl Measure ===

impl Measure {
    /// Tokens of the prompt, by the family's own prices.
    #[must_use]
    pub const fn tokens(&self, family: Family) -> u64 {
        let prices = family.prices();
        let offers = if self.tools > 0 { prices.any_tools } else { 0 };
        let preamble = if self.system { 0 } else { prices.no_system };
        let hundredths = prices.base
            + preamble
            + offers
            + prices.message * self.messages
            + prices.tool * self.tools
            + prices.call * self.calls
            + (prices.text * self.text + prices.schema * self.schema + prices.format * self.format) / 100;
        let tokens = (hundredths + 50) / 100 + self.images.tokens(family) + prices.page * self.pages;
        if tokens == 0 { 1 } else { tokens }
    }
}
