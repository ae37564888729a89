//! The forms in which models write calls, as their makers and the servers that run them document them.

use serde::Deserialize;
use serde_json::value::RawValue;
use turnpike_wire::text::Text;

use super::cursor::{Cursor, Miss};
use crate::offered::{Offered, OfferedTools};

/// A call that was written as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::stream) struct WrittenCall {
    pub(in crate::stream) name: String,
    /// JSON text of an object.
    pub(in crate::stream) arguments: String,
}

/// A form: how it begins, how it ends, and how it is read from behind its beginning.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) opener: &'static str,
    pub(super) closer: &'static str,
    pub(super) read: Read,
    /// Made of tokens that no model writes but to call: also meant where a model thinks.
    pub(super) special: bool,
}

type Calls = Result<Vec<WrittenCall>, Miss>;
type Read = fn(&mut Cursor<'_>, &OfferedTools) -> Calls;

const fn tags(opener: &'static str, closer: &'static str, read: Read) -> Form {
    Form { opener, closer, read, special: false }
}

const fn tokens(opener: &'static str, closer: &'static str, read: Read) -> Form {
    Form { opener, closer, read, special: true }
}

/// All forms. None begins with another.
pub(super) const FORMS: &[Form] = &[
    tags("<tool_call>", "</tool_call>", tool_call),
    tags("<function=", "</function>", |cursor, tools| Ok(vec![function(cursor, tools)?])),
    tags("<minimax:tool_call>", "</minimax:tool_call>", minimax),
    tokens("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", kimi_section),
    tokens("<|tool_call_begin|>", "<|tool_call_end|>", |cursor, tools| Ok(vec![kimi_call(cursor, tools)?])),
    tokens("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", deepseek),
    tokens("<｜DSML｜function_calls>", "</｜DSML｜function_calls>", |cursor, tools| {
        dsml(cursor, tools, "</｜DSML｜function_calls>")
    }),
    tokens("<｜DSML｜tool_calls>", "</｜DSML｜tool_calls>", |cursor, tools| {
        dsml(cursor, tools, "</｜DSML｜tool_calls>")
    }),
];

/// The tool, once its name is whole.
fn tool<'o>(tools: &'o OfferedTools, name: &str) -> Result<&'o Offered, Miss> {
    tools.find(name).ok_or(Miss::Never)
}

/// Gives up early on a name that cannot become a tool's.
fn name_before<'t>(cursor: &mut Cursor<'t>, end: &str, tools: &OfferedTools) -> Result<&'t str, Miss> {
    let begun = cursor.rest;
    cursor.until(end).map_err(|miss| {
        let partial = end.chars().next().and_then(|first| begun.find(first));
        if tools.any_begins_with(&begun[..partial.unwrap_or(begun.len())]) { miss } else { Miss::Never }
    })
}

/// `<tool_call>`: JSON (Hermes, Qwen), tagged arguments (GLM) or a tagged function (Qwen Coder).
fn tool_call(cursor: &mut Cursor<'_>, tools: &OfferedTools) -> Calls {
    cursor.skip_space();
    let calls = match cursor.rest.bytes().next() {
        None => return Err(cursor.missing()),
        Some(b'{') => vec![hermes(cursor, tools)?],
        Some(b'<') => {
            let mut calls = Vec::new();
            while cursor.next("<function=")? {
                calls.push(function(cursor, tools)?);
            }
            calls
        }
        Some(_) => return glm(cursor, tools),
    };
    cursor.close("</tool_call>")?;
    if calls.is_empty() { Err(Miss::Never) } else { Ok(calls) }
}

/// `{"name": …, "arguments": {…}}`
fn hermes(cursor: &mut Cursor<'_>, tools: &OfferedTools) -> Result<WrittenCall, Miss> {
    #[derive(Deserialize)]
    struct Call<'a> {
        #[serde(borrow)]
        name: Text<'a>,
        #[serde(borrow, default, alias = "parameters")]
        arguments: Option<&'a RawValue>,
    }

    let begun = *cursor;
    let object = cursor
        .object()
        .map_err(|miss| if names_a_stranger(begun.rest, tools) { Miss::Never } else { miss })?;
    let call: Call<'_> = serde_json::from_str(object).map_err(|_| Miss::Never)?;
    tool(tools, &call.name)?;
    let arguments = match call.arguments.map(RawValue::get) {
        None | Some("null") => "{}".to_owned(),
        Some(object) if object.starts_with('{') => object.to_owned(),
        Some(text) => {
            let inner: String = serde_json::from_str(text).map_err(|_| Miss::Never)?;
            let is_object =
                serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&inner).is_ok();
            if !is_object {
                return Err(Miss::Never);
            }
            inner
        }
    };
    Ok(WrittenCall { name: call.name.into_owned(), arguments })
}

/// Whether an object that is not whole yet begins with a name that no tool has.
fn names_a_stranger(object: &str, tools: &OfferedTools) -> bool {
    let name = || {
        let rest = object.strip_prefix('{')?.trim_start().strip_prefix("\"name\"")?;
        let rest = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
        rest.split_once('"').map(|(name, _)| name)
    };
    name().is_some_and(|name| tools.find(name).is_none())
}

/// `name`, then `<arg_key>k</arg_key><arg_value>v</arg_value>` for each argument.
fn glm(cursor: &mut Cursor<'_>, tools: &OfferedTools) -> Calls {
    let end = cursor.rest.find(['\n', '<']);
    let name = cursor.rest[..end.unwrap_or(cursor.rest.len())].trim_end();
    if end.is_none() {
        return Err(if tools.any_begins_with(name) { cursor.missing() } else { Miss::Never });
    }
    let tool = tool(tools, name)?;
    cursor.rest = &cursor.rest[end.unwrap_or_default()..];
    let mut written = Vec::new();
    while cursor.next("<arg_key>")? {
        let key = cursor.until("</arg_key>")?.trim();
        cursor.skip_space();
        cursor.expect("<arg_value>")?;
        let value = cursor.value("</arg_value>", &["<arg_key>", "</tool_call>"])?;
        put(&mut written, key, value)?;
    }
    cursor.close("</tool_call>")?;
    Ok(vec![WrittenCall { name: name.to_owned(), arguments: tool.arguments(&written) }])
}

fn put(written: &mut Vec<(String, String)>, key: &str, value: &str) -> Result<(), Miss> {
    if key.is_empty() || written.iter().any(|(known, _)| known == key) {
        return Err(Miss::Never);
    }
    written.push((key.to_owned(), value.to_owned()));
    Ok(())
}

/// The JSON object of names and JSON texts.
fn object_of(arguments: &[(String, String)]) -> Result<String, Miss> {
    let pairs =
        arguments.iter().map(|(key, json)| format!("{}:{json}", serde_json::Value::from(key.as_str())));
    let object = format!("{{{}}}", pairs.collect::<Vec<_>>().join(","));
    serde_json::from_str::<serde::de::IgnoredAny>(&object).map(|_| object).map_err(|_| Miss::Never)
}

/// `name>`, then `<parameter=k>v</parameter>` for each argument, then `</function>`; a line break stands
/// around each value.
fn function(cursor: &mut Cursor<'_>, tools: &OfferedTools) -> Result<WrittenCall, Miss> {
    let name = name_before(cursor, ">", tools)?;
    let tool = tool(tools, name)?;
    let mut written = Vec::new();
    while cursor.next("<parameter=")? {
        let key = cursor.until(">")?;
        let value = cursor.value("</parameter>", &["<parameter=", "</function>"])?;
        let value = value.strip_prefix('\n').unwrap_or(value);
        put(&mut written, key, value.strip_suffix('\n').unwrap_or(value))?;
    }
    cursor.close("</function>")?;
    Ok(WrittenCall { name: name.to_owned(), arguments: tool.arguments(&written) })
}

/// `<invoke name="…">` with `<parameter name="k">v</parameter>` for each argument.
fn minimax(cursor: &mut Cursor<'_>, tools: &OfferedTools) -> Calls {
    let mut calls = Vec::new();
    while cursor.next("<invoke name=\"")? {
        let name = name_before(cursor, "\">", tools)?;
        let tool = tool(tools, name)?;
        let mut written = Vec::new();
        while cursor.next("<parameter name=\"")? {
            let key = cursor.until("\">")?;
            put(&mut written, key, cursor.value("</parameter>", &["<parameter name=", "</invoke>"])?)?;
        }
        cursor.close("</invoke>")?;
        calls.push(WrittenCall { name: name.to_owned(), arguments: tool.arguments(&written) });
    }
    cursor.close("</minimax:tool_call>")?;
    if calls.is_empty() { Err(Miss::Never) } else { Ok(calls) }
}

/// DeepSeek V3.2: as MiniMax, but each argument says whether it is text or JSON.
fn dsml(cursor: &mut Cursor<'_>, tools: &OfferedTools, closer: &str) -> Calls {
    let mut calls = Vec::new();
    while cursor.next("<｜DSML｜invoke name=\"")? {
        let name = name_before(cursor, "\">", tools)?;
        tool(tools, name)?;
        let mut arguments = Vec::new();
        while cursor.next("<｜DSML｜parameter name=\"")? {
            let key = cursor.until("\"")?;
            cursor.skip_space();
            let is_text = if cursor.eat("string=\"true\">")? {
                true
            } else {
                cursor.expect("string=\"false\">")?;
                false
            };
            let followers = ["<｜DSML｜parameter name=", "</｜DSML｜invoke>"];
            let value = cursor.value("</｜DSML｜parameter>", &followers)?;
            let json = match is_text {
                true => serde_json::Value::from(value).to_string(),
                false => value.trim().to_owned(),
            };
            put(&mut arguments, key, &json)?;
        }
        cursor.close("</｜DSML｜invoke>")?;
        calls.push(WrittenCall { name: name.to_owned(), arguments: object_of(&arguments)? });
    }
    cursor.close(closer)?;
    if calls.is_empty() { Err(Miss::Never) } else { Ok(calls) }
}

fn kimi_section(cursor: &mut Cursor<'_>, tools: &OfferedTools) -> Calls {
    let mut calls = Vec::new();
    while cursor.next("<|tool_call_begin|>")? {
        calls.push(kimi_call(cursor, tools)?);
    }
    cursor.close("<|tool_calls_section_end|>")?;
    if calls.is_empty() { Err(Miss::Never) } else { Ok(calls) }
}

/// `functions.NAME:0<|tool_call_argument_begin|>{…}<|tool_call_end|>`
fn kimi_call(cursor: &mut Cursor<'_>, tools: &OfferedTools) -> Result<WrittenCall, Miss> {
    let id = cursor.until("<|tool_call_argument_begin|>")?.trim();
    let id = id.strip_prefix("functions.").unwrap_or(id);
    let name = match id.rsplit_once(':') {
        Some((name, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => id,
    };
    tool(tools, name)?;
    let arguments = cursor.object()?.to_owned();
    cursor.close("<|tool_call_end|>")?;
    Ok(WrittenCall { name: name.to_owned(), arguments })
}

/// DeepSeek R1 and V3 (`function`, then the name and JSON in a fence), V3.1 (the name, then JSON).
fn deepseek(cursor: &mut Cursor<'_>, tools: &OfferedTools) -> Calls {
    let mut calls = Vec::new();
    while cursor.next("<｜tool▁call▁begin｜>")? {
        let head = cursor.until("<｜tool▁sep｜>")?.trim();
        let (name, arguments) = if head == "function" {
            let name = cursor.until("\n")?.trim();
            cursor.skip_space();
            cursor.expect("```json")?;
            let arguments = cursor.object()?;
            cursor.skip_space();
            cursor.expect("```")?;
            (name, arguments)
        } else {
            (head, cursor.object()?)
        };
        tool(tools, name)?;
        cursor.close("<｜tool▁call▁end｜>")?;
        calls.push(WrittenCall { name: name.to_owned(), arguments: arguments.to_owned() });
    }
    cursor.close("<｜tool▁calls▁end｜>")?;
    if calls.is_empty() { Err(Miss::Never) } else { Ok(calls) }
}
