//! Tool calls as some models really stream them. Each scenario is one oddity.

use serde_json::{Value, json};

use super::tools::{after_results, fragments, invent_call};
use super::{Answer, Scenario, Stage, row};
use crate::script::{Act, Chunk, Ending, Script};

pub(super) const ALL: &[Scenario] = &[
    row("whole-args", whole_args, "Name, id and all arguments in one fragment."),
    row("empty-id", empty_id, "GLM: continuations carry an empty id and type."),
    row("null-id", null_id, "Hermes, Kimi: continuations carry a null id and name."),
    row("type-repeated", type_repeated, "OpenAI 2025: continuations repeat the type."),
    row("id-repeated", id_repeated, "Every fragment repeats id and name."),
    row("reused-index", reused_index, "Gemini lite: three calls at index 0, each with a new id."),
    row("glued-args", glued_args, "Several JSON objects glued together in one call."),
    row("truncated-args", truncated_args, "Arguments end early: tool_calls, native length."),
    row("truncated-args-max-output", truncated_max, "The same with native max_output_tokens."),
    row("truncated-args-length", truncated_length, "Arguments end early, finish length."),
    row("args-not-json", not_json, "Arguments that are no JSON, finished as if they were."),
    row("stop-with-tools", stop_with_tools, "Finish reason stop though there is a call."),
    row("no-arguments", no_arguments, "Claude: a call without the arguments field."),
    row("empty-args", empty_args, "A call whose arguments are empty text."),
    row("missing-index", missing_index, "Fragments without an index."),
    row("missing-id", missing_id, "Ollama: a call without an id."),
    row("split-index", split_index, "DeepSeek: the head at index 0, its tail at index 1."),
    row("index-gap", index_gap, "Calls at index 0 and 5."),
    row("same-id-twice", same_id, "Two calls with one id."),
    row("odd-id", odd_id, "Kimi: an id with a dot and a colon."),
    row("name-late", name_late, "The name comes after the first arguments."),
    row("trailing-whitespace", trailing, "A fragment of white space behind complete arguments."),
    row("tool-as-text", tool_as_text, "GLM, Qwen: the call is printed as XML text."),
    row("tool-as-text-kimi", tool_as_kimi, "Kimi: the call is printed with section marks."),
    row("text-after-tool", text_after, "Text behind a tool call."),
    row("tool-finish-without-tool", no_tool, "Finish reason tool_calls, and no call."),
];

/// A delta with tool call fragments as they stand.
fn delta(calls: Value) -> Act {
    Act::Delta(json!({"content": null, "role": "assistant", "tool_calls": calls}))
}

fn head(index: u64, id: &str, name: &str) -> Act {
    delta(
        json!([{"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""}}]),
    )
}

fn whole(index: u64, id: &str, name: &str, arguments: &str) -> Act {
    delta(
        json!([{"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}]),
    )
}

/// Plays acts made of (id, name, arguments), unless tool results came: then text follows.
fn call(stage: &Stage<'_>, ending: Ending, acts: impl Fn(&str, &str, &str) -> Vec<Act>) -> Answer {
    after_results(stage).unwrap_or_else(|| {
        let (name, arguments) = invent_call(stage, 0);
        let id = format!("call_{}", stage.ids.token());
        Answer::script(Script::new(acts(&id, &name, &arguments), ending))
    })
}

/// A call with a usual head whose continuations look as `fragment` says.
fn continued(stage: &Stage<'_>, fragment: impl Fn(&str, &str, &str) -> Value) -> Answer {
    call(stage, Ending::tool_calls(), |id, name, arguments| {
        let pieces = fragments(arguments, 3);
        let tail = pieces.iter().map(|piece| delta(json!([fragment(id, name, piece)])));
        std::iter::once(head(0, id, name)).chain(tail).collect()
    })
}

fn whole_args(stage: &Stage<'_>) -> Answer {
    call(stage, Ending::tool_calls(), |id, name, arguments| vec![whole(0, id, name, arguments)])
}

fn empty_id(stage: &Stage<'_>) -> Answer {
    continued(
        stage,
        |_, _, piece| json!({"index": 0, "id": "", "type": "", "function": {"arguments": piece}}),
    )
}

fn null_id(stage: &Stage<'_>) -> Answer {
    continued(
        stage,
        |_, _, piece| json!({"index": 0, "id": null, "type": "function", "function": {"name": null, "arguments": piece}}),
    )
}

fn type_repeated(stage: &Stage<'_>) -> Answer {
    continued(stage, |_, _, piece| json!({"index": 0, "type": "function", "function": {"arguments": piece}}))
}

fn id_repeated(stage: &Stage<'_>) -> Answer {
    continued(
        stage,
        |id, name, piece| json!({"index": 0, "id": id, "type": "function", "function": {"name": name, "arguments": piece}}),
    )
}

fn reused_index(stage: &Stage<'_>) -> Answer {
    let finish = Some("tool_calls");
    call(stage, Ending::new(Some("stop"), Some("STOP")), |id, name, arguments| {
        let one = |nth: usize| {
            let calls = json!([{"index": 0, "id": format!("tool_{nth}_{name}_{}", &id[5..]), "type": "function", "function": {"name": name, "arguments": arguments}}]);
            let delta = json!({"content": null, "role": "assistant", "tool_calls": calls});
            Act::Chunk(Chunk { delta, finish, ..Chunk::default() })
        };
        (0..3).map(one).collect()
    })
}

fn glued_args(stage: &Stage<'_>) -> Answer {
    call(stage, Ending::tool_calls(), |id, name, arguments| {
        vec![whole(0, id, name, &format!("{arguments}{arguments}"))]
    })
}

/// A call whose arguments lack their last characters.
fn truncated(stage: &Stage<'_>, finish: &'static str, native: &'static str) -> Answer {
    call(stage, Ending::new(Some(finish), Some(native)), |id, name, arguments| {
        let mut short = arguments.to_owned();
        short.pop();
        if short == "{" {
            short.push_str("\"text\": \"and so");
        }
        vec![head(0, id, name), delta(json!([{"index": 0, "function": {"arguments": short}}]))]
    })
}

fn truncated_args(stage: &Stage<'_>) -> Answer {
    truncated(stage, "tool_calls", "length")
}

fn truncated_max(stage: &Stage<'_>) -> Answer {
    truncated(stage, "tool_calls", "max_output_tokens")
}

fn truncated_length(stage: &Stage<'_>) -> Answer {
    truncated(stage, "length", "length")
}

fn not_json(stage: &Stage<'_>) -> Answer {
    call(stage, Ending::tool_calls(), |id, name, _| vec![whole(0, id, name, "command: echo no JSON")])
}

fn stop_with_tools(stage: &Stage<'_>) -> Answer {
    let ending = Ending::new(Some("stop"), Some("STOP"));
    call(stage, ending, |id, name, arguments| vec![whole(0, id, name, arguments)])
}

fn no_arguments(stage: &Stage<'_>) -> Answer {
    call(stage, Ending::tool_calls(), |id, name, _| {
        vec![delta(json!([{"index": 0, "id": id, "type": "function", "function": {"name": name}}]))]
    })
}

fn empty_args(stage: &Stage<'_>) -> Answer {
    call(stage, Ending::tool_calls(), |id, name, _| vec![head(0, id, name)])
}

fn missing_index(stage: &Stage<'_>) -> Answer {
    call(stage, Ending::tool_calls(), |id, name, arguments| {
        let pieces = fragments(arguments, 2);
        let start =
            delta(json!([{"id": id, "type": "function", "function": {"name": name, "arguments": ""}}]));
        let tail = pieces.iter().map(|piece| delta(json!([{"function": {"arguments": piece}}])));
        std::iter::once(start).chain(tail).collect()
    })
}

fn missing_id(stage: &Stage<'_>) -> Answer {
    call(stage, Ending::tool_calls(), |_, name, arguments| {
        vec![delta(
            json!([{"index": 0, "type": "function", "function": {"name": name, "arguments": arguments}}]),
        )]
    })
}

fn split_index(stage: &Stage<'_>) -> Answer {
    call(stage, Ending::tool_calls(), |id, name, arguments| {
        let other = format!("{id}b");
        let (first, rest) = arguments.split_at(1);
        vec![
            whole(0, id, name, arguments),
            whole(0, &other, name, first),
            delta(json!([{"index": 1, "id": other, "function": {"arguments": rest}}])),
        ]
    })
}

fn index_gap(stage: &Stage<'_>) -> Answer {
    call(stage, Ending::tool_calls(), |id, name, arguments| {
        vec![whole(0, id, name, arguments), whole(5, &format!("{id}b"), name, arguments)]
    })
}

fn same_id(stage: &Stage<'_>) -> Answer {
    call(stage, Ending::tool_calls(), |id, name, arguments| {
        vec![whole(0, id, name, arguments), whole(1, id, name, arguments)]
    })
}

fn odd_id(stage: &Stage<'_>) -> Answer {
    call(stage, Ending::tool_calls(), |_, name, arguments| {
        vec![whole(0, &format!("functions.{name}:0"), name, arguments)]
    })
}

fn name_late(stage: &Stage<'_>) -> Answer {
    call(stage, Ending::tool_calls(), |id, name, arguments| {
        let (first, rest) = arguments.split_at(1);
        vec![
            delta(json!([{"index": 0, "id": id, "type": "function", "function": {"arguments": first}}])),
            delta(json!([{"index": 0, "function": {"name": name, "arguments": rest}}])),
        ]
    })
}

fn trailing(stage: &Stage<'_>) -> Answer {
    call(stage, Ending::tool_calls(), |id, name, arguments| {
        vec![whole(0, id, name, arguments), delta(json!([{"index": 0, "function": {"arguments": "  \n"}}]))]
    })
}

fn tool_as_text(stage: &Stage<'_>) -> Answer {
    call(stage, Ending::stop(), |_, name, arguments| {
        let text = format!("<tool_call>\n{{\"name\": \"{name}\", \"arguments\": {arguments}}}\n</tool_call>");
        fragments(&text, 6).into_iter().map(Act::text).collect()
    })
}

fn tool_as_kimi(stage: &Stage<'_>) -> Answer {
    call(stage, Ending::stop(), |_, name, arguments| {
        let text = format!(
            "<|tool_calls_section_begin|><|tool_call_begin|>functions.{name}:0<|tool_call_argument_begin|>\
             {arguments}<|tool_call_end|><|tool_calls_section_end|>"
        );
        fragments(&text, 6).into_iter().map(Act::text).collect()
    })
}

fn text_after(stage: &Stage<'_>) -> Answer {
    call(stage, Ending::tool_calls(), |id, name, arguments| {
        vec![Act::text("Before. "), whole(0, id, name, arguments), Act::text("And after.")]
    })
}

fn no_tool(_: &Stage<'_>) -> Answer {
    Answer::script(Script::new([Act::text("I meant to call a tool.")], Ending::tool_calls()))
}
