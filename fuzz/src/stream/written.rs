//! Calls that a model wrote as text, in the forms of their makers, whole or cut off.

use arbitrary::Arbitrary;
use serde_json::json;

use super::Word;

/// One written call; which tool, which argument and where it ends are the input's choice.
#[derive(Arbitrary, Debug)]
pub(super) struct Written<'a> {
    form: u8,
    tool: Word<'a>,
    argument: Word<'a>,
    value: Word<'a>,
    /// Bytes after which it breaks off.
    cut: Option<u8>,
}

// === impl Written ===

impl Written<'_> {
    pub(super) fn text(&self) -> String {
        let (name, key, value) = (self.tool.text(), self.argument.text(), self.value.text());
        let json = json!({ key: value });
        let mut text = match self.form % 9 {
            0 => format!("<tool_call>{}</tool_call>", json!({"name": name, "arguments": json})),
            1 => format!(
                "<tool_call>{name}\n<arg_key>{key}</arg_key>\n<arg_value>{value}</arg_value>\n</tool_call>"
            ),
            2 => format!("<function={name}>\n<parameter={key}>\n{value}\n</parameter>\n</function>"),
            3 => format!("<tool_call>\n<function={name}>\n</function>\n</tool_call>"),
            4 => format!(
                "<minimax:tool_call>\n<invoke name=\"{name}\">\n<parameter name=\"{key}\">{value}</parameter>\n\
                 </invoke>\n</minimax:tool_call>"
            ),
            5 => format!(
                "<|tool_calls_section_begin|><|tool_call_begin|>functions.{name}:0<|tool_call_argument_begin|>{json}\
                 <|tool_call_end|><|tool_calls_section_end|>"
            ),
            6 => format!("<|tool_call_begin|>{name}:1<|tool_call_argument_begin|>{json}<|tool_call_end|>"),
            7 => format!(
                "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>{name}\n```json\n{json}\n```\
                 <｜tool▁call▁end｜><｜tool▁calls▁end｜>"
            ),
            _ => format!(
                "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"{name}\">\n<｜DSML｜parameter name=\"{key}\" \
                 string=\"true\">{value}</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>"
            ),
        };
        if let Some(cut) = self.cut {
            let end = (0..=usize::from(cut).min(text.len())).rev().find(|at| text.is_char_boundary(*at));
            text.truncate(end.unwrap_or(0));
        }
        text
    }
}
