//! Letting an open window in anew. Its page is handed the fragment of a login link and stays as it is, with what was typed in it; it
//! answers by asking for an address that leads nowhere. Whoever gives no answer (its process died, it was never loaded) is no page.

use std::sync::PoisonError;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use serde_json::Value;
use tauri::{Url, WebviewWindow};

use super::{OWN_SCHEME, Wishes};

/// The path of the address that leads nowhere.
pub(super) const HERE: &str = "here";
/// The page's name for it (`ui/src/api/session.ts`).
const EVENT: &str = "turnpike-open";
/// How long a page may take to answer. One that is late is loaded anew, which costs what was typed in it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who waits for a page's answer.
pub(super) type Ear = Option<Sender<()>>;

/// Hands the link over to the page that the window shows; whether anything answered.
pub(super) fn hand_over(window: &WebviewWindow, wishes: &Wishes, link: &Url) -> tauri::Result<bool> {
    let (ear, answers) = channel();
    *wishes.ear.lock().unwrap_or_else(PoisonError::into_inner) = Some(ear);
    window.eval(script(link))?;
    Ok(answers.recv_timeout(PATIENCE).is_ok())
}

/// A page that does not know the event is left by the link itself.
fn script(link: &Url) -> String {
    let [event, fragment, address, here] =
        [EVENT, link.fragment().unwrap_or_default(), link.as_str(), &format!("{OWN_SCHEME}:{HERE}")]
            .map(|text| Value::from(text).to_string());
    format!(
        "location.href = dispatchEvent(new CustomEvent({event}, {{ cancelable: true, detail: {fragment} }})) ? {address} : {here}"
    )
}
