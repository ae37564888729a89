//! Content blocks as parts of a chat message.

mod server;

use std::borrow::Cow;

use serde_json::value::RawValue;
use turnpike_wire::anthropic::{Block, Content, Source};
use turnpike_wire::chat::{ChatContent, DataUrl, FilePart, ImageUrl, Part};
use turnpike_wire::text::JsonStr;

use super::Notes;
use super::cache::{Breakpoints, mark_last};
use super::place::Place;
use crate::failure::{Cause, Failure};
use crate::profile::ModelProfile;

/// Begins the block in which Claude Code tells Anthropic its build. It changes with every release, so it
/// would break prompt caching, and it is nobody else's business.
pub const BILLING_MARK: &str = "x-anthropic-billing-header";

/// What may stand in the message that the parts are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Text, images and files.
    Media,
    /// Text alone.
    Text,
}

/// What turning content into parts needs.
pub(super) struct Parts<'p, 'a> {
    profile: &'p ModelProfile<'p>,
    breakpoints: Breakpoints,
    takes: Takes,
    pub(super) notes: &'p mut Notes,
    pub(super) parts: Vec<Part<'a>>,
}

// === impl Parts ===

impl<'p, 'a> Parts<'p, 'a> {
    pub(super) const fn new(
        profile: &'p ModelProfile<'p>,
        breakpoints: Breakpoints,
        takes: Takes,
        notes: &'p mut Notes,
    ) -> Self {
        Self { profile, breakpoints, takes, notes, parts: Vec::new() }
    }

    /// Adds text; blank text is left out, since upstreams refuse empty parts.
    pub(super) fn text(&mut self, text: JsonStr<'a>, cache_control: Option<&RawValue>) {
        if !text.is_blank() {
            let cache_control = self.breakpoints.keep(cache_control);
            self.parts.push(Part::Text { text, cache_control });
        }
    }

    /// Adds one block of a user's or a tool's content; `place` names it in errors.
    pub(super) fn block(&mut self, block: &'a Block<'_>, place: &Place<'_>) -> Result<(), Failure> {
        match block {
            Block::Text { text, cites, cache_control } => {
                self.sources(*cites);
                self.text(text.clone(), *cache_control);
            }
            Block::Image { source, cache_control } => {
                self.image(source, place)?;
                self.mark(*cache_control);
            }
            Block::Document { source, title, context, cites, cache_control } => {
                self.sources(*cites);
                if let Some(context) = context {
                    self.text(context.clone(), None);
                }
                let title = title.as_deref().filter(|title| !title.trim().is_empty());
                self.document(source, title, place)?;
                self.mark(*cache_control);
            }
            Block::SearchResult { source, title, content, cites, cache_control } => {
                self.sources(*cites);
                self.text(format!("Search result: {title} ({source})").into(), None);
                self.inner(content.as_ref(), place)?;
                self.mark(*cache_control);
            }
            Block::ToolReference { tool_name } => {
                let name = self.notes.names.to_upstream(tool_name);
                self.text(format!("The tool {name} is loaded and can be called now.").into(), None);
            }
            Block::Compaction { content } => self.inner(content.as_ref(), place)?,
            Block::ContainerUpload { file_id } => self.foreign_file(file_id),
            Block::Unknown { .. } => self.notes.drop("a content block of an unknown type"),
            Block::ServerToolUse { .. }
            | Block::ServerToolResult { .. }
            | Block::ServerToolError { .. }
            | Block::WebSearchResult { .. }
            | Block::WebFetchResult { .. }
            | Block::ToolSearchResult { .. }
            | Block::Output(_)
            | Block::OutputFile { .. } => self.server(block, place)?,
            Block::ToolUse { .. }
            | Block::ToolResult { .. }
            | Block::Thinking { .. }
            | Block::RedactedThinking { .. } => self.misplaced(),
        }
        Ok(())
    }

    /// Adds what a block holds in its own `content`; `place` is the block.
    fn inner(&mut self, content: Option<&'a Content<'_>>, place: &Place<'_>) -> Result<(), Failure> {
        content.map_or(Ok(()), |content| self.content(content, &Place::Of(place, "content")))
    }

    /// Takes note of citations that were asked for, or that came with an earlier answer: there is no field
    /// for them in chat completions.
    fn sources(&mut self, cites: bool) {
        if cites {
            self.notes.drop("citations");
        }
    }

    /// A file at Anthropic that the model knows by its id alone.
    fn foreign_file(&mut self, id: &str) {
        self.notes.drop("a file that only Anthropic can read");
        self.text(format!("[the file {id}, which cannot be read here]").into(), None);
    }

    /// Adds all of a content; `place` is the content itself.
    pub(super) fn content(&mut self, content: &'a Content<'_>, place: &Place<'_>) -> Result<(), Failure> {
        match content {
            Content::Text(text) => self.text(text.clone(), None),
            Content::Blocks(blocks) => {
                for (position, block) in blocks.iter().enumerate() {
                    self.block(block, &Place::At(place, position))?;
                }
            }
        }
        Ok(())
    }

    /// Adds system text, without the line that tells the client's build.
    pub(super) fn system(&mut self, content: &'a Content<'_>, place: &Place<'_>) -> Result<(), Failure> {
        match content {
            Content::Text(text) => self.text(without_billing(text), None),
            Content::Blocks(blocks) => {
                for (position, block) in blocks.iter().enumerate() {
                    match block {
                        Block::Text { text, cache_control, .. } => {
                            self.text(without_billing(text), *cache_control);
                        }
                        block => self.block(block, &Place::At(place, position))?,
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes note of a block that cannot stand where it does.
    pub(super) fn misplaced(&mut self) {
        self.notes.drop("a content block in a turn where it cannot stand");
    }

    /// Puts a breakpoint onto the last text so far: images and files cannot carry one.
    pub(super) fn mark(&mut self, cache_control: Option<&RawValue>) {
        if let Some(mark) = self.breakpoints.keep(cache_control) {
            mark_last(&mut self.parts, mark);
        }
    }

    fn image(&mut self, source: &'a Source<'_>, place: &Place<'_>) -> Result<(), Failure> {
        if self.takes == Takes::Text {
            self.misplaced();
            return Ok(());
        }
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
            Source::Base64 { .. } | Source::Url(_) => address(source, "image/", place)?,
            Source::File(_) => return Err(foreign_file(place)),
            Source::PlainText(_) | Source::Content(_) => {
                return Err(wrong_source(place, "an image needs a source of type base64 or url"));
            }
        };
        self.parts.push(Part::ImageUrl { image_url: ImageUrl { url } });
        Ok(())
    }

    fn document(
        &mut self,
        source: &'a Source<'_>,
        title: Option<&'a str>,
        place: &Place<'_>,
    ) -> Result<(), Failure> {
        let file_data = match source {
            Source::Base64 { .. } | Source::Url(_) => address(source, "", place)?,
            Source::PlainText(text) => {
                self.heading(title);
                self.text(text.clone(), None);
                return Ok(());
            }
            Source::Content(content) => {
                self.heading(title);
                return self.content(content, &Place::Of(&Place::Of(place, "source"), "content"));
            }
            Source::File(_) => return Err(foreign_file(place)),
        };
        if self.takes == Takes::Text {
            self.misplaced();
            return Ok(());
        }
        self.parts.push(Part::File { file: FilePart { filename: file_name(title), file_data } });
        Ok(())
    }

    fn heading(&mut self, title: Option<&str>) {
        if let Some(title) = title {
            self.text(format!("Document: {title}").into(), None);
        }
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

/// Where the bytes of an image or a file are, if an upstream can find them there.
fn address<'a>(source: &'a Source<'_>, kind: &str, place: &Place<'_>) -> Result<DataUrl<'a>, Failure> {
    match source {
        Source::Base64 { media_type, data } => {
            if !media_type.starts_with(kind) || !media_type.contains('/') {
                return Err(wrong_source(
                    place,
                    "`media_type` must name the type of the data, such as image/png",
                ));
            }
            if data.is_empty() {
                return Err(wrong_source(place, "`data` must not be empty"));
            }
            Ok(DataUrl::Data { media_type: Cow::Borrowed(media_type), data: data.clone() })
        }
        Source::Url(url) if url.starts_with("https://") || url.starts_with("http://") => {
            Ok(DataUrl::Address(Cow::Borrowed(url)))
        }
        _ => Err(wrong_source(place, "`url` must begin with https://")),
    }
}

fn wrong_source(place: &Place<'_>, what: &str) -> Failure {
    Failure::new(Cause::Invalid, format!("{place}.source: {what}."))
}

fn foreign_file(place: &Place<'_>) -> Failure {
    Failure::new(
        Cause::Invalid,
        format!(
            "{place}.source: a file of Anthropic's Files API cannot be read by another model. Send its data as base64."
        ),
    )
}

/// A title as the name of a file: upstreams tell a PDF by its ending. No other file comes as base64 or by
/// address.
fn file_name(title: Option<&str>) -> Cow<'_, str> {
    match title {
        None => Cow::Borrowed("document.pdf"),
        Some(title) if title.to_ascii_lowercase().ends_with(".pdf") => Cow::Borrowed(title),
        Some(title) => Cow::Owned(format!("{title}.pdf")),
    }
}

/// System text without the line that tells the client's build.
fn without_billing<'a>(text: &JsonStr<'a>) -> JsonStr<'a> {
    let tells = match text {
        JsonStr::Raw(raw) => raw.get()[1..].starts_with(BILLING_MARK),
        JsonStr::Decoded(text) => text.starts_with(BILLING_MARK),
    };
    if !tells {
        return text.clone();
    }
    let text = text.decode();
    let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
    rest.trim_start().to_owned().into()
}
