//! The `usage` object, in the shapes of different times and with the oddities of different models.

use std::fmt::Write as _;

use crate::meter::{Counts, Meter};
use crate::slug::UsageShape;

/// The text of a chat completion's `usage`.
pub(super) fn chat(meter: &Meter, shape: UsageShape) -> String {
    let Counts { prompt, cached, written, completion, reasoning, searches } = meter.counts;
    let cost = meter.cost();
    let (cached, written) = match shape {
        UsageShape::Overlap => (prompt.saturating_sub(7), prompt.saturating_sub(7)),
        _ => (cached, written),
    };
    let reasoning = if shape == UsageShape::ReasoningExceeds { completion + 5 } else { reasoning };
    let counts = three_counts(prompt, completion, shape);
    if shape == UsageShape::Bare {
        return format!("{{{counts}}}");
    }
    let cost = match shape {
        UsageShape::NoCost => String::new(),
        UsageShape::CostString => format!(r#","cost":"{cost}""#),
        _ => format!(r#","cost":{cost}"#),
    };
    let old = shape == UsageShape::Y2025;
    let cache = if old {
        format!(r#"{{"cached_tokens":{cached},"audio_tokens":0}}"#)
    } else {
        format!(
            r#"{{"cached_tokens":{cached},"cache_write_tokens":{written},"audio_tokens":0,"video_tokens":0}}"#
        )
    };
    let upstream = if old { "null".to_owned() } else { meter.inference_cost().to_string() };
    let mut usage = format!(
        concat!(
            r#"{{{counts}{cost},"is_byok":false,"prompt_tokens_details":{cache},"#,
            r#""cost_details":{{"upstream_inference_cost":{upstream},"#,
            r#""upstream_inference_prompt_cost":{prompt_cost},"#,
            r#""upstream_inference_completions_cost":{completion_cost}}},"#,
            r#""completion_tokens_details":{{"reasoning_tokens":{reasoning},"image_tokens":0,"audio_tokens":0}}"#
        ),
        counts = counts,
        cost = cost,
        cache = cache,
        upstream = upstream,
        prompt_cost = meter.prompt_cost(),
        completion_cost = meter.completion_cost(),
        reasoning = reasoning,
    );
    if searches > 0 {
        let _ = write!(
            usage,
            r#","server_tool_use_details":{{"web_search_requests":{searches},"tool_calls_requested":{searches},"tool_calls_executed":{searches}}}"#
        );
    }
    usage.push('}');
    usage
}

/// The counts that even the oldest shape has.
fn three_counts(prompt: u64, completion: u64, shape: UsageShape) -> String {
    let prompt = if shape == UsageShape::Huge { prompt + (1 << 33) } else { prompt };
    match shape {
        UsageShape::Negative => r#""prompt_tokens":-3,"completion_tokens":-1,"total_tokens":-4"#.to_owned(),
        UsageShape::Zero => r#""prompt_tokens":0,"completion_tokens":0,"total_tokens":0"#.to_owned(),
        _ => format!(
            r#""prompt_tokens":{prompt},"completion_tokens":{completion},"total_tokens":{}"#,
            prompt + completion
        ),
    }
}

/// The text of a Messages API `usage` at the end of an answer, with the upstream's cost fields.
pub(super) fn messages(meter: &Meter) -> String {
    let Counts { prompt, cached, written, completion, reasoning, searches } = meter.counts;
    let input = prompt.saturating_sub(cached).saturating_sub(written);
    let server_tools = match searches {
        0 => "null".to_owned(),
        _ => format!(r#"{{"web_search_requests":{searches},"web_fetch_requests":0}}"#),
    };
    format!(
        concat!(
            r#"{{"cache_creation":{{"ephemeral_1h_input_tokens":0,"ephemeral_5m_input_tokens":{written}}},"#,
            r#""cache_creation_input_tokens":{written},"cache_read_input_tokens":{cached},"cost":{cost},"#,
            r#""cost_details":{{"upstream_inference_completions_cost":{completion_cost},"#,
            r#""upstream_inference_cost":{upstream},"upstream_inference_prompt_cost":{prompt_cost}}},"#,
            r#""input_tokens":{input},"is_byok":false,"output_tokens":{completion},"#,
            r#""output_tokens_details":{{"thinking_tokens":{reasoning}}},"server_tool_use":{server_tools},"#,
            r#""service_tier":null,"speed":"standard"}}"#
        ),
        written = written,
        cached = cached,
        cost = meter.cost(),
        completion_cost = meter.completion_cost(),
        upstream = meter.inference_cost(),
        prompt_cost = meter.prompt_cost(),
        input = input,
        completion = completion,
        reasoning = reasoning,
        server_tools = server_tools,
    )
}
