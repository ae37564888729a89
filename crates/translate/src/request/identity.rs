//! Who asks: the session goes on, the device does not.

use turnpike_wire::anthropic::MessagesRequest;
use turnpike_wire::text::Text;

/// Longest `session_id`, in characters.
const MAX_SESSION: usize = 256;
/// Stands before the session in the form that Claude Code used before it packed JSON.
const SESSION_MARK: &str = "_session_";

/// What Claude Code packs into `metadata.user_id`.
#[derive(serde::Deserialize)]
struct PackedUser<'a> {
    #[serde(borrow, default)]
    session_id: Option<Text<'a>>,
}

fn user_id<'r>(request: &'r MessagesRequest<'_>) -> Option<&'r str> {
    let user = request.metadata.as_ref()?.user_id.as_ref()?.trim();
    (!user.is_empty()).then_some(user)
}

/// Whether the id is one that holds a device id.
fn is_packed(user: &str) -> bool {
    user.starts_with('{') || user.contains(SESSION_MARK)
}

/// The session: the client's header, else what stands in `metadata.user_id`.
pub(super) fn session(request: &MessagesRequest<'_>, header: Option<&str>) -> Option<String> {
    let session = match header.filter(|session| !session.is_empty()) {
        Some(session) => session.to_owned(),
        None => session_of(request)?,
    };
    Some(session.chars().take(MAX_SESSION).collect())
}

/// The session id that stands in `metadata.user_id`, as JSON or as `…_session_ID`.
#[must_use]
pub fn session_of(request: &MessagesRequest<'_>) -> Option<String> {
    let user = user_id(request)?;
    let session = if user.starts_with('{') {
        serde_json::from_str::<PackedUser<'_>>(user).ok()?.session_id?.into_owned()
    } else {
        user.rsplit_once(SESSION_MARK)?.1.to_owned()
    };
    (!session.is_empty()).then_some(session)
}

/// The end user. What holds a device id stays on this machine.
pub(super) fn user<'r>(request: &'r MessagesRequest<'_>) -> Option<&'r str> {
    user_id(request).filter(|user| !is_packed(user))
}
