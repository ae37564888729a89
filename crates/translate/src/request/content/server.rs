//! What tools that a server ran in earlier turns have given, as text: the model that ran them may have been
//! another one, and chat completions has no field for it.

use serde_json::value::RawValue;
use turnpike_wire::anthropic::{Block, Output};

use super::Parts;
use crate::failure::Failure;
use crate::request::place::Place;

// === impl Parts ===

impl<'a> Parts<'_, 'a> {
    /// Adds a call of a server tool, or what came of it.
    pub(super) fn server(&mut self, block: &'a Block<'_>, place: &Place<'_>) -> Result<(), Failure> {
        match block {
            Block::ServerToolUse { name, server, input, .. } => {
                self.call(name, server.as_deref(), *input);
            }
            Block::ServerToolResult { content, is_error, .. } => {
                if *is_error {
                    self.text("Error:".into(), None);
                }
                self.inner(content.as_ref(), place)?;
            }
            Block::ServerToolError { error_code } => {
                self.text(format!("Error: {error_code}").into(), None);
            }
            Block::WebSearchResult { url, title, page_age, is_sealed } => {
                if *is_sealed {
                    self.notes.drop("the sealed text of a search result");
                }
                let age = page_age.as_deref().map(|age| format!(" ({age})")).unwrap_or_default();
                self.text(format!("{title}{age}\n{url}").into(), None);
            }
            Block::WebFetchResult { url, content } => {
                self.text(format!("Page: {url}").into(), None);
                self.inner(content.as_ref(), place)?;
            }
            Block::ToolSearchResult { tool_references } => {
                for (position, block) in tool_references.iter().enumerate() {
                    self.block(block, &Place::At(&Place::Of(place, "tool_references"), position))?;
                }
            }
            Block::Output(output) => self.output(output, place)?,
            Block::OutputFile { file_id } => self.foreign_file(file_id),
            _ => {}
        }
        Ok(())
    }

    fn call(&mut self, name: &str, server: Option<&str>, input: Option<&RawValue>) {
        let server = server.map(|server| format!("{server}: ")).unwrap_or_default();
        let input = input.map(RawValue::get).filter(|json| !matches!(*json, "{}" | "null"));
        let with = input.map(|json| format!(" with {json}")).unwrap_or_default();
        self.text(format!("[{server}{name} was used{with}; its results follow]").into(), None);
    }

    fn output(&mut self, output: &'a Output<'_>, place: &Place<'_>) -> Result<(), Failure> {
        if output.is_sealed {
            self.notes.drop("the sealed output of a program");
        }
        if let Some(printed) = &output.stdout {
            self.text(printed.clone(), None);
        }
        if let Some(complaint) = output.stderr.as_ref().filter(|text| !text.is_blank()) {
            self.text(format!("stderr: {}", complaint.decode()).into(), None);
        }
        if let Some(code) = output.return_code.filter(|code| *code != 0) {
            self.text(format!("return code {code}").into(), None);
        }
        if !output.lines.is_empty() {
            let lines: Vec<_> = output.lines.iter().map(|line| line.decode()).collect();
            self.text(lines.join("\n").into(), None);
        }
        self.inner(output.content.as_ref(), place)
    }
}
