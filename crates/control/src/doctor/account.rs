//! What the upstream says: whether it answers, how the key stands, and which free models the account lets through.

use std::time::Duration;

use turnpike_api::command::{Finding, Severity};
use turnpike_upstream::{AccountError, Upstream};
use turnpike_wire::account::KeyInfo;

use super::{finding, ok};

/// How long the upstream may take to answer.
const DEADLINE: Duration = Duration::from_secs(12);
/// How the slugs of free models end, and the router among them.
const FREE: &str = ":free";
const FREE_ROUTER: &str = "openrouter/free";

/// Whether the upstream answers, takes the key, if there is one, and how that key stands.
pub async fn upstream(upstream: &Upstream, key: Option<&str>) -> Vec<Finding> {
    const SUBJECT: &str = "upstream";
    let place = upstream.base_url();
    let question = async {
        match key {
            Some(key) => upstream.key(key).await.map(|info| ("answers and takes the key", Some(info))),
            None => upstream.models().await.map(|_| ("answers", None)),
        }
    };
    let (message, fix) = match tokio::time::timeout(DEADLINE, question).await {
        Ok(Ok((fine, info))) => {
            let fine = ok(SUBJECT, format!("{place} {fine}"));
            return std::iter::once(fine).chain(info.as_ref().map(standing)).collect();
        }
        Ok(Err(AccountError::Refused { status: status @ (401 | 403), message })) => (
            format!("{place} refuses the key ({status}: {message})"),
            "set another with `turnpike key set`; openrouter.ai/settings/keys makes one",
        ),
        Ok(Err(AccountError::Transport(error))) => (
            format!("{place} cannot be reached: {error}"),
            "check the network, and HTTPS_PROXY if you are behind a proxy",
        ),
        Ok(Err(error)) => (
            format!("{place}: {error}"),
            "look at status.openrouter.ai, and at upstream.base_url in config.toml",
        ),
        Err(_) => (
            format!("{place} did not answer in {} seconds", DEADLINE.as_secs()),
            "check the network, and HTTPS_PROXY if you are behind a proxy",
        ),
    };
    vec![finding(SUBJECT, Severity::Error, message, Some(fix))]
}

/// How much the key may still spend.
fn standing(info: &KeyInfo) -> Finding {
    const SUBJECT: &str = "credit";
    let reset = info.limit_reset.as_ref().map(|reset| format!(" ({reset})")).unwrap_or_default();
    match (info.limit, info.limit_remaining) {
        (Some(limit), Some(left)) if left.nanos() <= 0 => {
            let message = format!("the key's limit of {}{reset} is used up", limit.display());
            let fix = "raise it at openrouter.ai/settings/keys, or wait until it starts anew";
            finding(SUBJECT, Severity::Error, message, Some(fix))
        }
        (Some(limit), Some(left)) if left.nanos().saturating_mul(10) < limit.nanos() => {
            let message =
                format!("{} of the key's limit of {}{reset} is left", left.display(), limit.display());
            finding(SUBJECT, Severity::Warning, message, Some("raise it at openrouter.ai/settings/keys"))
        }
        (Some(limit), Some(left)) => ok(
            SUBJECT,
            format!("{} of the key's limit of {}{reset} is left", left.display(), limit.display()),
        ),
        _ if info.is_free_tier => {
            let message =
                "the key's account has bought no credits: free models answer 50 requests a day".to_owned();
            let fix = "$10 of credits raise that to 1,000, at openrouter.ai/settings/credits";
            finding(SUBJECT, Severity::Warning, message, Some(fix))
        }
        _ => ok(SUBJECT, "the key has no limit of its own".to_owned()),
    }
}

/// Free models among the targets that the account's settings keep out. Whoever does not tell is not asked again.
pub(super) async fn free_models(
    upstream: &Upstream,
    key: Option<&str>,
    targets: &[String],
) -> Option<Finding> {
    const SUBJECT: &str = "privacy";
    let free: Vec<&String> =
        targets.iter().filter(|slug| slug.ends_with(FREE) || *slug == FREE_ROUTER).collect();
    let key = key.filter(|_| !free.is_empty())?;
    let answer = tokio::time::timeout(DEADLINE, upstream.models_of_account(key)).await;
    let models = answer.ok()?.ok()?;
    let is_known = |slug: &str| models.iter().any(|model| model.id == slug);
    // The router stands for whatever free model there is.
    let has_free = models.iter().any(|model| model.id.ends_with(FREE));
    let kept_out: Vec<&str> = free
        .into_iter()
        .map(String::as_str)
        .filter(|slug| !is_known(slug) && (*slug != FREE_ROUTER || !has_free))
        .collect();
    if kept_out.is_empty() {
        return Some(ok(SUBJECT, "the account lets the mapped free models through".to_owned()));
    }
    let message = format!("the account's privacy settings keep out {}", kept_out.join(", "));
    Some(finding(
        SUBJECT,
        Severity::Error,
        message,
        Some("allow free models: openrouter.ai/settings/privacy"),
    ))
}
