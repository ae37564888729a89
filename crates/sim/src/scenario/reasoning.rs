//! Answers that think first, in the formats of the makers.

use serde_json::{Value, json};

use super::{Answer, Scenario, Stage, row, tools};
use crate::errors::ErrorAnswer;
use crate::script::{Act, Ending, Script};
use crate::signature;

/// The `format` of Claude's details.
pub(super) const CLAUDE: &str = "anthropic-claude-v1";
const OPENAI: &str = "openai-responses-v1";
const GEMINI: &str = "google-gemini-v1";
/// What Google answers, through the upstream, to a function call whose signature was lost.
const SIGNATURE_LOST: &str = "Gemini models require OpenRouter reasoning details to be preserved in each request. \
                              Function call is missing a thought_signature";

pub(super) const ALL: &[Scenario] = &[
    row("thinking", thinking, "Claude: reasoning deltas, a chunk with only the signature, then text."),
    row("redacted-thinking", redacted, "Claude: thinking that only its maker can read."),
    row("interleaved-thinking", interleaved, "Claude: thinks, speaks, thinks again, calls a tool."),
    row("openai-reasoning", openai, "GPT-5: one encrypted detail with an `rs_` id, no readable reasoning."),
    row("openai-summary", openai_summary, "GPT-5: a summary in fragments beside the encrypted detail."),
    row("xai-reasoning", xai, "Grok: summary and encrypted detail in its own format."),
    row(
        "gemini",
        gemini,
        "Gemini: the signature's id is the tool call's, all arguments in one fragment; refuses a next turn that lost it.",
    ),
    row("gemini-text", gemini_text, "Gemini: a text answer with an encrypted detail that has no id."),
    row(
        "gemini-signature",
        gemini_signature,
        "Gemini 3.6: a text detail that holds a signature and no text.",
    ),
    row("open-reasoning", open, "Open models: reasoning text of unknown format, without a signature."),
    row("reasoning-string", string_only, "Old streams: the `reasoning` string without details."),
    row("reasoning-null-format", null_format, "MiniMax: details whose format is null."),
    row("reasoning-mixed", mixed, "MiniMax: text and reasoning in one chunk, reasoning after text began."),
    row("reasoning-only", only, "Thinks until the limit and answers nothing."),
    row(
        "reasoning-empty-details",
        empty_details,
        "DeepSeek: `reasoning_details: []`, to be sent back as it is.",
    ),
    row(
        "reasoning-redacted-text",
        redacted_text,
        "Old streams: `[REDACTED]` stands for encrypted reasoning.",
    ),
    row("reasoning-shared-index", shared_index, "A text and an encrypted detail with the same index."),
    row("reasoning-server-tool", server_tool, "A detail that tells of a server tool's call."),
];

const THOUGHT: &[&str] =
    &["The user wants ", "an answer. ", "I am simulated, ", "so a short one ", "is honest. ✓"];

/// Claude's thinking with its signature.
pub(super) fn claude_thinking(thought: &[&str]) -> Vec<Act> {
    let mut acts: Vec<Act> = thought.iter().map(|part| Act::Think((*part).to_owned(), CLAUDE)).collect();
    acts.push(Act::Sign(signature::sign(&thought.concat())));
    acts
}

/// The words of the answer behind the thinking.
fn answer(stage: &Stage<'_>) -> impl Iterator<Item = Act> {
    let text = super::text::text(stage.modifiers.word_count());
    let words: Vec<Act> = text.split_inclusive(' ').map(Act::text).collect();
    words.into_iter()
}

fn thought_then_text(stage: &Stage<'_>, mut acts: Vec<Act>, native: &'static str) -> Answer {
    acts.extend(answer(stage));
    Answer::script(Script::new(acts, Ending::new(Some("stop"), Some(native))))
}

/// A delta without text that carries reasoning details.
fn details(details: Value) -> Act {
    Act::Delta(json!({"content": "", "role": "assistant", "reasoning": null, "reasoning_details": details}))
}

fn encrypted(format: &str, id: Option<&str>) -> Value {
    let mut detail = json!({
        "type": "reasoning.encrypted", "data": "gAAAAABsimulated_reasoning_that_nobody_can_read==", "format": format, "index": 0,
    });
    if let Some(id) = id {
        detail["id"] = json!(id);
    }
    detail
}

fn thinking(stage: &Stage<'_>) -> Answer {
    thought_then_text(stage, claude_thinking(THOUGHT), "end_turn")
}

fn redacted(stage: &Stage<'_>) -> Answer {
    let acts = vec![Act::Redacted("EmwKAhgBsimulatedRedactedThinking==".to_owned())];
    thought_then_text(stage, acts, "end_turn")
}

fn interleaved(stage: &Stage<'_>) -> Answer {
    if let Some(answer) = tools::after_results(stage) {
        return answer;
    }
    let mut acts = claude_thinking(&["First ", "thought."]);
    acts.push(Act::text("I look it up."));
    acts.extend(claude_thinking(&["Second ", "thought."]));
    acts.extend(tools::claude_call(stage, 0));
    Answer::script(Script::new(acts, Ending::new(Some("tool_calls"), Some("tool_use"))))
}

fn openai(stage: &Stage<'_>) -> Answer {
    let id = format!("rs_{}", stage.ids.token());
    thought_then_text(stage, vec![details(json!([encrypted(OPENAI, Some(&id))]))], "completed")
}

fn summary(text: &str, format: &str) -> Act {
    Act::Delta(json!({"content": "", "role": "assistant", "reasoning": text, "reasoning_details": [
        {"type": "reasoning.summary", "summary": text, "format": format, "index": 0},
    ]}))
}

fn openai_summary(stage: &Stage<'_>) -> Answer {
    let id = format!("rs_{}", stage.ids.token());
    let acts = vec![
        summary("**Weighing", OPENAI),
        summary(" the answer**", OPENAI),
        details(json!([encrypted(OPENAI, Some(&id))])),
    ];
    thought_then_text(stage, acts, "completed")
}

fn xai(stage: &Stage<'_>) -> Answer {
    let format = "xai-responses-v1";
    let id = format!("rs_{}_us-east-1", stage.ids.token());
    let acts = vec![summary("Thinking about it.", format), details(json!([encrypted(format, Some(&id))]))];
    thought_then_text(stage, acts, "completed")
}

fn gemini(stage: &Stage<'_>) -> Answer {
    if stage.request.json().is_some_and(lost_a_signature) {
        let metadata = json!({"provider_name": "Google AI Studio", "raw": SIGNATURE_LOST});
        return Answer::error(ErrorAnswer::new(400, SIGNATURE_LOST).with_metadata(metadata));
    }
    if let Some(answer) = tools::after_results(stage) {
        return answer;
    }
    let (name, arguments) = tools::invent_call(stage, 0);
    let id = format!("tool_0_{name}_{}", stage.ids.token());
    let call = json!([{"index": 0, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}]);
    let acts = vec![
        Act::Think("**Choosing a tool**\n\nA call will do.\n\n".to_owned(), GEMINI),
        Act::Delta(json!({"content": null, "role": "assistant", "tool_calls": call})),
        details(json!([encrypted(GEMINI, Some(&id))])),
    ];
    Answer::script(Script::new(acts, Ending::new(Some("tool_calls"), Some("STOP"))))
}

/// Whether an earlier turn called a tool and did not send back the detail with the call's id.
fn lost_a_signature(body: &Value) -> bool {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    list(&body["messages"]).iter().any(|message| {
        let details = list(&message["reasoning_details"]);
        list(&message["tool_calls"])
            .iter()
            .any(|call| !details.iter().any(|detail| detail["id"] == call["id"]))
    })
}

fn gemini_text(stage: &Stage<'_>) -> Answer {
    let mut acts = vec![Act::Think("**Answering**\n\nText will do.\n\n".to_owned(), GEMINI)];
    acts.extend(answer(stage));
    acts.push(details(json!([encrypted(GEMINI, None)])));
    Answer::script(Script::new(acts, Ending::new(Some("stop"), Some("STOP"))))
}

fn gemini_signature(stage: &Stage<'_>) -> Answer {
    let mut acts: Vec<Act> = answer(stage).collect();
    acts.push(details(
        json!([{"type": "reasoning.text", "signature": "AY89simulated==", "format": GEMINI, "index": 0}]),
    ));
    Answer::script(Script::new(acts, Ending::new(Some("stop"), Some("STOP"))))
}

fn open(stage: &Stage<'_>) -> Answer {
    thought_then_text(stage, THOUGHT.iter().map(|t| Act::Think((*t).to_owned(), "unknown")).collect(), "stop")
}

fn string_only(stage: &Stage<'_>) -> Answer {
    let delta = |text: &&str| Act::Delta(json!({"content": "", "role": "assistant", "reasoning": text}));
    thought_then_text(stage, THOUGHT.iter().map(delta).collect(), "stop")
}

fn null_format(stage: &Stage<'_>) -> Answer {
    thought_then_text(stage, THOUGHT.iter().map(|t| Act::Think((*t).to_owned(), "")).collect(), "stop")
}

fn mixed(stage: &Stage<'_>) -> Answer {
    let both = |content: &str, reasoning: &str| {
        Act::Delta(
            json!({"role": "assistant", "content": content, "reasoning": reasoning, "reasoning_details": [
                {"type": "reasoning.text", "text": reasoning, "format": null, "index": 0},
            ]}),
        )
    };
    let acts =
        vec![both("", "The user asks."), both("**Answer:** ", " So I answer."), both("", " And go on.")];
    thought_then_text(stage, acts, "stop")
}

fn only(_: &Stage<'_>) -> Answer {
    let acts: Vec<Act> = THOUGHT.iter().map(|t| Act::Think((*t).to_owned(), "unknown")).collect();
    Answer::script(Script::new(acts, Ending::new(Some("length"), Some("length"))))
}

fn empty_details(stage: &Stage<'_>) -> Answer {
    thought_then_text(stage, vec![details(json!([]))], "stop")
}

fn redacted_text(stage: &Stage<'_>) -> Answer {
    let delta = json!({"content": "", "role": "assistant", "reasoning": "[REDACTED]"});
    thought_then_text(stage, vec![Act::Delta(delta)], "stop")
}

fn shared_index(stage: &Stage<'_>) -> Answer {
    let acts =
        vec![Act::Think("Both at index 0. ".to_owned(), GEMINI), details(json!([encrypted(GEMINI, None)]))];
    thought_then_text(stage, acts, "STOP")
}

fn server_tool(stage: &Stage<'_>) -> Answer {
    let detail = json!([{
        "type": "reasoning.server_tool_call", "tool_name": "openrouter:datetime", "arguments": "{}",
        "result": "2026-08-22", "tool_call_id": "srv_1", "format": "unknown", "index": 0,
    }]);
    thought_then_text(stage, vec![details(detail)], "stop")
}
