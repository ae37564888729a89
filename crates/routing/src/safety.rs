//! Where a safety check may go: its verdict lets a command run unasked, so no map and no rule can loosen this.
//!
//! Never to a free model, never to a router that picks a model by itself, never to a model that a rule names for
//! small work, and never to a fallback that is cheaper than the model it stands in for.

use crate::catalogue::Catalogue;
use crate::class::Class;
use crate::fit::{Lack, PassedOver};
use crate::free::is_free;
use crate::names::matches;
use crate::plan::{Plan, Reason, Target};
use crate::route::{Query, Routes, Rule, resolve, slugs};

/// The strong target for verdicts that let commands run, while nothing else is configured.
pub(crate) const SAFETY_TARGET: &str = "openai/gpt-5.6-terra";
/// The names of the strong roles, strongest first.
const STRONG: [&str; 3] = ["claude-opus-5", "claude-fable-5", "claude-sonnet-5"];

/// Why a target must not give verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unsafe {
    /// It is a free model.
    Free,
    /// It is a router, which may pick any model.
    Router,
    /// A rule names it for small work.
    SmallWork,
}

/// Whether a target must not give verdicts, by its name (a slug or a short name) and by what the rules for small
/// work name.
pub fn is_unsafe<'t>(target: &str, small_work: impl IntoIterator<Item = &'t str>) -> Option<Unsafe> {
    let slug = resolve(target);
    match () {
        () if is_free(slug) || slug.ends_with(":free") => Some(Unsafe::Free),
        () if slug.starts_with("openrouter/") => Some(Unsafe::Router),
        () if small_work.into_iter().any(|small| base(resolve(small)) == base(slug)) => {
            Some(Unsafe::SmallWork)
        }
        () => None,
    }
}

/// A slug without its variant: the same model.
fn base(slug: &str) -> &str {
    slug.split(':').next().unwrap_or(slug)
}

// === impl Class ===

impl Class {
    /// Whether rules for this class name the models for small work.
    #[must_use]
    pub const fn is_small_work(self) -> bool {
        matches!(self, Self::Auxiliary | Self::SideReply)
    }
}

// === impl Routes ===

impl Routes {
    /// Targets of the rules for small work.
    fn small_work(&self) -> impl Iterator<Item = &str> {
        let rules = self.rules.iter().filter(|rule| rule.when.class.is_some_and(Class::is_small_work));
        rules.flat_map(|rule| slugs(&rule.targets))
    }

    fn may_judge(&self, target: &str) -> bool {
        is_unsafe(target, self.small_work()).is_none()
    }

    /// The plan for a verdict: a rule of its own, else what the client asked for by slug, else the strongest role.
    pub(crate) fn safety_plan(&self, query: &Query<'_>, name: &str, catalogue: &Catalogue) -> Plan {
        let mut plan = self.plan_for_verdict(query, name);
        keep_as_strong(&mut plan, catalogue);
        let other = self.rules.iter().find(|rule| rule.when.class.is_none() && rule.when.holds(query, name));
        plan.decision.overridden = other.map(|rule| rule.name.clone());
        plan
    }

    fn plan_for_verdict(&self, query: &Query<'_>, name: &str) -> Plan {
        let is_its_own = |rule: &&Rule| {
            rule.when.class == Some(Class::SafetyCheck)
                && rule.when.holds(query, name)
                && rule.targets.first().is_some_and(|target| self.may_judge(target))
        };
        if let Some(rule) = self.rules.iter().find(is_its_own) {
            let judges = slugs(&rule.targets).filter(|slug| self.may_judge(slug));
            let reason = Reason::Rule { rule: rule.name.clone() };
            return Plan::new(judges, rule.mode, Some(rule.settings), reason);
        }
        if crate::route::is_slug(name) && self.may_judge(name) && !self.is_for_small_names(name) {
            return Plan::new([name], crate::plan::Mode::Auto, None, Reason::Slug);
        }
        for role in STRONG {
            let Some(map) = self.maps.iter().find(|map| matches(&map.name, role)) else { continue };
            let first = slugs(&map.targets).next().filter(|slug| self.may_judge(slug));
            if let Some(first) = first {
                let reason = Reason::Map { map: map.name.clone() };
                return Plan::new([first], map.mode, Some(map.settings), reason);
            }
        }
        Plan::new([SAFETY_TARGET], crate::plan::Mode::Auto, None, Reason::Default)
    }

    /// Whether a map sends the names of small models there, and no strong one.
    fn is_for_small_names(&self, slug: &str) -> bool {
        let of = |name: &str| self.maps.iter().find(|map| matches(&map.name, name));
        let holds = |name| of(name).is_some_and(|map| slugs(&map.targets).any(|it| base(it) == base(slug)));
        holds("claude-haiku-4-5") && !STRONG.into_iter().any(holds)
    }
}

/// Drops fallbacks that are cheaper than the first target, or whose price is not known.
fn keep_as_strong(plan: &mut Plan, catalogue: &Catalogue) {
    let price = |target: &Target| {
        let pricing = catalogue.find(&target.slug)?.pricing;
        Some((pricing.prompt?, pricing.completion?))
    };
    let mut targets = std::mem::take(&mut plan.targets).into_iter();
    let Some(first) = targets.next() else { return };
    let least = price(&first);
    plan.targets.push(first);
    for target in targets {
        match (least, price(&target)) {
            (Some(least), Some(its)) if its.0 >= least.0 && its.1 >= least.1 => plan.targets.push(target),
            _ => plan.decision.passed.push(PassedOver { target: target.slug, why: Lack::TooWeakForVerdicts }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_must_not_give_verdicts() {
        let small = ["gpt-luna", "a/small"];
        for (target, why) in [
            ("openai/gpt-5.6-terra", None),
            ("claude-opus", None),
            ("poolside/laguna-s-2.1:free", Some(Unsafe::Free)),
            ("openrouter/free", Some(Unsafe::Free)),
            ("openrouter/auto", Some(Unsafe::Router)),
            ("openai/gpt-5.6-luna", Some(Unsafe::SmallWork)),
            ("openai/gpt-5.6-luna:nitro", Some(Unsafe::SmallWork)),
            ("GPT-Luna", Some(Unsafe::SmallWork)),
            ("a/small:floor", Some(Unsafe::SmallWork)),
        ] {
            assert_eq!(is_unsafe(target, small), why, "{target}");
        }
    }
}
