//! Content blocks as parts of a chat message.

use std::borrow::Cow;

use turnpike_wire::anthropic::{Block, Content, Source};
use turnpike_wire::chat::{ChatContent, DataUrl, FilePart, ImageUrl, Part};
use turnpike_wire::text::JsonStr;

use super::Notes;
use super::cache::Breakpoints;
use crate::failure::{Cause, Failure};
use crate::profile::ModelProfile;

/// Begins the block in which Claude Code tells Anthropic its build. It changes with every release, so it
/// would break prompt caching, and it is nobody else's business.
pub const BILLING_MARK: &str = "x-anthropic-billing-header";

/// What turning content into parts needs.
pub(super) struct Parts<'p, 'a> {
    pub(super) profile: &'p ModelProfile,
    pub(super) breakpoints: &'p mut Breakpoints,
    pub(super) notes: &'p mut Notes,
    pub(super) parts: Vec<Part<'a>>,
}

// === impl Parts ===

impl<'p, 'a> Parts<'p, 'a> {
    pub(super) const fn new(
        profile: &'p ModelProfile,
        breakpoints: &'p mut Breakpoints,
        notes: &'p mut Notes,
    ) -> Self {
        Self { profile, breakpoints, notes, parts: Vec::new() }
    }

    /// Adds text; blank text is left out, since upstreams refuse empty parts.
    pub(super) fn text(&mut self, text: JsonStr<'a>, cache_control: Option<&'a serde_json::value::RawValue>) {
        let cache_control = self.breakpoints.keep(cache_control);
        if !text.is_blank() && !is_billing(&text) {
            self.parts.push(Part::Text { text, cache_control });
        }
    }

    /// Adds one block of a user's or a tool's content; `path` names it in errors.
    pub(super) fn block(&mut self, block: &'a Block<'_>, path: &str) -> Result<(), Failure> {
        match block {
            Block::Text { text, cache_control } => self.text(text.clone(), *cache_control),
            Block::Image { source, cache_control } => {
                self.breakpoints.keep(*cache_control);
                self.image(source, path)?;
            }
            Block::Document { source, title, context, cache_control } => {
                if let Some(context) = context {
                    self.text(context.clone(), None);
                }
                let title = title.as_ref().map(|title| title.as_str());
                self.document(source, title, path)?;
                self.mark_last(*cache_control);
            }
            Block::SearchResult { source, title, content, cache_control } => {
                self.text(format!("Search result: {title} ({source})").into(), None);
                if let Some(content) = content {
                    self.content(content, path)?;
                }
                self.mark_last(*cache_control);
            }
            Block::ToolReference { tool_name } => {
                self.text(format!("The tool {tool_name} is loaded and can be called now.").into(), None);
            }
            Block::WebSearchResult { url, title } => self.text(format!("{title}\n{url}").into(), None),
            Block::ServerToolResult { content: Some(content), .. } => self.content(content, path)?,
            Block::Unknown { .. } => self.notes.drop("a content block of an unknown type"),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn content(&mut self, content: &'a Content<'_>, path: &str) -> Result<(), Failure> {
        match content {
            Content::Text(text) => self.text(text.clone(), None),
            Content::Blocks(blocks) => {
                for (position, block) in blocks.iter().enumerate() {
                    self.block(block, &format!("{path}.content.{position}"))?;
                }
            }
        }
        Ok(())
    }

    /// Puts a breakpoint onto the last text part.
    fn mark_last(&mut self, cache_control: Option<&'a serde_json::value::RawValue>) {
        let kept = self.breakpoints.keep(cache_control);
        if let (Some(kept), Some(Part::Text { cache_control, .. })) = (kept, self.parts.last_mut()) {
            *cache_control = Some(kept);
        }
    }

    fn image(&mut self, source: &'a Source<'_>, path: &str) -> Result<(), Failure> {
        if !self.profile.sees_images() {
            return Err(Failure::new(
                Cause::NoImages,
                format!(
                    "{} does not see images, and the request holds one. Map this name to a model that does: `turnpike map add`.",
                    self.profile.slug
                ),
            ));
        }
        let url = match source {
            Source::Base64 { media_type, data } => {
                DataUrl::Data { media_type: Cow::Borrowed(media_type), data: data.clone() }
            }
            Source::Url(url) => DataUrl::Address(Cow::Borrowed(url)),
            _ => return Err(foreign_source(path)),
        };
        self.parts.push(Part::ImageUrl { image_url: ImageUrl { url } });
        Ok(())
    }

    fn document(
        &mut self,
        source: &'a Source<'_>,
        title: Option<&'a str>,
        path: &str,
    ) -> Result<(), Failure> {
        let file_data = match source {
            Source::Base64 { media_type, data } => {
                DataUrl::Data { media_type: Cow::Borrowed(media_type), data: data.clone() }
            }
            Source::Url(url) => DataUrl::Address(Cow::Borrowed(url)),
            Source::PlainText(text) => {
                if let Some(title) = title {
                    self.text(format!("Document: {title}").into(), None);
                }
                self.text(text.clone(), None);
                return Ok(());
            }
            Source::Content(content) => return self.content(content, path),
            Source::File(_) => return Err(foreign_source(path)),
        };
        let filename = title.map_or(Cow::Borrowed("document.pdf"), Cow::Borrowed);
        self.parts.push(Part::File { file: FilePart { filename, file_data } });
        Ok(())
    }

    /// The parts as content: one plain text stays a string.
    pub(super) fn into_content(mut self) -> Option<ChatContent<'a>> {
        match self.parts.as_mut_slice() {
            [] => None,
            [Part::Text { text, cache_control: None }] => Some(ChatContent::Text(std::mem::take(text))),
            _ => Some(ChatContent::Parts(self.parts)),
        }
    }
}

fn foreign_source(path: &str) -> Failure {
    Failure::new(
        Cause::Invalid,
        format!(
            "{path}.source: a file of Anthropic's Files API cannot be read by another model. Send its data as base64."
        ),
    )
}

/// Whether a text is Claude Code's billing block.
fn is_billing(text: &JsonStr<'_>) -> bool {
    match text {
        JsonStr::Raw(raw) => raw.get()[1..].starts_with(BILLING_MARK),
        JsonStr::Decoded(text) => text.starts_with(BILLING_MARK),
    }
}
