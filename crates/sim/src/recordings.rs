//! Recorded answers, read from a folder when one of them is asked for.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::Deserialize;

use crate::request::Api;

/// The recordings of real traffic, if the simulator was given a folder of them.
#[derive(Debug)]
pub(crate) struct Recordings {
    folder: Option<PathBuf>,
    rows: OnceLock<Vec<Row>>,
}

/// One recorded answer.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) body: String,
}

/// Why there is no recorded answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordingError {
    #[error("this simulator was started without a folder of recordings; give it one with --recordings")]
    NoFolder,
    #[error("no recording has the tag or sha `{0}`")]
    NotFound(String),
    #[error("the recording {path} cannot be read: {source}")]
    Read { path: PathBuf, source: std::io::Error },
}

/// A line of one of the JSON Lines files.
#[derive(Debug, Deserialize)]
struct Row {
    sha: String,
    status: Option<u16>,
    #[serde(default)]
    stream: Option<bool>,
    response_body: String,
    #[serde(skip)]
    messages: bool,
}

/// What the manifest says about a curated case.
#[derive(Debug, Deserialize)]
struct Case {
    tag: String,
    file: String,
    status: Option<u16>,
}

// === impl Recordings ===

impl Recordings {
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, rows: OnceLock::new() }
    }

    /// The answer with that tag, or whose sha starts with that key (at least six characters of it).
    pub(crate) fn find(&self, api: Api, key: &str) -> Result<Recorded, RecordingError> {
        let folder = self.folder.as_deref().ok_or(RecordingError::NoFolder)?;
        if let Some(case) = case(folder, key) {
            let path = folder.join("curated").join(&case.file);
            let body =
                std::fs::read_to_string(&path).map_err(|source| RecordingError::Read { path, source })?;
            let stream = case.file.ends_with(".sse");
            return Ok(Recorded {
                status: case.status.unwrap_or(200),
                content_type: content_type(stream),
                body,
            });
        }
        let rows = self.rows.get_or_init(|| read_rows(folder));
        let found = rows
            .iter()
            .filter(|row| key.len() >= 6 && row.sha.starts_with(key))
            .min_by_key(|row| row.messages != (api == Api::Messages));
        let row = found.ok_or_else(|| RecordingError::NotFound(key.to_owned()))?;
        Ok(Recorded {
            status: row.status.unwrap_or(200),
            content_type: content_type(row.stream.unwrap_or(false)),
            body: row.response_body.clone(),
        })
    }
}

fn content_type(stream: bool) -> Option<String> {
    Some(if stream { "text/event-stream" } else { "application/json" }.to_owned())
}

fn case(folder: &Path, tag: &str) -> Option<Case> {
    let manifest = std::fs::read(folder.join("curated/manifest.json")).ok()?;
    let cases: Vec<Case> = serde_json::from_slice(&manifest).ok()?;
    cases.into_iter().find(|case| case.tag == tag)
}

fn read_rows(folder: &Path) -> Vec<Row> {
    let mut rows = Vec::new();
    for file in ["openrouter.jsonl", "other-vendors.jsonl", "anthropic-streams.jsonl"] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
        rows.extend(
            text.lines()
                .filter_map(|line| serde_json::from_str::<Row>(line).ok())
                .map(|row| Row { messages: file.starts_with("anthropic"), ..row }),
        );
    }
    rows
}
