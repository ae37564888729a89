//! The corpus: rows of recorded answers, found by `TURNPIKE_RECORDINGS` (default `../shared/recordings`
//! beside the checkout).

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

/// One recorded answer of chat completions.
pub(crate) struct Row {
    /// Where it is in the corpus.
    pub(crate) name: String,
    /// The answer came as a stream.
    pub(crate) stream: bool,
    /// HTTP status.
    pub(crate) status: u16,
    /// The body as received.
    pub(crate) body: String,
    /// Names of the tools that the request offered, where it is known.
    pub(crate) tools: Vec<String>,
}

#[derive(Deserialize)]
struct Line {
    sha: String,
    model: Option<String>,
    api: String,
    stream: bool,
    status: u16,
    #[serde(default)]
    request_body: serde_json::Value,
    response_body: serde_json::Value,
}

#[derive(Deserialize)]
struct Curated {
    tag: String,
    file: String,
    stream: bool,
    status: u16,
}

fn root() -> PathBuf {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/recordings");
    let root = std::env::var_os("TURNPIKE_RECORDINGS").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    assert!(root.is_dir(), "no recordings at {}: set TURNPIKE_RECORDINGS", root.display());
    root
}

fn text_of(body: serde_json::Value) -> String {
    match body {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

fn tools_of(request: &serde_json::Value) -> Vec<String> {
    let tools = request["tools"].as_array().into_iter().flatten();
    tools.filter_map(|tool| tool["function"]["name"].as_str().map(str::to_owned)).collect()
}

/// Chat completions of one `.jsonl` file.
pub(crate) fn lines(file: &str, apis: &[&str]) -> Vec<Row> {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<Line>(line).unwrap());
    rows.filter(|line| apis.contains(&line.api.as_str()))
        .map(|line| Row {
            name: format!("{file} {} {}", &line.sha[..10], line.model.unwrap_or_default()),
            stream: line.stream,
            status: line.status,
            tools: tools_of(&line.request_body),
            body: text_of(line.response_body),
        })
        .collect()
}

/// The odd ones, one file each.
pub(crate) fn curated() -> Vec<Row> {
    let folder = root().join("curated");
    let manifest = fs::read_to_string(folder.join("manifest.json")).unwrap();
    let cases: Vec<Curated> = serde_json::from_str(&manifest).unwrap();
    cases
        .into_iter()
        .map(|case| Row {
            name: format!("curated {}", case.tag),
            stream: case.stream,
            status: case.status,
            tools: Vec::new(),
            body: fs::read_to_string(folder.join(case.file)).unwrap(),
        })
        .collect()
}
