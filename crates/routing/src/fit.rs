//! Which targets of a plan can take a request at all, as far as the catalogue knows.

use serde::Serialize;

use crate::catalogue::Catalogue;
use crate::plan::{Plan, Target};

/// What a request asks of its target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// It offers tools.
    pub tools: bool,
    /// An image is in it.
    pub images: bool,
    /// Input tokens, estimated.
    pub tokens: u64,
}

/// Why a target cannot take a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// It takes no tools.
    NoTools,
    /// It takes no images.
    NoImages,
    /// Its window is smaller than the request.
    WindowTooSmall,
    /// It is cheaper than the target it would stand in for, or its price is not known, and this is a safety check.
    TooWeakForVerdicts,
    /// The client's token is not for it.
    NotForThisClient,
}

/// A target that was passed over before anything was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PassedOver {
    /// Its slug.
    pub target: String,
    /// Why.
    pub why: Lack,
}

/// No target of the plan takes such a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", unfit(lack, targets))]
pub struct Unfit {
    /// What all of them lack.
    pub lack: Lack,
    /// The targets.
    pub targets: Vec<String>,
}

fn unfit(lack: &Lack, targets: &[String]) -> String {
    let lack = match lack {
        Lack::NoTools => "takes tools, and the request offers some",
        Lack::NoImages => "takes images, and the request holds one",
        Lack::WindowTooSmall => "has a window large enough for the request",
        Lack::TooWeakForVerdicts => "may give verdicts",
        Lack::NotForThisClient => "is one that this client may use",
    };
    let who = targets.join(", ");
    format!(
        "No target of this name {lack} ({who}). Give the name a target or a fallback that does: `turnpike map add`."
    )
}

// === impl Plan ===

impl Plan {
    /// Takes out the targets that whoever asks may not use, and says so in the decision. `false`: none is left.
    #[must_use]
    pub fn keep_allowed(&mut self, may_use: impl Fn(&str) -> bool) -> bool {
        for target in self.targets.extract_if(.., |target| !may_use(&target.slug)) {
            let why = Lack::NotForThisClient;
            self.decision.passed.push(PassedOver { target: target.slug, why });
        }
        !self.targets.is_empty()
    }

    /// Takes out the targets that are known not to take such a request, and says so in the decision.
    ///
    /// A window is compared with an estimate: where all are too small by it, they stay, largest first, and the
    /// upstream is the judge.
    ///
    /// # Errors
    /// All targets are known to lack tools, or images, that the request needs.
    pub fn fit(&mut self, needs: &Needs, catalogue: &Catalogue) -> Result<(), Unfit> {
        let lacks: Vec<Option<Lack>> =
            self.targets.iter().map(|target| lack(&target.slug, needs, catalogue)).collect();
        if lacks.iter().all(Option::is_none) {
            return Ok(());
        }
        let able = |lack: &Option<Lack>| matches!(lack, None | Some(Lack::WindowTooSmall));
        if !lacks.iter().any(able) {
            let lack = lacks.iter().flatten().next().copied().unwrap_or(Lack::NoTools);
            let targets: Vec<String> = self.targets.iter().map(|target| target.slug.clone()).collect();
            let passed = targets
                .iter()
                .zip(lacks)
                .filter_map(|(target, why)| Some(PassedOver { target: target.clone(), why: why? }));
            self.decision.passed.extend(passed);
            return Err(Unfit { lack, targets });
        }
        let nobody_fits = lacks.iter().all(Option::is_some);
        let all: Vec<(Target, Option<Lack>)> =
            std::mem::take(&mut self.targets).into_iter().zip(lacks).collect();
        for (target, lack) in all {
            match lack {
                Some(Lack::WindowTooSmall) if nobody_fits => self.targets.push(target),
                Some(why) => self.decision.passed.push(PassedOver { target: target.slug, why }),
                None => self.targets.push(target),
            }
        }
        if nobody_fits {
            let window = |target: &Target| catalogue.candidate(&target.slug).window;
            self.targets.sort_by_key(|target| std::cmp::Reverse(window(target)));
        }
        Ok(())
    }
}

fn lack(slug: &str, needs: &Needs, catalogue: &Catalogue) -> Option<Lack> {
    let known = catalogue.candidate(slug);
    match () {
        () if needs.tools && known.lacks_tools => Some(Lack::NoTools),
        () if needs.images && known.lacks_images => Some(Lack::NoImages),
        () if known.window.is_some_and(|window| window < needs.tokens) => Some(Lack::WindowTooSmall),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use turnpike_wire::account::{Architecture, Model};

    use super::*;
    use crate::plan::{Mode, Reason};

    fn catalogue() -> Catalogue {
        let model = |id: &str, window, inputs: &[&str], parameters: &[&str]| Model {
            id: id.to_owned(),
            context_length: Some(window),
            architecture: Architecture {
                input_modalities: inputs.iter().map(|it| (*it).to_owned()).collect(),
                ..Architecture::default()
            },
            supported_parameters: parameters.iter().map(|it| (*it).to_owned()).collect(),
            ..Model::default()
        };
        Catalogue::new(vec![
            model("a/blind", 200_000, &["text"], &["tools"]),
            model("a/toolless", 200_000, &["text", "image"], &["temperature"]),
            model("a/small", 8_000, &["text", "image"], &["tools"]),
            model("a/middle", 100_000, &["text", "image"], &["tools"]),
            model("a/whole", 1_000_000, &["text", "image"], &["tools"]),
        ])
    }

    /// What stays, and who was passed over.
    type Fitted = (Vec<String>, Vec<(String, Lack)>);

    fn fitted(targets: &[&str], needs: Needs) -> Result<Fitted, Unfit> {
        let mut plan = Plan::new(targets.iter().copied(), Mode::Auto, None, Reason::Default);
        plan.fit(&needs, &catalogue())?;
        let slugs = plan.targets.into_iter().map(|target| target.slug).collect();
        Ok((slugs, plan.decision.passed.into_iter().map(|passed| (passed.target, passed.why)).collect()))
    }

    #[test]
    fn who_cannot_take_a_request_is_passed_over_with_the_reason() {
        let plain = Needs { tokens: 1_000, ..Needs::default() };
        let tools = Needs { tools: true, ..plain };
        let images = Needs { images: true, ..plain };
        let long = Needs { tokens: 150_000, ..plain };
        type Case<'a> = (&'a str, &'a [&'a str], Needs, &'a [&'a str], &'a [(&'a str, Lack)]);
        let rows: [Case<'_>; 8] = [
            ("all fit", &["a/blind", "a/toolless"], plain, &["a/blind", "a/toolless"], &[]),
            ("tools", &["a/toolless", "a/blind"], tools, &["a/blind"], &[("a/toolless", Lack::NoTools)]),
            ("images", &["a/blind", "a/toolless"], images, &["a/toolless"], &[("a/blind", Lack::NoImages)]),
            ("long", &["a/small", "a/whole"], long, &["a/whole"], &[("a/small", Lack::WindowTooSmall)]),
            (
                "what is not known may do",
                &["x/y", "a/blind"],
                images,
                &["x/y"],
                &[("a/blind", Lack::NoImages)],
            ),
            (
                "all are too small: largest first",
                &["a/small", "a/middle"],
                long,
                &["a/middle", "a/small"],
                &[],
            ),
            (
                "a variant is its model",
                &["a/blind:nitro", "a/whole:floor"],
                images,
                &["a/whole:floor"],
                &[("a/blind:nitro", Lack::NoImages)],
            ),
            (
                "too small rather than blind",
                &["a/blind", "a/small"],
                Needs { images: true, ..long },
                &["a/small"],
                &[("a/blind", Lack::NoImages)],
            ),
        ];
        for (label, targets, needs, kept, passed) in rows {
            let (slugs, over) = fitted(targets, needs).unwrap();
            assert_eq!(slugs, kept, "{label}");
            let over: Vec<(&str, Lack)> = over.iter().map(|(target, why)| (target.as_str(), *why)).collect();
            assert_eq!(over, passed, "{label}");
        }
    }

    #[test]
    fn when_none_can_the_error_names_what_and_who() {
        let images = Needs { images: true, ..Needs::default() };
        let error = fitted(&["a/blind", "a/blind:nitro"], images).unwrap_err().to_string();
        assert_eq!(
            error,
            "No target of this name takes images, and the request holds one (a/blind, a/blind:nitro). Give the name a \
             target or a fallback that does: `turnpike map add`."
        );
        assert_eq!(
            fitted(&["a/toolless"], Needs { tools: true, ..Needs::default() }).unwrap_err().lack,
            Lack::NoTools
        );
    }
}
