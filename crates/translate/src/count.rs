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

use family::Prices;
use media::Images;

/// What a request consists of, as far as tokens go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    /// Text, in hundredths of a word.
    text: u64,
    /// JSON schemas, in the same unit.
    schema: u64,
    messages: u64,
    tools: u64,
    calls: u64,
    images: Images,
    /// Tokens of documents.
    documents: u64,
}

// === impl Measure ===

impl Measure {
    /// Tokens of the prompt, by the family's own prices.
    #[must_use]
    pub const fn tokens(&self, family: Family) -> u64 {
        let Prices { base, message, text, any_tools, tool, schema, call } = family.prices();
        let offers = if self.tools > 0 { any_tools } else { 0 };
        let hundredths = base
            + message * self.messages
            + offers
            + tool * self.tools
            + call * self.calls
            + (text * self.text + schema * self.schema) / 100;
        let tokens = hundredths / 100 + self.images.tokens(family) + self.documents;
        if tokens == 0 { 1 } else { tokens }
    }
}
