//! Claude's API list prices, for the comparison with what other models cost.

use turnpike_ledger::Usage;

/// The day of the list.
pub(super) const DATED: &str = "2026-08-15";

/// Dollars times a hundred, per million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ListPrice {
    input: i64,
    output: i64,
    cache_read: i64,
    cache_write: i64,
}

/// What a name of Claude's stands for; the names are those that Claude Code asks for.
const LIST: [(&str, ListPrice); 5] = [
    ("fable", ListPrice { input: 1_000, output: 5_000, cache_read: 100, cache_write: 1_250 }),
    ("opus", ListPrice { input: 500, output: 2_500, cache_read: 50, cache_write: 625 }),
    ("sonnet-5", ListPrice { input: 200, output: 1_000, cache_read: 20, cache_write: 250 }),
    ("sonnet", ListPrice { input: 300, output: 1_500, cache_read: 30, cache_write: 375 }),
    ("haiku", ListPrice { input: 100, output: 500, cache_read: 10, cache_write: 125 }),
];

/// The list price of a model asked for by this name; `None` for names that are not Claude's.
pub(super) fn of(name: &str) -> Option<ListPrice> {
    let name = name.to_ascii_lowercase();
    let is_claudes = name.contains("claude") || LIST.iter().any(|(word, _)| name == *word);
    LIST.iter().find(|(word, _)| is_claudes && name.contains(word)).map(|(_, price)| *price)
}

/// What tokens cost at that price, in nano-dollars.
pub(super) fn cost(usage: &Usage, price: &ListPrice) -> i64 {
    // A cent per million tokens is ten nano-dollars a token.
    let part = |tokens: i64, cents: i64| i128::from(tokens) * i128::from(cents) * 10;
    let sum = part(usage.input_tokens, price.input)
        + part(usage.output_tokens, price.output)
        + part(usage.cache_read_tokens, price.cache_read)
        + part(usage.cache_write_tokens, price.cache_write);
    i64::try_from(sum).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_claudes_have_a_price() {
        for (name, input) in [
            ("claude-opus-5", Some(500)),
            ("anthropic/claude-sonnet-4.6", Some(300)),
            ("claude-sonnet-5", Some(200)),
            ("claude-haiku-4-5-20251001", Some(100)),
            ("opus", Some(500)),
            ("claude-instant", None),
            ("qwen/opus-like", None),
        ] {
            assert_eq!(of(name).map(|price| price.input), input, "{name}");
        }
    }

    #[test]
    fn a_million_tokens_cost_the_listed_dollars() {
        let usage = Usage { input_tokens: 1_000_000, output_tokens: 1_000_000, ..Usage::default() };
        assert_eq!(of("claude-opus-5").map(|price| cost(&usage, &price)), Some(30_000_000_000));
    }
}
