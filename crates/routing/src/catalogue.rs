//! What is known about models: OpenRouter's list, found by slug.

use std::collections::HashMap;

use turnpike_wire::account::Model;

use crate::seek::Candidate;

/// Variants that choose a way of routing, not another model.
const ROUTING_VARIANTS: [&str; 5] = ["nitro", "floor", "exacto", "online", "extended"];

/// The models on offer. Empty until the list was fetched: then nothing is known, and nothing is refused.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    models: Vec<Model>,
    by_slug: HashMap<String, usize>,
}

// === impl Catalogue ===

impl Catalogue {
    /// A catalogue of these models.
    #[must_use]
    pub fn new(models: Vec<Model>) -> Self {
        let by_slug = models.iter().enumerate().map(|(at, model)| (model.id.clone(), at)).collect();
        Self { models, by_slug }
    }

    /// Whether nothing is known yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.models.is_empty()
    }

    /// All models, in OpenRouter's order.
    #[must_use]
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The entry of a slug; a variant that has none (`:nitro`, `:floor`, `:exacto`) has its model's.
    #[must_use]
    pub fn find(&self, slug: &str) -> Option<&Model> {
        let base = slug.split(':').next().unwrap_or(slug);
        let at = self.by_slug.get(slug).or_else(|| self.by_slug.get(base))?;
        self.models.get(*at)
    }

    /// Whether a slug is on offer. A variant that only chooses a way of routing is where its model is.
    #[must_use]
    pub fn has(&self, slug: &str) -> bool {
        let routed = slug.split_once(':').filter(|(_, variant)| ROUTING_VARIANTS.contains(variant));
        self.by_slug.contains_key(slug) || routed.is_some_and(|(model, _)| self.by_slug.contains_key(model))
    }

    /// What is known about a slug as a target. What is not known speaks against nothing.
    #[must_use]
    pub fn candidate(&self, slug: &str) -> Candidate {
        let Some(model) = self.find(slug) else { return Candidate::default() };
        let lacks = |listed: &[String], word: &str| !listed.is_empty() && !listed.iter().any(|it| it == word);
        Candidate {
            window: model.context_length,
            lacks_tools: lacks(&model.supported_parameters, "tools"),
            lacks_images: lacks(&model.architecture.input_modalities, "image"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_are_found() {
        let model = |id: &str| Model { id: id.to_owned(), ..Model::default() };
        let catalogue = Catalogue::new(vec![model("a/b"), model("a/b:free"), model("a/c")]);
        for (slug, found) in
            [("a/b", Some("a/b")), ("a/b:free", Some("a/b:free")), ("a/b:nitro", Some("a/b")), ("a/d", None)]
        {
            assert_eq!(catalogue.find(slug).map(|model| model.id.as_str()), found, "{slug}");
        }
    }
}
