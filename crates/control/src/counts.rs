//! What earlier runs learned about counting tokens.

use std::sync::Arc;

use crate::core::Core;

/// Rows of each model that are looked at: beyond so many, older ones hardly count.
const EACH: u32 = 50;

/// Corrects the estimates by the prompts of earlier runs, while requests are let in already.
pub(crate) async fn seed(core: Arc<Core>) {
    // The service may end meanwhile: what runs on holds the reader alone, not the ledger's lock.
    let reader = core.ledger.reader().clone();
    let read = tokio::task::spawn_blocking(move || reader.counted_prompts(EACH));
    match read.await {
        Ok(Ok(prompts)) => core.proxy.seed_counts(prompts.into_iter().rev()),
        Ok(Err(error)) => tracing::warn!(%error, "tokens are counted without what earlier runs learned"),
        // The runtime is ending.
        Err(_) => {}
    }
}
