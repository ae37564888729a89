//! `tool_choice`: whether the model must call a tool, and which.

use turnpike_wire::anthropic::MessagesRequest;
use turnpike_wire::chat::ChatToolChoice;

use super::Offer;
use crate::failure::{Cause, Failure};
use crate::profile::ModelProfile;
use crate::request::Notes;

/// Adds the choice to the offer. Without a tool there is none to make.
pub(super) fn choose<'a>(
    request: &'a MessagesRequest<'_>,
    profile: &ModelProfile<'_>,
    offer: &mut Offer<'a>,
    notes: &mut Notes,
) -> Result<(), Failure> {
    let Some(choice) = request.tool_choice.as_ref().filter(|_| !offer.tools.is_empty()) else {
        return Ok(());
    };
    if choice.disable_parallel_tool_use {
        offer.parallel = Some(false);
    }
    let chosen = match choice.kind.as_str() {
        "any" => ChatToolChoice::Mode("required"),
        "none" => ChatToolChoice::Mode("none"),
        "tool" => one(request, choice.name.as_deref(), offer, notes)?,
        _ => ChatToolChoice::Mode("auto"),
    };
    if profile.takes("tool_choice") {
        offer.choice = Some(chosen);
    } else if !matches!(chosen, ChatToolChoice::Mode("auto")) {
        notes.drop("tool_choice");
    }
    Ok(())
}

/// The choice of one tool by its name.
fn one<'a>(
    request: &'a MessagesRequest<'_>,
    name: Option<&'a str>,
    offer: &Offer<'a>,
    notes: &mut Notes,
) -> Result<ChatToolChoice<'a>, Failure> {
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return Err(Failure::new(Cause::Invalid, "tool_choice.name: required where the type is `tool`."));
    };
    if let Some((_, server)) = offer.servers.iter().find(|(known, _)| *known == name) {
        return Ok(ChatToolChoice::Server(server.as_str()));
    }
    if offer.named.contains(name) {
        return Ok(ChatToolChoice::Function(notes.names.to_upstream(name)));
    }
    if request.tools.iter().any(|tool| tool.name.as_str() == name) {
        notes.drop("tool_choice of a tool that is not sent");
        return Ok(ChatToolChoice::Mode("auto"));
    }
    let wrong = format!("tool_choice.name: no tool of the request is called \"{name}\".");
    Err(Failure::new(Cause::Invalid, wrong))
}
