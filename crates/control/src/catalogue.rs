//! The catalogue of models: fetched in the background, kept on the disk with its age, handed to the data plane.

mod stored;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use turnpike_api::command::{Model, ModelsReply, RefreshedModels};
use turnpike_api::{ApiError, ErrorCode};
use turnpike_routing::{Catalogue, is_free};
use turnpike_settings::DataDir;
use turnpike_upstream::AccountError;
use turnpike_wire::account::Model as Listed;

use crate::core::Core;

/// How old a catalogue may become.
const MOST_AGE: Duration = Duration::from_secs(24 * 3_600);
/// How long a failed fetch waits at first, and at most.
const WAITS: std::ops::RangeInclusive<Duration> = Duration::from_secs(5)..=Duration::from_secs(600);

/// The catalogue there is now.
#[derive(Debug)]
pub(crate) struct CatalogueSlot {
    current: Mutex<(Arc<Catalogue>, Option<Timestamp>)>,
    /// Somebody else has fetched it: the next fetch is a day away again.
    was_fetched: Notify,
}

// === impl CatalogueSlot ===

impl CatalogueSlot {
    /// What the disk holds of this upstream, else the facts that come with the program.
    pub(crate) fn open(data_dir: &DataDir, upstream: &str) -> Self {
        let current = match stored::load(&data_dir.catalogue(), upstream) {
            Some((models, fetched)) => (Arc::new(Catalogue::new(models)), Some(fetched)),
            None => (Arc::new(Catalogue::built_in()), None),
        };
        Self { current: Mutex::new(current), was_fetched: Notify::new() }
    }

    /// The catalogue.
    pub(crate) fn get(&self) -> Arc<Catalogue> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner).0)
    }

    /// When it was fetched; `None` for the facts that come with the program.
    pub(crate) fn fetched(&self) -> Option<Timestamp> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    fn set(&self, catalogue: Arc<Catalogue>, fetched: Timestamp) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = (catalogue, Some(fetched));
    }
}

/// What is known of an upstream's models without asking it, and when it was fetched: what the data folder keeps, else
/// the facts that come with the program.
#[must_use]
pub fn offline(data_dir: &DataDir, upstream: &str) -> (Arc<Catalogue>, Option<Timestamp>) {
    let slot = CatalogueSlot::open(data_dir, upstream);
    (slot.get(), slot.fetched())
}

/// Fetches it, puts it to use, keeps it on the disk.
async fn fetch(core: &Arc<Core>) -> Result<usize, AccountError> {
    let (models, text) = core.upstream.models_as_text().await?;
    let (count, fetched) = (models.len(), Timestamp::now());
    tracing::debug!(models = count, "the catalogue is fresh");
    let catalogue = Arc::new(Catalogue::new(models));
    core.catalogue.set(Arc::clone(&catalogue), fetched);
    core.proxy.set_catalogue(catalogue);
    // The service may end meanwhile: what runs on holds nothing of it.
    let (path, upstream) = (core.data_dir.catalogue(), core.upstream.base_url().to_owned());
    let kept = tokio::task::spawn_blocking(move || stored::keep(&path, &upstream, fetched, &text));
    if let Ok(Err(error)) = kept.await {
        tracing::warn!(%error, "the catalogue of models is not kept on the disk");
    }
    drop(crate::core::blocking(core, |core| crate::claude::refresh(core, false)).await);
    Ok(count)
}

/// Fetches it on somebody's demand.
pub(crate) async fn refresh(core: &Arc<Core>) -> Result<RefreshedModels, ApiError> {
    let count = fetch(core).await.map_err(|error| {
        let message = format!("the catalogue cannot be fetched: {error}. The one before stays in use");
        ApiError::new(ErrorCode::Unavailable, message)
    })?;
    core.catalogue.was_fetched.notify_one();
    let fetched = core.catalogue.fetched().map_or(0, Timestamp::as_second);
    Ok(RefreshedModels { count: u64::try_from(count).unwrap_or(u64::MAX), fetched })
}

/// Keeps the catalogue fresh until the service ends. What the disk held is used at once, and fetched anew all the same.
pub(crate) async fn run(core: Arc<Core>) {
    let mut ending = core.ending();
    let mut wait = *WAITS.start();
    loop {
        let fetched = tokio::select! {
            fetched = fetch(&core) => fetched,
            () = ending.wait() => return,
        };
        let pause = match fetched {
            Ok(_) => {
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
        rest(&core, pause, &mut ending).await;
        if matches!(core.state(), turnpike_api::command::ProxyState::ShuttingDown) {
            return;
        }
    }
}

/// Waits for the next fetch; one that somebody else makes puts it off.
async fn rest(core: &Core, pause: Duration, ending: &mut crate::core::Ending) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => return,
            () = core.catalogue.was_fetched.notified() => {}
            () = ending.wait() => return,
        }
    }
}

/// One sentence for each configured model that is gone from the catalogue, or soon will be.
pub(crate) fn warnings(core: &Core) -> Vec<String> {
    let catalogue = core.catalogue.get();
    if core.catalogue.fetched().is_none() {
        return Vec::new();
    }
    let config = core.config.now().config;
    let named = config.maps.iter().map(|map| &map.to).chain(config.rules.iter().map(|rule| &rule.to));
    let mut slugs: Vec<&str> = named
        .flat_map(|to| std::iter::once(&to.target).chain(&to.fallback))
        .map(|target| turnpike_routing::resolve(target))
        .filter(|slug| slug.contains('/') && !slug.starts_with('@'))
        .collect();
    slugs.sort_unstable();
    slugs.dedup();
    slugs.into_iter().filter_map(|slug| warning(slug, &catalogue)).collect()
}

fn warning(slug: &str, catalogue: &Catalogue) -> Option<String> {
    if !catalogue.has(slug) {
        return Some(format!(
            "{slug} is not on offer any more: choose another model, `turnpike models search` lists them"
        ));
    }
    let day = catalogue.find(slug)?.expiration_date.as_deref()?;
    Some(format!("{slug} will be gone after {day}: choose another model in time"))
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
    ModelsReply { models, fetched: None, last_week_nanos: None, is_last_week_approximate: false }
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
        max_output: listed.top_provider.max_completion_tokens,
        is_free: is_free(&listed.id),
        expires: listed.expiration_date.clone(),
        conformance: None,
        last_week_nanos: None,
        first_token_ms: None,
        tokens_per_second: None,
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
