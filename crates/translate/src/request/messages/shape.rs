//! What some models demand of the whole conversation.

use turnpike_wire::chat::{ChatContent, ChatMessage, Part};

use crate::profile::ModelProfile;
use crate::request::Notes;

/// Follows words that were put into the mouth of a model that refuses to go on from them.
const GO_ON: &str = "Go on from there.";

/// Gives the conversation the shape that the model demands. `is_prefilled`: it ends with the model's own turn.
pub(super) fn fit(
    out: &mut Vec<ChatMessage<'_>>,
    is_prefilled: bool,
    profile: &ModelProfile<'_>,
    notes: &mut Notes,
) {
    if !profile.takes_system() {
        fold_system(out, notes);
    }
    if is_prefilled && profile.refuses_prefill() && matches!(out.last(), Some(ChatMessage::Assistant(_))) {
        notes.drop("assistant prefill (the model was asked to go on)");
        out.push(ChatMessage::User { content: ChatContent::Text(GO_ON.into()) });
    }
}

/// The system text becomes the beginning of the first thing that the user says. Only what begins the
/// conversation is system text here: later system text is a reminder already.
fn fold_system<'a>(out: &mut Vec<ChatMessage<'a>>, notes: &mut Notes) {
    let mut said: Vec<Part<'a>> = Vec::new();
    out.retain_mut(|message| match message {
        ChatMessage::System { content } => {
            said.extend(take_parts(content));
            false
        }
        _ => true,
    });
    if said.is_empty() {
        return;
    }
    notes.drop("system (said by the user)");
    if !matches!(out.first(), Some(ChatMessage::User { .. })) {
        out.insert(0, ChatMessage::User { content: ChatContent::Parts(said) });
        return;
    }
    if let Some(ChatMessage::User { content }) = out.first_mut() {
        said.extend(take_parts(content));
        *content = ChatContent::Parts(said);
    }
}

fn take_parts<'a>(content: &mut ChatContent<'a>) -> Vec<Part<'a>> {
    match content {
        ChatContent::Text(text) => vec![Part::text(std::mem::take(text))],
        ChatContent::Parts(parts) => std::mem::take(parts),
    }
}
