//! How long answers of a model were so far, to reserve for the next one.

use std::collections::{HashMap, VecDeque};

/// Answers of a model that are remembered.
const REMEMBERED: usize = 64;
/// Models that are remembered.
const MOST_MODELS: usize = 1_000;
/// Output tokens that are reserved for before a model has answered.
const FIRST: u64 = 1_000;

/// Output tokens of the latest answers, by model.
#[derive(Clone, Debug, Default)]
pub struct OutputMedians {
    by_model: HashMap<String, VecDeque<u64>>,
}

// === impl OutputMedians ===

impl OutputMedians {
    /// Takes in an answer's output tokens.
    pub fn note(&mut self, model: &str, tokens: u64) {
        if !self.by_model.contains_key(model) && self.by_model.len() >= MOST_MODELS {
            return;
        }
        let latest = self.by_model.entry(model.to_owned()).or_default();
        if latest.len() == REMEMBERED {
            latest.pop_front();
        }
        latest.push_back(tokens);
    }

    /// What an answer of the model will have, judged by the latest: their median, or 1,000.
    #[must_use]
    pub fn of(&self, model: &str) -> u64 {
        let mut latest: Vec<u64> =
            self.by_model.get(model).map(|latest| latest.iter().copied().collect()).unwrap_or_default();
        latest.sort_unstable();
        latest.get(latest.len() / 2).copied().unwrap_or(FIRST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_of_the_latest_answers() {
        let mut medians = OutputMedians::default();
        assert_eq!(medians.of("a/b"), 1_000);
        for tokens in [5, 900, 30] {
            medians.note("a/b", tokens);
        }
        assert_eq!((medians.of("a/b"), medians.of("a/c")), (30, 1_000));
        for _ in 0..REMEMBERED {
            medians.note("a/b", 7);
        }
        assert_eq!(medians.of("a/b"), 7, "the old ones are forgotten");
    }

    #[test]
    fn models_are_bounded() {
        let mut medians = OutputMedians::default();
        (0..2 * MOST_MODELS).for_each(|n| medians.note(&n.to_string(), 1));
        assert_eq!(medians.by_model.len(), MOST_MODELS);
    }
}
