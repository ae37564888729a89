//! The catalogue of models: fetched in the background, kept in memory, handed to the data plane.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use turnpike_api::command::{Model, ModelsReply};
use turnpike_routing::Catalogue;
use turnpike_wire::account::Model as Listed;

use crate::core::Core;

/// How old a catalogue may become.
const MOST_AGE: Duration = Duration::from_secs(6 * 3_600);
/// How long a failed fetch waits at first, and at most.
const WAITS: std::ops::RangeInclusive<Duration> = Duration::from_secs(5)..=Duration::from_secs(600);

/// The catalogue there is now.
#[derive(Debug, Default)]
pub(crate) struct CatalogueSlot {
    current: Mutex<Arc<Catalogue>>,
}

// === impl CatalogueSlot ===

impl CatalogueSlot {
    /// The catalogue; empty before the first fetch.
    pub(crate) fn get(&self) -> Arc<Catalogue> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, catalogue: Arc<Catalogue>) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = catalogue;
    }
}

/// Keeps the catalogue fresh until the service ends.
pub(crate) async fn run(core: Arc<Core>) {
    let mut ending = core.ending();
    let mut wait = *WAITS.start();
    loop {
        let fetched = tokio::select! {
            fetched = core.upstream.models() => fetched,
            () = ending.wait() => return,
        };
        let pause = match fetched {
            Ok(models) => {
                tracing::debug!(models = models.len(), "the catalogue is fresh");
                let catalogue = Arc::new(Catalogue::new(models));
                core.catalogue.set(Arc::clone(&catalogue));
                core.proxy.set_catalogue(catalogue);
                wait = *WAITS.start();
                MOST_AGE
            }
            Err(error) => {
                tracing::warn!(%error, retry_in = ?wait, "the catalogue of models cannot be fetched");
                let pause = wait;
                wait = (wait * 2).min(*WAITS.end());
                pause
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = ending.wait() => return,
        }
    }
}

/// Models whose slug or name holds all of these words.
#[must_use]
pub fn search(catalogue: &Catalogue, words: &str) -> ModelsReply {
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    let holds = |listed: &&Listed| {
        let text = format!("{} {}", listed.id, listed.name).to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    };
    let mut models: Vec<Model> = catalogue.models().iter().filter(holds).map(model).collect();
    models.sort_by(|a, b| a.slug.cmp(&b.slug));
    ModelsReply { models }
}

fn model(listed: &Listed) -> Model {
    let takes = |parameter: &str| listed.supported_parameters.iter().any(|known| known == parameter);
    let reads = |kind: &str| listed.architecture.input_modalities.iter().any(|known| known == kind);
    let abilities = [
        ("tools", takes("tools")),
        ("thinking", takes("reasoning") || listed.reasoning.is_some()),
        ("image", reads("image")),
        ("pdf", reads("file")),
        ("json", takes("structured_outputs")),
    ];
    Model {
        slug: listed.id.clone(),
        name: listed.name.clone(),
        window: listed.context_length,
        input_nanos_per_million: listed.pricing.prompt.map(|price| price.nanos()),
        output_nanos_per_million: listed.pricing.completion.map(|price| price.nanos()),
        abilities: abilities.iter().filter(|(_, can)| *can).map(|(name, _)| (*name).to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_must_be_in_slug_or_name() {
        let listed =
            |id: &str, name: &str| Listed { id: id.to_owned(), name: name.to_owned(), ..Listed::default() };
        let catalogue = Catalogue::new(vec![
            listed("qwen/qwen3-coder", "Qwen: Qwen3 Coder"),
            listed("openai/gpt-5.6-terra", "OpenAI: GPT-5.6 Terra"),
            listed("qwen/qwen3-max", "Qwen: Max"),
        ]);
        let rows = [
            ("", &["openai/gpt-5.6-terra", "qwen/qwen3-coder", "qwen/qwen3-max"][..]),
            ("QWEN", &["qwen/qwen3-coder", "qwen/qwen3-max"]),
            ("coder qwen", &["qwen/qwen3-coder"]),
            ("terra coder", &[]),
        ];
        for (words, slugs) in rows {
            let found = search(&catalogue, words);
            let found: Vec<&str> = found.models.iter().map(|model| model.slug.as_str()).collect();
            assert_eq!(found, slugs, "{words}");
        }
    }

    #[test]
    fn abilities_are_read_from_the_entry() {
        let listed = Listed {
            supported_parameters: vec!["tools".to_owned(), "reasoning".to_owned()],
            architecture: turnpike_wire::account::Architecture {
                input_modalities: vec!["image".to_owned()],
                ..Default::default()
            },
            ..Listed::default()
        };
        assert_eq!(model(&listed).abilities, ["tools", "thinking", "image"]);
    }
}
