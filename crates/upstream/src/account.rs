//! Models, key and generation: small questions with a deadline.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use http::{Method, Request};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use turnpike_wire::account::{
    Credits, CreditsBody, Generation, GenerationBody, KeyBody, KeyInfo, Model, Models,
};
use turnpike_wire::chat::UpstreamErrorBody;

use crate::outgoing::Outgoing;
use crate::{TransportError, TransportKind, Upstream, client};

/// Longest time for one of these answers.
const DEADLINE: Duration = Duration::from_secs(30);
/// Largest answer; the list of models takes about 1 MiB.
const LIMIT: usize = 32 * 1024 * 1024;

/// A question that was not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// The upstream could not be reached.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The upstream refused, with its words.
    #[error("OpenRouter answered HTTP {status}: {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The upstream's words.
        message: String,
    },
    /// The answer cannot be read.
    #[error("OpenRouter's answer could not be read: {0}")]
    Unreadable(String),
}

// === impl Upstream ===

impl Upstream {
    /// All models on offer. Needs no key.
    ///
    /// # Errors
    /// [`AccountError`]
    pub async fn models(&self) -> Result<Vec<Model>, AccountError> {
        self.models_as_text().await.map(|(models, _)| models)
    }

    /// All models on offer, and the text they were read from. Needs no key.
    ///
    /// # Errors
    /// [`AccountError`]
    pub async fn models_as_text(&self) -> Result<(Vec<Model>, String), AccountError> {
        let body = self.fetch("/models", None).await?;
        let models = read::<Models>(&body)?.data;
        let text = String::from_utf8(body).map_err(|error| AccountError::Unreadable(error.to_string()))?;
        Ok((models, text))
    }

    /// The models that the account's settings of privacy and providers let through.
    ///
    /// # Errors
    /// [`AccountError`]
    pub async fn models_of_account(&self, key: &str) -> Result<Vec<Model>, AccountError> {
        self.get::<Models>("/models/user", Some(key)).await.map(|body| body.data)
    }

    /// The standing of the key: limits, usage.
    ///
    /// # Errors
    /// [`AccountError`]; `Refused` with 401 for a key that is not valid.
    pub async fn key(&self, key: &str) -> Result<KeyInfo, AccountError> {
        self.get::<KeyBody>("/key", Some(key)).await.map(|body| body.data)
    }

    /// The account's credits; `None` for a key that may not read them.
    ///
    /// # Errors
    /// [`AccountError`]
    pub async fn credits(&self, key: &str) -> Result<Option<Credits>, AccountError> {
        match self.get::<CreditsBody>("/credits", Some(key)).await {
            Ok(body) => Ok(Some(body.data)),
            Err(AccountError::Refused { status: 403, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What one answer cost; `None` while the upstream does not know it (yet).
    ///
    /// # Errors
    /// [`AccountError`]
    pub async fn generation(&self, key: &str, id: &str) -> Result<Option<Generation>, AccountError> {
        let path = format!(
            "/generation?id={}",
            id.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_', "")
        );
        match self.get::<GenerationBody>(&path, Some(key)).await {
            Ok(body) => Ok(Some(body.data)),
            Err(AccountError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, key: Option<&str>) -> Result<T, AccountError> {
        read(&self.fetch(path, key).await?)
    }

    async fn fetch(&self, path: &str, key: Option<&str>) -> Result<Vec<u8>, AccountError> {
        let mut request = self.question(Method::GET, path, Bytes::new())?;
        if let Some(key) = key {
            request.headers_mut().insert(AUTHORIZATION, self.bearer(key)?);
        }
        self.answer(request).await
    }

    /// A question to something below the base URL.
    pub(crate) fn question(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Request<Outgoing>, AccountError> {
        let to = format!("{}{path}", self.base_url());
        let to = to.parse().map_err(|_| AccountError::Unreadable(format!("{to} is no address")))?;
        let mut request = client::request(method, to, body);
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("*/*"));
        Ok(request)
    }

    /// Asks, within a deadline, and reads the answer to its end.
    pub(crate) async fn answer(&self, request: Request<Outgoing>) -> Result<Vec<u8>, AccountError> {
        let too_late = TransportError { kind: TransportKind::Timeout, host: self.host().to_owned() };
        tokio::time::timeout(DEADLINE, self.answer_in_time(request)).await.unwrap_or(Err(too_late.into()))
    }

    async fn answer_in_time(&self, request: Request<Outgoing>) -> Result<Vec<u8>, AccountError> {
        let client = self.lanes.first();
        let sent = client.send(request).await;
        let response = sent.map_err(|error| TransportError::from_send(&error, self.host()))?;
        let status = response.status().as_u16();
        let read = Limited::new(response.into_body(), LIMIT).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                return AccountError::Unreadable("it is larger than 32 MiB".to_owned());
            }
            TransportError::from_body(&*error, self.host()).into()
        })?;
        let body: Vec<u8> = read.to_bytes().into();
        if status != 200 {
            let message = serde_json::from_slice::<UpstreamErrorBody<'_>>(&body)
                .ok()
                .and_then(|body| body.error.message.map(turnpike_wire::text::Text::into_owned))
                .unwrap_or_else(|| "no reason given".to_owned());
            return Err(AccountError::Refused { status, message });
        }
        Ok(body)
    }
}

pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, AccountError> {
    serde_json::from_slice(body).map_err(|error| AccountError::Unreadable(error.to_string()))
}
