//! Presets by role: which models stand for opus, sonnet, haiku and the rest, resolved against the catalogue.
//!
//! Each role names candidates in order. One that the catalogue lacks is replaced by the next, and that is said.

use turnpike_wire::account::Pricing;

use crate::catalogue::Catalogue;
use crate::class::Class;

/// The day on which the table was last gone over.
pub const PRESETS_OF: &str = "2026-08-22";

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Opus, Fable, and every name of Claude's that nothing else fits.
    Opus,
    /// Sonnet.
    Sonnet,
    /// Haiku and background work.
    Haiku,
    /// Sub-agents.
    Subagent,
    /// Safety checks.
    SafetyCheck,
    /// Requests with images, where the others see none.
    Images,
    /// Where requests go on when their target fails.
    Fallback,
}

/// A preset of the table.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub about: &'static str,
    roles: &'static [(Role, &'static [&'static str])],
}

/// A model for a role.
#[derive(Clone, Debug)]
pub struct Casting {
    /// The role.
    pub role: Role,
    /// The model.
    pub slug: String,
    /// What it costs; of the catalogue.
    pub pricing: Pricing,
    /// What Claude's own model of this role costs at Anthropic's list price.
    pub claude: Option<Pricing>,
}

/// A preset with the models that the catalogue has.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// One model for each role; those for which no candidate is left are not in it.
    pub castings: Vec<Casting>,
    /// What was replaced and what is missing, each a sentence.
    pub notices: Vec<String>,
}

/// An entry of the configuration that a preset stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetEntry {
    /// A map for that name.
    pub name: Option<&'static str>,
    /// A rule for that class.
    pub class: Option<Class>,
    /// A rule for requests with images.
    pub has_image: bool,
    /// The model.
    pub target: String,
    /// Models to go on with.
    pub fallback: Vec<String>,
}

const TERRA: &str = "openai/gpt-5.6-terra";
const LUNA: &str = "openai/gpt-5.6-luna";
const SOL: &str = "openai/gpt-5.6-sol";
const GLM: &str = "z-ai/glm-5.2";
const GEMINI_FLASH: &str = "google/gemini-3.7-flash";
const DEEPSEEK_PRO: &str = "deepseek/deepseek-v4-pro";
const DEEPSEEK_PRO_DATED: &str = "deepseek/deepseek-v4-pro-0813";
const DEEPSEEK_FLASH: &str = "deepseek/deepseek-v4-flash";
const DEEPSEEK_FLASH_DATED: &str = "deepseek/deepseek-v4-flash-0731";
const NEMOTRON_FREE: &str = "nvidia/nemotron-3-ultra-550b-a55b:free";
const LAGUNA_FREE: &str = "poolside/laguna-s-2.1:free";
const ANY_FREE: &str = "openrouter/free";

/// Which Claude stands for a role, for its list price.
const CLAUDE: [(Role, &str); 7] = [
    (Role::Opus, "anthropic/claude-opus-5"),
    (Role::Sonnet, "anthropic/claude-sonnet-5"),
    (Role::Haiku, "anthropic/claude-haiku-4.5"),
    (Role::Subagent, "anthropic/claude-sonnet-5"),
    (Role::SafetyCheck, "anthropic/claude-opus-5"),
    (Role::Images, "anthropic/claude-opus-5"),
    (Role::Fallback, "anthropic/claude-sonnet-5"),
];

/// All presets.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "balanced",
        about: "Strong where it counts, cheap elsewhere.",
        roles: &[
            (Role::Opus, &[TERRA, SOL, GEMINI_FLASH]),
            (Role::Sonnet, &[LUNA, GEMINI_FLASH]),
            (Role::Haiku, &[LUNA, GEMINI_FLASH]),
            (Role::Subagent, &[LUNA, GEMINI_FLASH]),
            (Role::SafetyCheck, &[TERRA, SOL]),
            (Role::Fallback, &[GEMINI_FLASH, GLM]),
        ],
    },
    Preset {
        name: "open-weights",
        about: "Models whose weights are published; images go to one that sees.",
        roles: &[
            (Role::Opus, &[DEEPSEEK_PRO, DEEPSEEK_PRO_DATED, GLM]),
            (Role::Sonnet, &[DEEPSEEK_FLASH, DEEPSEEK_FLASH_DATED, GLM]),
            (Role::Haiku, &[DEEPSEEK_FLASH, DEEPSEEK_FLASH_DATED]),
            (Role::Subagent, &[DEEPSEEK_FLASH, DEEPSEEK_FLASH_DATED, GLM]),
            (Role::SafetyCheck, &[DEEPSEEK_PRO, DEEPSEEK_PRO_DATED, GLM]),
            (Role::Images, &[LUNA, "moonshotai/kimi-k3"]),
            (Role::Fallback, &[GLM, "minimax/minimax-m3"]),
        ],
    },
    Preset {
        name: "free",
        about: "Costs nothing: 50 requests a day, about five small tasks; prompts may be used for training; $10 of \
                credits raise it to 1,000.",
        roles: &[
            (Role::Opus, &[NEMOTRON_FREE, LAGUNA_FREE, ANY_FREE]),
            (Role::Sonnet, &[LAGUNA_FREE, NEMOTRON_FREE, ANY_FREE]),
            (Role::Haiku, &[LAGUNA_FREE, ANY_FREE]),
            (Role::Subagent, &[LAGUNA_FREE, ANY_FREE]),
            (Role::Fallback, &[ANY_FREE]),
        ],
    },
    Preset {
        name: "claude",
        about: "Anthropic's own models, handed over natively.",
        roles: &[
            (Role::Opus, &["anthropic/claude-opus-5", "~anthropic/claude-opus-latest"]),
            (Role::Sonnet, &["anthropic/claude-sonnet-5", "~anthropic/claude-sonnet-latest"]),
            (Role::Haiku, &["anthropic/claude-haiku-4.5", "~anthropic/claude-haiku-latest"]),
            (Role::SafetyCheck, &["anthropic/claude-opus-5", "~anthropic/claude-opus-latest"]),
        ],
    },
    Preset {
        name: "code",
        about: "For writing code: two strong coders and a quick one.",
        roles: &[
            (Role::Opus, &[TERRA, SOL]),
            (Role::Sonnet, &[GEMINI_FLASH, LUNA]),
            (Role::Haiku, &[LUNA]),
            (Role::Subagent, &[GEMINI_FLASH, LUNA]),
            (Role::SafetyCheck, &[TERRA, SOL]),
            (Role::Fallback, &[GLM, DEEPSEEK_PRO]),
        ],
    },
    Preset {
        name: "research",
        about: "For reading much: large windows at a small price.",
        roles: &[
            (Role::Opus, &[GEMINI_FLASH, TERRA]),
            (Role::Sonnet, &[GEMINI_FLASH, LUNA]),
            (Role::Haiku, &[LUNA]),
            (Role::Subagent, &[LUNA]),
            (Role::SafetyCheck, &[TERRA, SOL]),
            (Role::Fallback, &[DEEPSEEK_PRO, GLM]),
        ],
    },
    Preset {
        name: "quick",
        about: "For small changes: the cheapest model that holds tools well, everywhere.",
        roles: &[
            (Role::Opus, &[LUNA, DEEPSEEK_FLASH]),
            (Role::Sonnet, &[LUNA, DEEPSEEK_FLASH]),
            (Role::Haiku, &[LUNA, DEEPSEEK_FLASH]),
            (Role::SafetyCheck, &[TERRA, SOL]),
            (Role::Fallback, &[GEMINI_FLASH]),
        ],
    },
];

// === impl Role ===

impl Role {
    /// The word for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Sonnet => "sonnet",
            Self::Haiku => "haiku",
            Self::Subagent => "subagent",
            Self::SafetyCheck => "safety_check",
            Self::Images => "images",
            Self::Fallback => "fallback",
        }
    }
}

// === impl Preset ===

impl Preset {
    /// The preset of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name.eq_ignore_ascii_case(name))
    }

    /// Its models, as far as the catalogue has them. An empty catalogue refuses nothing.
    #[must_use]
    pub fn resolve(&self, catalogue: &Catalogue) -> Resolved {
        let mut resolved = Resolved { castings: Vec::new(), notices: Vec::new() };
        for (role, candidates) in self.roles {
            let is_there = |slug: &&&str| catalogue.is_empty() || catalogue.has(slug);
            let (word, wanted) = (role.as_str(), candidates.first().copied().unwrap_or_default());
            let Some(slug) = candidates.iter().find(is_there) else {
                resolved.notices.push(format!("{wanted} is gone, and nothing stands in for it as {word}"));
                continue;
            };
            if *slug != wanted {
                resolved.notices.push(format!("{wanted} is gone: {slug} stands in for it as {word}"));
            }
            resolved.castings.push(casting(*role, slug, catalogue));
        }
        if !self.roles.iter().any(|(role, _)| *role == Role::SafetyCheck) {
            let target = crate::safety::SAFETY_TARGET;
            resolved.notices.push(format!(
                "safety checks never go to free models: they go to {target}, and cost a little"
            ));
        }
        resolved
    }
}

fn casting(role: Role, slug: &str, catalogue: &Catalogue) -> Casting {
    let built_in = Catalogue::built_in();
    let pricing =
        |slug: &str| catalogue.find(slug).or_else(|| built_in.find(slug)).map(|model| model.pricing);
    let claude = CLAUDE.iter().find(|(its, _)| *its == role).and_then(|(_, claude)| pricing(claude));
    Casting { role, slug: slug.to_owned(), pricing: pricing(slug).unwrap_or_default(), claude }
}

// === impl Resolved ===

impl Resolved {
    fn of(&self, role: Role) -> Option<&str> {
        self.castings.iter().find(|casting| casting.role == role).map(|casting| casting.slug.as_str())
    }

    /// What belongs into the configuration: rules first, then maps, in their order.
    #[must_use]
    pub fn entries(&self) -> Vec<PresetEntry> {
        let mut entries = Vec::new();
        // The strong model is no fallback of small work: whom a rule for small work names gives no verdicts.
        let after = |role| {
            let target = self.of(role);
            let strong = self.of(Role::Opus).filter(|_| role != Role::Haiku);
            let names = [strong, self.of(Role::Fallback)].into_iter().flatten();
            let mut list: Vec<String> =
                names.filter(|slug| Some(*slug) != target).map(str::to_owned).collect();
            list.dedup();
            list
        };
        let mut add = |name, class, has_image, target: Option<&str>, fallback: Vec<String>| {
            if let Some(target) = target {
                entries.push(PresetEntry { name, class, has_image, target: target.to_owned(), fallback });
            }
        };
        add(None, Some(Class::SafetyCheck), false, self.of(Role::SafetyCheck), Vec::new());
        add(None, None, true, self.of(Role::Images), Vec::new());
        add(None, Some(Class::Auxiliary), false, self.of(Role::Haiku), after(Role::Haiku));
        add(None, Some(Class::Subagent), false, self.of(Role::Subagent), after(Role::Subagent));
        for (name, role) in [
            ("*opus*", Role::Opus),
            ("*fable*", Role::Opus),
            ("*sonnet*", Role::Sonnet),
            ("*haiku*", Role::Haiku),
            ("claude-*", Role::Opus),
        ] {
            add(Some(name), None, false, self.of(role), after(role));
        }
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::safety::is_unsafe;

    #[test]
    fn every_preset_is_whole_against_the_facts_that_come_with_the_program() {
        let catalogue = Catalogue::built_in();
        for preset in PRESETS {
            let resolved = preset.resolve(&catalogue);
            let is_free = preset.name == "free";
            assert_eq!(
                resolved.notices.len(),
                usize::from(is_free),
                "{}: {:?}",
                preset.name,
                resolved.notices
            );
            for casting in &resolved.castings {
                assert!(catalogue.has(&casting.slug), "{}", casting.slug);
                assert!(casting.claude.is_some() && casting.pricing.prompt.is_some(), "{}", casting.slug);
            }
            let entries = resolved.entries();
            let small = entries.iter().filter(|entry| entry.class.is_some_and(Class::is_small_work));
            let small = small.flat_map(|entry| std::iter::once(&entry.target).chain(&entry.fallback));
            let small: Vec<&str> = small.map(String::as_str).collect();
            let judge = entries.iter().find(|entry| entry.class == Some(Class::SafetyCheck));
            assert_eq!(judge.is_none(), is_free, "{}", preset.name);
            assert!(judge.is_none_or(|judge| is_unsafe(&judge.target, small).is_none()), "{}", preset.name);
        }
    }

    #[test]
    fn a_model_that_is_gone_is_replaced_aloud_and_never_kept() {
        let without = |gone: &[&str]| {
            let models = Catalogue::built_in().models().to_vec();
            Catalogue::new(models.into_iter().filter(|model| !gone.contains(&model.id.as_str())).collect())
        };
        let balanced = Preset::find("Balanced").unwrap();
        let resolved = balanced.resolve(&without(&[TERRA]));
        assert_eq!(resolved.of(Role::Opus), Some(SOL));
        assert_eq!(
            resolved.notices,
            [
                format!("{TERRA} is gone: {SOL} stands in for it as opus"),
                format!("{TERRA} is gone: {SOL} stands in for it as safety_check"),
            ]
        );
        let resolved = balanced.resolve(&without(&[TERRA, SOL, GEMINI_FLASH]));
        assert_eq!(resolved.of(Role::Opus), None);
        assert!(resolved.notices.iter().any(|notice| notice.contains("nothing stands in")));
    }

    #[test]
    fn names_are_single() {
        let mut names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), PRESETS.len());
    }
}
