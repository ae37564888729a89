//! How far the estimate is from the prompt tokens that recorded requests were billed with.
#![expect(clippy::unwrap_used, reason = "a broken corpus ends the test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use turnpike_translate::count::{Family, of_chat};
use turnpike_translate::passage::{has_image, read_request, web_search};

/// A recorded request that was counted by its vendor.
struct Counted {
    model: String,
    body: String,
    tokens: u64,
}

/// The prompt tokens that an answer reports, whole or streamed.
fn prompt_tokens(answer: &str) -> Option<u64> {
    let of = |json: &str| serde_json::from_str::<Value>(json).ok()?["usage"]["prompt_tokens"].as_u64();
    if answer.trim_start().starts_with('{') {
        return of(answer);
    }
    answer.lines().filter_map(|line| of(line.strip_prefix("data: ")?)).next_back()
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn corpus() -> Vec<Counted> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/recordings");
    let root = std::env::var_os("TURNPIKE_RECORDINGS").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let mut all = Vec::new();
    for file in ["openrouter.jsonl", "other-vendors.jsonl"] {
        for line in fs::read_to_string(root.join(file)).unwrap().lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let Some(tokens) = prompt_tokens(&text_of(&row["response_body"])) else { continue };
            if row["status"] == 200 && !row["request_body"].is_null() && tokens > 0 {
                let body = text_of(&row["request_body"]);
                all.push(Counted {
                    model: row["model"].as_str().unwrap_or_default().to_owned(),
                    body,
                    tokens,
                });
            }
        }
    }
    all
}

/// Half and nine tenths of the rows are at most so far off, in parts of the truth.
fn spread(errors: &mut [f64]) -> (f64, f64) {
    errors.sort_by(f64::total_cmp);
    (errors[errors.len() / 2], errors[errors.len() * 9 / 10])
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "counts of tokens are far below 2^52")]
fn recorded_prompts_are_estimated_within_bounds() {
    let mut errors: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut all = Vec::new();
    for row in corpus() {
        let Ok(query) = read_request(row.body.as_bytes()) else { continue };
        // What a vendor searched for itself is in its count, but not in the request.
        if has_image(&query) || web_search(&query) {
            continue;
        }
        let family = Family::of(&row.model);
        let estimate = of_chat(&query).tokens(family);
        let error = estimate.abs_diff(row.tokens) as f64 / row.tokens as f64;
        errors.entry(format!("{family:?}")).or_default().push(error);
        all.push(error);
    }
    assert!(all.len() > 600, "{} rows", all.len());
    let mut wrong = Vec::new();
    for (family, median, tenth) in BOUNDS {
        let Some(errors) = errors.get_mut(family) else { panic!("no rows of {family}") };
        let (half, most) = spread(errors);
        println!("{family:9} {:4} rows: median {half:.3}, p90 {most:.3}", errors.len());
        if half > median || most > tenth {
            wrong.push(format!("{family}: median {half:.3}, p90 {most:.3}"));
        }
    }
    let (half, most) = spread(&mut all);
    println!("all       {:4} rows: median {half:.3}, p90 {most:.3}", all.len());
    assert!(wrong.is_empty() && half < 0.09 && most < 0.75, "all: {half:.3}, {most:.3}; {wrong:?}");
}

/// Family, median and 90th percentile of the absolute relative error. Most recorded prompts are short, so what vendors
/// add of their own (a preamble of hundreds of tokens, on some hosts only) makes the large errors.
const BOUNDS: [(&str, f64, f64); 12] = [
    ("Claude", 0.18, 0.45),
    ("DeepSeek", 0.08, 0.70),
    ("Gemini", 0.25, 0.65),
    ("Glm", 0.05, 0.25),
    ("Gpt", 0.08, 0.20),
    ("GptOss", 0.08, 0.30),
    ("Grok", 0.12, 1.00),
    ("Kimi", 0.12, 0.70),
    ("Llama", 0.10, 2.10),
    ("MiniMax", 0.85, 1.00),
    ("Mistral", 0.25, 1.35),
    ("Qwen", 0.15, 0.40),
];
