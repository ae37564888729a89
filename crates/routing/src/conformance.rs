//! What follows from what a model showed when it was probed.
//!
//! | the probes showed | then, where a map says `mode = "auto"` |
//! |---|---|
//! | nothing yet, or the upstream did not answer | the family's own way; everything is mended that `[repair]` allows |
//! | tools or streaming fail natively | translated, until a native probe passes (a map with `mode = "native"`) |
//! | every call came with sound arguments, the long ones too | arguments are left as they are |
//! | every call came as a call | text is left as text, whatever it looks like |
//! | anything else about calls | mended as `[repair]` allows |
//!
//! A probe never makes a target native, and never mends what `[repair]` turns off: OpenRouter vouches for its Messages
//! endpoint with Anthropic's models alone, and what a person wrote stands above what a model showed.

use std::collections::HashMap;

use serde::Serialize;

use crate::plan::{Mode, Plan, Target};

/// How one probe went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// It was not made, or the upstream did not answer it.
    #[default]
    NotKnown,
    /// As it should.
    Passed,
    /// Not as it should.
    Failed,
}

/// What a model showed, as far as its handling depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Showing {
    /// Tools or streaming failed when it was last probed natively.
    pub failed_natively: bool,
    /// It called a tool.
    pub tools: Shown,
    /// It called two at once.
    pub parallel_tools: Shown,
    /// It wrote long arguments whole.
    pub long_arguments: Shown,
    /// Arguments had to be mended.
    pub mended_arguments: bool,
    /// A call was written as text.
    pub wrote_calls: bool,
}

/// What is mended in a target's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mends {
    /// Arguments that are nearly JSON.
    pub arguments: bool,
    /// Calls that are written as text.
    pub written_calls: bool,
}

/// What the probes of a target decided, for the log entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Probed {
    /// Its slug.
    pub target: String,
    /// Native or translated.
    pub mode: Mode,
    /// What is mended: `arguments`, `written_calls`.
    pub mends: Vec<&'static str>,
}

/// What models showed, by slug.
#[derive(Clone, Debug, Default)]
pub struct Showings(HashMap<String, Showing>);

// === impl Showing ===

impl Showing {
    /// Whether a target that would be native by its family is native.
    const fn stays_native(&self) -> bool {
        !self.failed_natively
    }

    /// What is mended.
    fn mends(&self) -> Mends {
        let all = |shown: &[Shown]| shown.iter().all(|shown| *shown == Shown::Passed);
        let calls = all(&[self.tools, self.parallel_tools]);
        Mends {
            arguments: !calls || !all(&[self.long_arguments]) || self.mended_arguments,
            written_calls: !calls || self.wrote_calls,
        }
    }
}

// === impl Mends ===

impl Mends {
    /// Everything.
    pub const ALL: Self = Self { arguments: true, written_calls: true };

    fn words(self) -> Vec<&'static str> {
        let words = [(self.arguments, "arguments"), (self.written_calls, "written_calls")];
        words.into_iter().filter_map(|(is, word)| is.then_some(word)).collect()
    }
}

// === impl Showings ===

impl Showings {
    /// These.
    pub fn new(showings: impl IntoIterator<Item = (String, Showing)>) -> Self {
        Self(showings.into_iter().collect())
    }

    /// What a slug showed; a variant that was not probed itself, its model.
    fn find(&self, slug: &str) -> Option<&Showing> {
        let base = || slug.split_once(':').and_then(|(model, _)| self.0.get(model));
        self.0.get(slug).or_else(base)
    }
}

// === impl Plan ===

impl Plan {
    /// Handles each target as its probes want it, where the map leaves that open, and says so in the decision.
    pub fn heed(&mut self, showings: &Showings) {
        if self.mode != Mode::Auto {
            return;
        }
        for target in &mut self.targets {
            if let Some(showing) = showings.find(&target.slug) {
                target.heed(showing);
                self.decision.probed.push(Probed {
                    target: target.slug.clone(),
                    mode: if target.native { Mode::Native } else { Mode::Translate },
                    mends: if target.native { Vec::new() } else { target.mends.words() },
                });
            }
        }
    }
}

// === impl Target ===

impl Target {
    fn heed(&mut self, showing: &Showing) {
        self.native &= showing.stays_native();
        self.mends = showing.mends();
    }
}

#[cfg(test)]
mod tests {
    use super::Shown::{Failed, NotKnown, Passed};
    use super::*;
    use crate::plan::Reason;

    const GOOD: Showing = Showing {
        failed_natively: false,
        tools: Passed,
        parallel_tools: Passed,
        long_arguments: Passed,
        mended_arguments: false,
        wrote_calls: false,
    };

    /// What becomes of a target in a plan of this mode: native, arguments mended, written calls read.
    fn handled(slug: &str, mode: Mode, showing: Option<Showing>) -> (bool, bool, bool, usize) {
        let mut plan = Plan::new([slug], mode, None, Reason::Slug);
        let base = slug.split(':').next().unwrap().to_owned();
        plan.heed(&Showings::new(showing.map(|showing| (base, showing))));
        let target = &plan.targets[0];
        (target.native, target.mends.arguments, target.mends.written_calls, plan.decision.probed.len())
    }

    const CLAUDE: &str = "anthropic/claude-opus-5";
    const QWEN: &str = "qwen/qwen3-coder";
    const UNANSWERED: Showing =
        Showing { tools: NotKnown, parallel_tools: NotKnown, long_arguments: NotKnown, ..GOOD };
    const FAILED_NATIVELY: Showing = Showing { failed_natively: true, ..GOOD };

    /// Label, slug, mode, what it showed, and then: native, arguments mended, written calls read, decisions told.
    type Row = (&'static str, &'static str, Mode, Option<Showing>, (bool, bool, bool, usize));

    #[test]
    fn what_a_model_showed_decides_how_it_is_handled() {
        let rows: [Row; 13] = [
            ("never probed", QWEN, Mode::Auto, None, (false, true, true, 0)),
            ("never probed, Anthropic's", CLAUDE, Mode::Auto, None, (true, true, true, 0)),
            ("all is well", QWEN, Mode::Auto, Some(GOOD), (false, false, false, 1)),
            (
                "a variant is its model",
                "qwen/qwen3-coder:nitro",
                Mode::Auto,
                Some(GOOD),
                (false, false, false, 1),
            ),
            ("the upstream did not answer", QWEN, Mode::Auto, Some(UNANSWERED), (false, true, true, 1)),
            (
                "bad arguments",
                QWEN,
                Mode::Auto,
                Some(Showing { mended_arguments: true, ..GOOD }),
                (false, true, false, 1),
            ),
            (
                "long arguments break off",
                QWEN,
                Mode::Auto,
                Some(Showing { long_arguments: Failed, ..GOOD }),
                (false, true, false, 1),
            ),
            (
                "calls as text",
                QWEN,
                Mode::Auto,
                Some(Showing { wrote_calls: true, ..GOOD }),
                (false, false, true, 1),
            ),
            ("no calls", QWEN, Mode::Auto, Some(Showing { tools: Failed, ..GOOD }), (false, true, true, 1)),
            (
                "one call at a time",
                QWEN,
                Mode::Auto,
                Some(Showing { parallel_tools: Failed, ..GOOD }),
                (false, true, true, 1),
            ),
            ("Anthropic's, and it works", CLAUDE, Mode::Auto, Some(GOOD), (true, false, false, 1)),
            (
                "Anthropic's fails natively",
                CLAUDE,
                Mode::Auto,
                Some(FAILED_NATIVELY),
                (false, false, false, 1),
            ),
            (
                "a mode that was written stands",
                CLAUDE,
                Mode::Native,
                Some(FAILED_NATIVELY),
                (true, true, true, 0),
            ),
        ];
        for (label, slug, mode, showing, then) in rows {
            assert_eq!(handled(slug, mode, showing), then, "{label}");
        }
    }

    #[test]
    fn the_decision_says_so() {
        let mut plan = Plan::new(["a/b", "a/c"], Mode::Auto, None, Reason::Slug);
        plan.heed(&Showings::new([("a/c".to_owned(), Showing { mended_arguments: true, ..GOOD })]));
        let said = Probed { target: "a/c".to_owned(), mode: Mode::Translate, mends: vec!["arguments"] };
        assert_eq!(plan.decision.probed, [said]);
    }
}
