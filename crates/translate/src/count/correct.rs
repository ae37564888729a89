//! What the estimate learns from the counts that upstreams report.

use super::Family;

/// Bounds of a correction: beyond them something else is wrong, such as a prompt that the vendor adds to.
const BOUNDS: (f64, f64) = (0.5, 2.0);
/// A single count moves a correction at most by this factor towards itself.
const STEP: f64 = 1.25;
/// What the fitted prices weigh against the first counts, in thousands of tokens.
const PRIOR: f64 = 4.0;
/// Most weight of the past, in thousands of tokens: newer counts always tell.
const MEMORY: f64 = 400.0;
/// Smallest prompt that says anything: of small ones the vendors' own preambles are the most.
const LEAST: u64 = 200;

/// For each family, how many tokens there were for each that was estimated.
#[derive(Clone, Debug)]
pub struct Corrections([Ratio; Family::COUNT]);

/// A running mean, weighted by size.
#[derive(Clone, Copy, Debug)]
struct Ratio {
    value: f64,
    weight: f64,
}

// === impl Corrections ===

impl Corrections {
    /// Takes the count of a request whose estimate, uncorrected, was this.
    pub fn observe(&mut self, family: Family, estimated: u64, counted: u64) {
        if estimated < LEAST || counted < LEAST {
            return;
        }
        let ratio = &mut self.0[family as usize];
        let seen = as_float(counted) / as_float(estimated);
        // One outlier (a search's pages in the prompt, say) must not move it far.
        let seen = seen.clamp(ratio.value / STEP, ratio.value * STEP);
        let weight = (as_float(counted) / 1_000.0).min(50.0);
        ratio.value += (seen - ratio.value) * weight / (ratio.weight + weight);
        ratio.value = ratio.value.clamp(BOUNDS.0, BOUNDS.1);
        ratio.weight = (ratio.weight + weight).min(MEMORY);
    }

    /// The estimate as it is to be used.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded and not negative")]
    pub fn apply(&self, family: Family, estimated: u64) -> u64 {
        ((as_float(estimated) * self.0[family as usize].value).round() as u64).max(1)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of tokens are far below 2^52")]
const fn as_float(tokens: u64) -> f64 {
    tokens as f64
}

impl Default for Corrections {
    fn default() -> Self {
        Self([Ratio { value: 1.0, weight: PRIOR }; Family::COUNT])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_near_the_truth_and_stays_within_bounds() {
        let mut corrections = Corrections::default();
        assert_eq!(corrections.apply(Family::Qwen, 1_000), 1_000);
        for _ in 0..30 {
            corrections.observe(Family::Qwen, 10_000, 13_000);
        }
        let learned = corrections.apply(Family::Qwen, 1_000);
        assert!((1_250..=1_300).contains(&learned), "{learned}");
        assert_eq!(corrections.apply(Family::Glm, 1_000), 1_000, "another family has its own");
        for _ in 0..500 {
            corrections.observe(Family::Qwen, 1_000, 90_000);
            corrections.observe(Family::Glm, 90_000, 1_000);
        }
        assert_eq!((corrections.apply(Family::Qwen, 100), corrections.apply(Family::Glm, 100)), (200, 50));
    }

    #[test]
    fn one_outlier_and_small_prompts_hardly_count() {
        let mut corrections = Corrections::default();
        for _ in 0..20 {
            corrections.observe(Family::Gpt, 20_000, 20_000);
        }
        corrections.observe(Family::Gpt, 2_000, 40_000);
        corrections.observe(Family::Gpt, 20, 199);
        let after = corrections.apply(Family::Gpt, 1_000);
        assert!((1_000..1_040).contains(&after), "{after}");
    }
}
