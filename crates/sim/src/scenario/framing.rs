//! Streams that end, break off or say no in an unusual way.

use serde_json::{Value, json};

use super::{Answer, Scenario, Stage, row};
use crate::script::{Act, Chunk, Ending, Script};

pub(super) const ALL: &[Scenario] = &[
    row("no-done", no_done, "Ends without [DONE]."),
    row("two-done", two_done, "Ends with [DONE] twice."),
    row("after-done", after_done, "A further chunk behind [DONE]."),
    row("no-finish", no_finish, "Ends without finish reason, usage and [DONE]."),
    row("finish-once", finish_once, "Finish reason only on the usage chunk."),
    row("finish-null", finish_null, "Text whose finish reasons are null."),
    row("finish-length", finish_length, "Text cut by the token limit."),
    row("finish-stop-sequence", finish_stop, "Finish stop, native stop_sequence: a stop sequence hit."),
    row("finish-unknown", finish_unknown, "A finish reason nobody knows."),
    row("finish-content-filter", finish_filter, "Text stopped by a content filter."),
    row("finish-error", finish_error, "Finish reason error without an error object."),
    row("empty-answer", empty_stop, "No output, finish stop."),
    row("empty-answer-null", empty_null, "MiniMax: no output, null finish reasons."),
    row("empty-answer-length", empty_length, "GPT-5 pro: no output, native max_output_tokens."),
    row("refusal", refusal, "Text only in `refusal`, finish stop."),
    row("refusal-filter", refusal_filter, "Text only in `refusal`, finish content_filter."),
    row("annotations", annotations, "Citations between the words."),
    row("file-annotation", file_annotation, "The parsed PDF comes back as an annotation."),
    row("image-output", image_output, "An image in the answer."),
    row("bad-json", bad_json, "One event that is no JSON."),
    row("unknown-fields", unknown_fields, "Fields and a debug chunk nobody knows."),
    row("null-content", null_content, "Deltas with null and absent content between text."),
    row("error-first-chunk", error_first, "Comments, then an error in the first chunk."),
    row("error-midstream", error_midstream, "An error chunk after some words."),
    row("error-string-code", error_string_code, "The same with a string as error code."),
    row("error-token-limit", error_token_limit, "MiniMax: finish length, then error 400 with the usage."),
    row("malformed-function-call", malformed, "Gemini: finish stop with error 502, no [DONE]."),
    row("malformed-no-error", malformed_bare, "Gemini: finish error, no error object."),
];

fn words(stage: &Stage<'_>) -> Vec<Act> {
    super::text::text(stage.modifiers.word_count()).split_inclusive(' ').map(Act::text).collect()
}

fn ended(stage: &Stage<'_>, ending: Ending) -> Answer {
    Answer::script(Script::new(words(stage), ending))
}

fn delta(delta: Value) -> Act {
    Act::Delta(delta)
}

fn no_done(stage: &Stage<'_>) -> Answer {
    ended(stage, Ending { done: false, ..Ending::stop() })
}

fn two_done(stage: &Stage<'_>) -> Answer {
    ended(stage, Ending { after: "data: [DONE]\n\n", ..Ending::stop() })
}

fn after_done(stage: &Stage<'_>) -> Answer {
    let after = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"too late\"}}]}\n\n";
    ended(stage, Ending { after, ..Ending::stop() })
}

fn no_finish(stage: &Stage<'_>) -> Answer {
    ended(stage, Ending { done: false, ..Ending::said() })
}

fn finish_once(stage: &Stage<'_>) -> Answer {
    ended(stage, Ending { finish_chunk: false, ..Ending::stop() })
}

fn finish_null(stage: &Stage<'_>) -> Answer {
    ended(stage, Ending::new(None, None))
}

fn finish_length(stage: &Stage<'_>) -> Answer {
    ended(stage, Ending::new(Some("length"), Some("MAX_TOKENS")))
}

fn finish_stop(stage: &Stage<'_>) -> Answer {
    ended(stage, Ending::new(Some("stop"), Some("stop_sequence")))
}

fn finish_unknown(stage: &Stage<'_>) -> Answer {
    ended(stage, Ending::new(Some("paused"), Some("PAUSED")))
}

fn finish_filter(stage: &Stage<'_>) -> Answer {
    ended(stage, Ending::new(Some("content_filter"), Some("content_filter")))
}

fn finish_error(stage: &Stage<'_>) -> Answer {
    ended(stage, Ending { billed: false, ..Ending::new(Some("error"), None) })
}

fn empty_stop(_: &Stage<'_>) -> Answer {
    Answer::script(Script::new([], Ending::stop()))
}

fn empty_null(_: &Stage<'_>) -> Answer {
    Answer::script(Script::new([], Ending { finish_chunk: false, ..Ending::new(None, None) }))
}

fn empty_length(_: &Stage<'_>) -> Answer {
    Answer::script(Script::new([], Ending::new(Some("length"), Some("max_output_tokens"))))
}

fn refused(ending: Ending) -> Answer {
    let say = |text: &&str| delta(json!({"content": "", "refusal": text, "role": "assistant"}));
    let acts: Vec<Act> =
        ["I'm sorry, ", "but a simulator ", "cannot help with that."].iter().map(say).collect();
    Answer::script(Script::new(acts, ending))
}

fn refusal(_: &Stage<'_>) -> Answer {
    refused(Ending::stop())
}

fn refusal_filter(_: &Stage<'_>) -> Answer {
    refused(Ending::new(Some("content_filter"), Some("content_filter")))
}

fn annotations(stage: &Stage<'_>) -> Answer {
    let mut acts = words(stage);
    let citation = json!({"type": "url_citation", "url_citation": {
        "url": "https://example.com/cited", "title": "", "start_index": 0, "end_index": 3,
    }});
    let middle = acts.len() / 2;
    acts.insert(middle, delta(json!({"content": "", "role": "assistant", "annotations": [citation]})));
    Answer::script(Script::new(acts, Ending::stop()))
}

fn file_annotation(stage: &Stage<'_>) -> Answer {
    let mut acts = words(stage);
    let file = json!({"type": "file", "file": {
        "hash": "3e1f0000000000000000000000000000000000000000000000000000000051ed", "name": "simulated.pdf",
        "content": [{"type": "text", "text": "<file name=\"simulated.pdf\">"}, {"type": "text", "text": "</file>"}],
    }});
    acts.push(delta(json!({"content": "", "role": "assistant", "annotations": [file]})));
    Answer::script(Script::new(acts, Ending::stop()))
}

fn image_output(_: &Stage<'_>) -> Answer {
    let pixel = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let image = json!([{"type": "image_url", "image_url": {"url": pixel}}]);
    let acts = [Act::text("A pixel:"), delta(json!({"content": "", "role": "assistant", "images": image}))];
    Answer::script(Script::new(acts, Ending::stop()))
}

fn bad_json(stage: &Stage<'_>) -> Answer {
    let mut acts = words(stage);
    acts.insert(1.min(acts.len()), Act::Line("data: {\"choices\":[{\"delta\":{\"content\":\n\n".to_owned()));
    Answer::script(Script::new(acts, Ending::stop()))
}

fn unknown_fields(stage: &Stage<'_>) -> Answer {
    let debug = "data: {\"choices\":[],\"debug\":{\"echo_upstream_body\":{}},\"from_the_future\":[1,{\"a\":null}]}\n\n";
    let mut acts = vec![Act::Line(debug.to_owned())];
    acts.push(delta(json!({"content": "", "role": "assistant", "mood": "sunny", "audio": null})));
    acts.extend(words(stage));
    Answer::script(Script::new(acts, Ending::stop()))
}

fn null_content(stage: &Stage<'_>) -> Answer {
    let fillers = [json!({"content": null, "role": "assistant"}), json!({"role": "assistant"}), json!({})];
    let mut fillers = fillers.into_iter().cycle();
    let acts: Vec<Act> =
        words(stage).into_iter().flat_map(|act| [fillers.next().map(delta), Some(act)]).flatten().collect();
    Answer::script(Script::new(acts, Ending::stop()))
}

fn provider_error(code: impl Into<Value>, message: &str) -> Value {
    json!({"code": code.into(), "message": message, "metadata": {"provider_name": "Simulator", "raw": "the simulated provider went away"}})
}

/// Words, then a chunk with an error and finish reason error. Nothing is charged.
fn failed(acts: Vec<Act>, error: Value) -> Answer {
    let chunk = Chunk { finish: Some("error"), error: Some(error), ..Chunk::default() };
    let ending = Ending { billed: false, ..Ending::said() };
    Answer::script(Script::new(acts.into_iter().chain([Act::Chunk(chunk)]), ending))
}

fn error_first(_: &Stage<'_>) -> Answer {
    failed(Vec::new(), provider_error(502, "Provider returned error"))
}

fn error_midstream(stage: &Stage<'_>) -> Answer {
    failed(words(stage), provider_error(502, "Provider disconnected unexpectedly"))
}

fn error_string_code(stage: &Stage<'_>) -> Answer {
    failed(words(stage), provider_error("server_error", "Provider disconnected unexpectedly"))
}

fn error_token_limit(_: &Stage<'_>) -> Answer {
    let long = |text: Value| Chunk {
        delta: json!({"role": "assistant", "content": "", "reasoning": text}),
        finish: Some("length"),
        native: Some("length"),
        ..Chunk::default()
    };
    let error = json!({"code": 400, "message": "Token limit reached"});
    let acts = [
        Act::Think("I should ".to_owned(), ""),
        Act::Chunk(long(json!("answer at length"))),
        Act::Chunk(long(Value::Null)),
        Act::Chunk(Chunk { error: Some(error), usage: true, ..Chunk::default() }),
    ];
    Answer::script(Script::new(acts, Ending::said()))
}

fn malformed(_: &Stage<'_>) -> Answer {
    let error = json!({"code": 502, "message": "Provider returned error", "metadata": {"raw": "Malformed function call: call:Bash{command:"}});
    let acts = [
        Act::Think("**Calling a tool**\n\n".to_owned(), "unknown"),
        Act::Chunk(Chunk {
            finish: Some("stop"),
            native: Some("MALFORMED_FUNCTION_CALL"),
            error: Some(error),
            ..Chunk::default()
        }),
        Act::Chunk(Chunk { usage: true, ..Chunk::default() }),
    ];
    Answer::script(Script::new(acts, Ending { done: false, ..Ending::said() }))
}

fn malformed_bare(_: &Stage<'_>) -> Answer {
    let acts = [Act::Think("**Calling a tool**\n\n".to_owned(), "unknown")];
    let ending = Ending::new(Some("error"), Some("MALFORMED_FUNCTION_CALL"));
    Answer::script(Script::new(acts, Ending { billed: false, ..ending }))
}
