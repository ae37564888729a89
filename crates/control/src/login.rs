//! Getting a key from OpenRouter in a browser: OAuth with PKCE (RFC 7636, S256).
//!
//! The service makes a secret (the verifier) and shows its digest to OpenRouter's page by the link. A person says yes
//! there. The browser comes back to the control plane with a code; or, on another machine, it shows the code and the
//! person brings it here. The service exchanges code and verifier for a key, which goes into the keychain at once; no
//! page and no command line ever sees it. The address to come back to holds a random state: it is good once, for ten
//! minutes, and whoever lacks it changes nothing.

mod answer;
mod standing;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use turnpike_api::command::{BeginLogin, LoginReply, LoginState};
use turnpike_api::proof::random_hex;
use turnpike_api::{ApiError, ErrorCode, Event, SecretText};
use turnpike_settings::Secret;
use turnpike_upstream::AccountError;

pub(crate) use answer::{PATH, Verdict};
pub(crate) use standing::Login;
use standing::{LIFE, Pending};

use crate::audit;
use crate::core::{Core, blocking};
use crate::keys;

/// Random bytes in the state and in the verifier. As hex the verifier has 64 characters, of 43 to 128 that are allowed.
const RANDOM_BYTES: usize = 32;

/// Begins a login. Refused while a key could not be kept: it would be made for nothing.
pub(crate) async fn begin(core: &Arc<Core>, request: &BeginLogin) -> Result<LoginReply, ApiError> {
    core.keys.can_keep().await?;
    let random = || random_hex::<RANDOM_BYTES>().map_err(|error| internal(error.to_string()));
    let verifier = Secret::new(random()?);
    let state = request.callback.then(random).transpose()?;
    let callback = state.as_ref().map(|state| format!("{}{PATH}{state}", core.control_plane_url()));
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose()));
    let url = core.upstream.sign_in_url(&challenge, callback.as_deref());
    let url = url.map_err(|error| internal(error.to_string()))?;
    let redirect_file = if request.redirect_file { Some(redirect(core, &url).await?) } else { None };
    let until = Timestamp::now() + SignedDuration::try_from(LIFE).unwrap_or(SignedDuration::ZERO);
    let state = state.map(Secret::new);
    let pending = Pending { state, verifier, url, redirect_file: redirect_file.clone(), until };
    let Some((number, before)) = core.login.begin(pending) else {
        let message = "a login is being finished right now: look again in a moment";
        return Err(ApiError::new(ErrorCode::Conflict, message));
    };
    forget(core, before.and_then(|before| before.redirect_file)).await;
    tokio::spawn(expire(Arc::clone(core), number));
    tracing::info!("a login in a browser was begun");
    let reply = tell(core);
    Ok(LoginReply { redirect_file: redirect_file.map(|file| file.to_string_lossy().into_owned()), ..reply })
}

/// Ends the login that waits by what a person has copied.
pub(crate) async fn finish(core: &Arc<Core>, text: &str) -> Result<LoginReply, ApiError> {
    let (state, verdict) = Verdict::of_person(text);
    if verdict == Verdict::Nothing {
        let message = "this is neither a code nor an address with one: copy the code that OpenRouter shows, or the whole \
                       address at which the browser has ended";
        return Err(ApiError::new(ErrorCode::Invalid, message));
    }
    let pending = core.login.take(state.as_deref(), Timestamp::now());
    let pending = pending.map_err(|misfit| ApiError::new(ErrorCode::Conflict, misfit.to_string()))?;
    Ok(answered(core, pending, verdict).await)
}

/// Ends the login that waits by what the browser has brought: the status of the answer and what it says.
pub(crate) async fn callback(core: &Arc<Core>, state: &str, query: &str) -> (StatusCode, LoginReply) {
    match core.login.take(Some(state), Timestamp::now()) {
        Ok(pending) => {
            let reply = answered(core, pending, Verdict::of_query(query)).await;
            let is_done = reply.state == LoginState::Done;
            (if is_done { StatusCode::OK } else { StatusCode::BAD_REQUEST }, reply)
        }
        Err(misfit) => (StatusCode::FORBIDDEN, standing::failed(misfit.to_string())),
    }
}

/// Gives the login up, if one waits.
pub(crate) async fn cancel(core: &Arc<Core>) -> LoginReply {
    if let Some(pending) = core.login.cancel() {
        tracing::info!("the login in a browser was given up");
        forget(core, pending.redirect_file).await;
        return tell(core);
    }
    core.login.reply()
}

/// Goes on to its end whoever goes away meanwhile: the code is spent by then.
async fn answered(core: &Arc<Core>, pending: Pending, verdict: Verdict) -> LoginReply {
    tell(core);
    let working = Arc::clone(core);
    let work = tokio::spawn(async move {
        forget(&working, pending.redirect_file.clone()).await;
        let reply = match verdict {
            Verdict::Code(code) => keep(&working, &pending, &code).await.unwrap_or_else(standing::failed),
            Verdict::Refused(word) => standing::failed(format!(
                "OpenRouter gave no key ({word}): begin again with `turnpike login` if that was not meant"
            )),
            Verdict::Nothing => standing::failed(
                "OpenRouter's answer held no code: begin again with `turnpike login`".to_owned(),
            ),
        };
        tracing::info!(state = ?reply.state, "the login in a browser is over: {}", reply.message);
        working.login.end(reply.clone());
        tell(&working);
        reply
    });
    work.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a login failed inside");
        let reply = standing::failed("the login failed inside: look at `turnpike logs`".to_owned());
        core.login.end(reply.clone());
        reply
    })
}

/// Exchanges the code and keeps the key.
async fn keep(core: &Arc<Core>, pending: &Pending, code: &str) -> Result<LoginReply, String> {
    let exchanged = core.upstream.exchange_code(code, pending.verifier.expose()).await;
    let key = SecretText::new(exchanged.map_err(|error| not_exchanged(&error))?);
    let report = core.keys.set(&key).await.map_err(|error| {
        format!(
            "OpenRouter has made a key, but it was not kept: {}. Delete it at openrouter.ai/settings/keys and begin \
             again",
            error.message.trim_end_matches('.')
        )
    })?;
    keys::apply(core, report);
    note(core).await;
    let masked = Secret::new(key.expose().to_owned()).masked();
    let message = format!("the key {masked} from OpenRouter is in the keychain and in use");
    Ok(LoginReply { masked: Some(masked), ..standing::reply(LoginState::Done, message) })
}

/// Keeps in the audit that there is another key: no command has brought it when a browser came back by itself.
async fn note(core: &Arc<Core>) {
    let noted =
        blocking(core, |core| audit::note(&core.data_dir.ledger(), audit::BROWSER, audit::LOGIN, b"{}"));
    if let Ok(Err(error)) = noted.await {
        tracing::error!("a login is not in the audit: {error}");
    }
}

fn not_exchanged(error: &AccountError) -> String {
    match error {
        AccountError::Refused { status: 403, .. } => {
            "OpenRouter does not take the code: it was used already, is older than ten minutes, or belongs to another \
             login. Begin again with `turnpike login`"
                .to_owned()
        }
        AccountError::Refused { status, message } => format!(
            "OpenRouter refused the login (HTTP {status}: {message}): begin again with `turnpike login`, or make a key at \
             openrouter.ai/settings/keys and run `turnpike key set`"
        ),
        other => format!(
            "no key was got: {}. Begin again with `turnpike login`",
            other.to_string().trim_end_matches('.')
        ),
    }
}

async fn expire(core: Arc<Core>, number: u64) {
    let mut ending = core.ending();
    tokio::select! {
        () = tokio::time::sleep(LIFE) => {}
        () = ending.wait() => return,
    }
    if let Some(pending) = core.login.expire(number) {
        tracing::info!("the login in a browser was not answered");
        forget(&core, pending.redirect_file).await;
        tell(&core);
    }
}

/// A file that leads a browser to the link, which stands in no command line then.
async fn redirect(core: &Arc<Core>, url: &str) -> Result<PathBuf, ApiError> {
    let url = url.to_owned();
    let written = blocking(core, move |core| core.web.redirect_to_login(&url)).await?;
    written.map_err(|message| ApiError::new(ErrorCode::Unavailable, message))
}

async fn forget(core: &Arc<Core>, file: Option<PathBuf>) {
    let Some(file) = file else { return };
    // What remains is removed at the next start.
    drop(blocking(core, move |_| crate::web::Web::expire(Path::new(&file))).await);
}

fn tell(core: &Core) -> LoginReply {
    let reply = core.login.reply();
    core.tell(Event::Login { login: reply.clone() });
    reply
}

fn internal(message: String) -> ApiError {
    ApiError::new(ErrorCode::Internal, message)
}
