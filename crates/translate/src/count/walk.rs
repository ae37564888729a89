//! Measuring a request: one pass over its parts, texts as they stand in the JSON.

use serde::Deserialize;
use serde_json::value::RawValue;
use turnpike_wire::anthropic::{Block, Content, MessagesRequest, Role, Source, Tool};
use turnpike_wire::chat::{ChatQuery, QueryContent, QueryMessage, QueryPart};
use turnpike_wire::text::{JsonStr, Text, lenient};

use super::Measure;
use super::media::pdf_pages;
use super::text::{Form, units};

/// A tool of chat completions.
#[derive(Deserialize)]
struct OfferedTool<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    function: Option<OfferedFunction<'a>>,
}

#[derive(Deserialize)]
struct OfferedFunction<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    name: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    description: Option<JsonStr<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    parameters: Option<&'a RawValue>,
}

/// A call of chat completions.
#[derive(Deserialize)]
struct MadeCall<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    function: Option<MadeFunction<'a>>,
}

#[derive(Deserialize)]
struct MadeFunction<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    name: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    arguments: Option<JsonStr<'a>>,
}

/// Measures a request of the Messages API.
#[must_use]
pub fn of_messages(request: &MessagesRequest<'_>) -> Measure {
    let system =
        request.system.is_some() || request.messages.iter().any(|message| message.role == Role::System);
    let mut measure = Measure { system, ..Measure::default() };
    if let Some(system) = &request.system {
        measure.messages += 1;
        measure.content(system, &request.tools);
    }
    for message in &request.messages {
        measure.messages += 1;
        measure.content(&message.content, &request.tools);
    }
    for tool in request.tools.iter().filter(|tool| !tool.defer_loading) {
        measure.tool(tool);
    }
    let format = request.format();
    measure.format = schema_units(format.and_then(|format| format.schema));
    measure
}

/// Measures a request of chat completions.
#[must_use]
pub fn of_chat(query: &ChatQuery<'_>) -> Measure {
    let mut measure = Measure::default();
    query.messages.iter().for_each(|message| measure.chat_message(message));
    for tool in query.tools.iter().flatten() {
        let Ok(tool) = serde_json::from_str::<OfferedTool<'_>>(tool.get()) else { continue };
        measure.tools += 1;
        measure.function(tool.function);
    }
    for function in query.functions.iter().flatten() {
        measure.tools += 1;
        measure.function(serde_json::from_str(function.get()).ok());
    }
    measure.format = schema_units(query.response_format);
    measure
}

fn schema_units(schema: Option<&RawValue>) -> u64 {
    schema.map_or(0, |schema| units(schema.get().as_bytes(), Form::Json))
}

// === impl Measure ===

impl Measure {
    fn text(&mut self, text: &JsonStr<'_>) {
        self.text += match text {
            JsonStr::Raw(raw) => units(raw.get().trim_matches('"').as_bytes(), Form::Json),
            JsonStr::Decoded(text) => units(text.as_bytes(), Form::Plain),
        };
    }

    fn word(&mut self, text: &str) {
        self.text += units(text.as_bytes(), Form::Plain);
    }

    fn tool(&mut self, tool: &Tool<'_>) {
        self.tools += 1;
        self.word(&tool.name);
        if let Some(description) = &tool.description {
            self.text(description);
        }
        self.schema += schema_units(tool.input_schema);
    }

    fn content(&mut self, content: &Content<'_>, tools: &[Tool<'_>]) {
        match content {
            Content::Text(text) => self.text(text),
            Content::Blocks(blocks) => blocks.iter().for_each(|block| self.block(block, tools)),
        }
    }

    fn block(&mut self, block: &Block<'_>, tools: &[Tool<'_>]) {
        match block {
            Block::Text { text, .. } | Block::Thinking { thinking: text, .. } => self.text(text),
            Block::Image { source, .. } => self.image(source),
            Block::Document { source, title, context, .. } => {
                title.iter().for_each(|title| self.word(title));
                context.iter().for_each(|context| self.text(context));
                self.document(source, tools);
            }
            Block::ToolUse { name, input, .. } | Block::ServerToolUse { name, input, .. } => {
                self.calls += 1;
                self.word(name);
                self.text += input.map_or(0, |input| units(input.get().as_bytes(), Form::Json));
            }
            Block::ToolResult { content, .. } | Block::ServerToolResult { content, .. } => {
                // Each is a turn of its own to most models.
                self.messages += 1;
                content.iter().for_each(|content| self.content(content, tools));
            }
            Block::SearchResult { source, title, content, .. } => {
                self.word(source);
                self.word(title);
                content.iter().for_each(|content| self.content(content, tools));
            }
            Block::WebSearchResult { url, title, .. } => {
                self.word(url);
                self.word(title);
            }
            // From here on a deferred tool is on offer.
            Block::ToolReference { tool_name } => {
                let named = tools.iter().find(|tool| tool.defer_loading && *tool.name == **tool_name);
                named.into_iter().for_each(|tool| self.tool(tool));
            }
            Block::WebFetchResult { url, content } => {
                self.word(url);
                content.iter().for_each(|content| self.content(content, tools));
            }
            Block::Output(output) => {
                let texts = output.stdout.iter().chain(&output.stderr).chain(&output.lines);
                texts.for_each(|text| self.text(text));
                output.content.iter().for_each(|content| self.content(content, tools));
            }
            Block::ToolSearchResult { tool_references } => {
                tool_references.iter().for_each(|block| self.block(block, tools));
            }
            Block::Compaction { content } => content.iter().for_each(|content| self.content(content, tools)),
            Block::RedactedThinking { .. }
            | Block::OutputFile { .. }
            | Block::ServerToolError { .. }
            | Block::ContainerUpload { .. }
            | Block::Unknown { .. } => {}
        }
    }

    fn image(&mut self, source: &Source<'_>) {
        match source {
            Source::Base64 { data, .. } => self.images.add_base64(raw_text(data)),
            _ => self.images.add(None),
        }
    }

    fn document(&mut self, source: &Source<'_>, tools: &[Tool<'_>]) {
        match source {
            Source::Base64 { data, .. } => self.pages += pdf_pages(raw_text(data)),
            Source::PlainText(text) => self.text(text),
            Source::Content(content) => self.content(content, tools),
            Source::Url(_) | Source::File(_) => self.pages += 1,
        }
    }

    fn chat_message(&mut self, message: &QueryMessage<'_>) {
        self.messages += 1;
        self.system |= message.role.as_ref().is_some_and(|role| matches!(&**role, "system" | "developer"));
        match &message.content {
            Some(QueryContent::Text(text)) => self.text(text),
            Some(QueryContent::Parts(parts)) => parts.iter().for_each(|part| self.part(part)),
            None => {}
        }
        for call in message.tool_calls.iter().flatten() {
            self.calls += 1;
            let call = serde_json::from_str::<MadeCall<'_>>(call.get()).ok();
            let Some(function) = call.and_then(|call| call.function) else { continue };
            function.name.iter().for_each(|name| self.word(name));
            function.arguments.iter().for_each(|arguments| self.text(arguments));
        }
    }

    fn part(&mut self, part: &QueryPart<'_>) {
        part.text.iter().for_each(|text| self.text(text));
        if let Some(image) = &part.image_url {
            match raw_text(&image.url).split_once(";base64,") {
                Some((_, data)) => self.images.add_base64(data),
                None => self.images.add(None),
            }
        }
        if let Some(file) = &part.file {
            let data = raw_text(&file.file_data).split_once(";base64,");
            self.pages += data.map_or(1, |(_, data)| pdf_pages(data));
        }
    }

    fn function(&mut self, function: Option<OfferedFunction<'_>>) {
        let Some(function) = function else { return };
        function.name.iter().for_each(|name| self.word(name));
        function.description.iter().for_each(|description| self.text(description));
        self.schema += schema_units(function.parameters);
    }
}

/// The text as it stands in the JSON: base64 and addresses hold no escape but `\/`.
fn raw_text<'t>(text: &'t JsonStr<'_>) -> &'t str {
    match text {
        JsonStr::Raw(raw) => raw.get().trim_matches('"'),
        JsonStr::Decoded(text) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Family;
    use crate::passage::read_request;
    use crate::request::parse_countable;

    fn messages(fields: &str) -> u64 {
        let body = format!(r#"{{"model":"m",{fields}}}"#);
        super::of_messages(&parse_countable(body.as_bytes()).unwrap()).tokens(Family::Claude)
    }

    #[test]
    fn every_part_counts() {
        let plain = messages(r#""messages":[{"role":"user","content":"hello there"}]"#);
        assert!((4..20).contains(&plain), "{plain}");
        for (label, fields) in [
            ("system", r#""system":"be good","messages":[{"role":"user","content":"hello there"}]"#),
            (
                "a tool",
                r#""tools":[{"name":"f","description":"does","input_schema":{"type":"object"}}],"messages":[{"role":"user","content":"hello there"}]"#,
            ),
            (
                "a result",
                r#""messages":[{"role":"user","content":[{"type":"text","text":"hello there"},{"type":"tool_result","tool_use_id":"x","content":"a long result"}]}]"#,
            ),
            (
                "a call",
                r#""messages":[{"role":"user","content":"hello there"},{"role":"assistant","content":[{"type":"tool_use","id":"x","name":"f","input":{"a":"b c d"}}]}]"#,
            ),
            (
                "an image",
                r#""messages":[{"role":"user","content":[{"type":"text","text":"hello there"},{"type":"image","source":{"type":"url","url":"https://x"}}]}]"#,
            ),
        ] {
            assert!(messages(fields) > plain, "{label}");
        }
        let image = |data: &str| {
            messages(&format!(
                r#""messages":[{{"role":"user","content":[{{"type":"image","source":{{"type":"base64","media_type":"image/png","data":"{data}"}}}}]}}]"#
            ))
        };
        // The heads of pictures of 1 by 1 and of 1024 by 768.
        let (small, large) =
            (image("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAAAA"), image("iVBORw0KGgoAAAANSUhEUgAABAAAAAMAAAAA"));
        assert!(small < 20 && (1_040..1_070).contains(&large), "{small} {large}");
    }

    #[test]
    fn a_deferred_tool_counts_once_it_is_named() {
        let tool = r#""tools":[{"name":"f","description":"does many things","input_schema":{},"defer_loading":true}]"#;
        let before = messages(&format!(r#"{tool},"messages":[{{"role":"user","content":"x"}}]"#));
        let after = messages(&format!(
            r#"{tool},"messages":[{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"x","content":[{{"type":"tool_reference","tool_name":"f"}}]}}]}}]"#
        ));
        assert!(before < 20 && after > 300, "{before} {after}");
    }

    #[test]
    fn both_apis_measure_the_same_conversation_alike() {
        let chat = br#"{"model":"m","messages":[{"role":"system","content":"be good"},{"role":"user","content":"say \"hi\"\n"}],
            "tools":[{"type":"function","function":{"name":"f","description":"does it","parameters":{"type":"object"}}}]}"#;
        let anthropic = br#"{"model":"m","system":"be good","messages":[{"role":"user","content":[{"type":"text","text":"say \"hi\"\n"}]}],
            "tools":[{"name":"f","description":"does it","input_schema":{"type":"object"}}]}"#;
        assert_eq!(
            super::of_chat(&read_request(chat).unwrap()),
            super::of_messages(&parse_countable(anthropic).unwrap())
        );
    }
}
