//! Listens to one answer on its way to the client, and hands over what was captured when it has ended.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use http::HeaderMap;
use http::header::HeaderName;
use tokio::runtime::Handle;
use turnpike_settings::Secret;
use turnpike_translate::native;

use super::redact::Redactor;
use super::{Captured, Captures, MOST_ANSWER_BYTES, MOST_REQUEST_BYTES, parts, unix};
use crate::dialect::Dialect;

/// Headers that say what kind of request it is. A replay sends them again; no other header is kept.
const KINDS: [&str; 4] =
    ["anthropic-version", "anthropic-beta", "x-claude-code-request-class", "x-claude-code-agent-type"];

/// A request that is being captured.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) id: i64,
    pub(crate) dialect: Dialect,
    pub(crate) model: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Texts that are secret, whatever they look like.
    pub(crate) secrets: Vec<Secret>,
}

/// Listens to its answer.
#[derive(Debug)]
pub(crate) struct Tap {
    captures: Arc<Captures>,
    begun: Option<Begun>,
    at: i64,
    status: u16,
    answer: Vec<u8>,
    is_cut: bool,
}

// === impl Tap ===

impl Tap {
    pub(crate) fn new(captures: &Arc<Captures>, begun: Begun, status: u16) -> Self {
        Self {
            captures: Arc::clone(captures),
            begun: Some(begun),
            at: unix(SystemTime::now()),
            status,
            answer: Vec::new(),
            is_cut: false,
        }
    }

    /// Bytes go to the client.
    pub(crate) fn hear(&mut self, bytes: &[u8]) {
        let room = MOST_ANSWER_BYTES.saturating_sub(self.answer.len());
        self.is_cut |= bytes.len() > room;
        self.answer.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }
}

impl Drop for Tap {
    /// The answer has ended, or nobody listens to it any more.
    fn drop(&mut self) {
        let Some(begun) = self.begun.take() else { return };
        let (captures, answer) = (Arc::clone(&self.captures), std::mem::take(&mut self.answer));
        let (at, status, is_cut) = (self.at, self.status, self.is_cut);
        let work = move || captures.keep(captured(begun, &answer, at, status, is_cut));
        match Handle::try_current() {
            Ok(handle) => drop(handle.spawn_blocking(work)),
            Err(_) => work(),
        }
    }
}

fn captured(begun: Begun, answer: &[u8], at: i64, status: u16, is_cut: bool) -> Captured {
    let Begun { id, dialect, model, headers, body, secrets } = begun;
    let mut redactor = Redactor::new(&secrets);
    let request = (body.len() <= MOST_REQUEST_BYTES).then(|| {
        let body = native::anonymous(&body).unwrap_or_default();
        redactor.json(&String::from_utf8_lossy(&body))
    });
    let mut answer = parts::read(answer);
    for part in &mut answer {
        part.text = redactor.text(&part.text);
    }
    let said: usize = answer.iter().map(|part| part.text.len()).sum();
    Captured {
        id,
        at,
        model,
        bytes: request.as_ref().map_or(0, String::len) + said,
        request,
        status,
        answer,
        is_cut,
        redacted: redactor.count(),
        headers: kinds(&headers),
        dialect,
        ended: Instant::now(),
    }
}

fn kinds(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for name in KINDS.map(HeaderName::from_static) {
        for value in headers.get_all(&name) {
            kept.append(&name, value.clone());
        }
    }
    kept
}
