//! Notifications on the screen. The policy decides; a thread of its own waits for its time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tauri::AppHandle;
use tauri_plugin_notification::{Action as Button, ActionType, NotificationExt as _};
use turnpike_tray_core::menu::Action;
use turnpike_tray_core::notice::{Notice, Notification, Policy, Switches};

use crate::clicks;

/// The application's icon, which is shown beside the text.
const ICON: &[u8] = include_bytes!("../icons/icon.png");
const ICON_FILE: &str = "icon.png";
/// What the plugin reports for a click on the notification itself.
const ITSELF: &str = "tap";
/// Notifications whose buttons work; older ones are long gone from the screen.
const MOST: usize = 64;

/// The way to the screen.
pub(crate) struct Notifications {
    inbox: Sender<Message>,
}

enum Message {
    Notice(Notice),
    Switches(Switches),
}

/// What a click on a notification asks for: on itself, then on each of its buttons.
type Clicks = Arc<Mutex<BTreeMap<i32, Vec<Action>>>>;

/// Draws notifications.
struct Screen {
    app: AppHandle,
    /// Where the icon is kept: a file, because what is not installed has no icon by name.
    icon: PathBuf,
    clicks: Clicks,
    last: i32,
}

// === impl Notifications ===

impl Notifications {
    /// Begins to show what it is offered. The icon is kept in that folder.
    pub(crate) fn start(app: AppHandle, folder: &Path) -> Self {
        let (inbox, messages) = channel();
        let icon = folder.join(ICON_FILE);
        thread::spawn(move || show(Screen::new(app, icon), &messages));
        Self { inbox }
    }

    /// Offers a notice; the policy decides whether and when it is shown.
    pub(crate) fn offer(&self, notice: Notice) {
        drop(self.inbox.send(Message::Notice(notice)));
    }

    /// Which kinds are shown, from here on.
    pub(crate) fn set_switches(&self, switches: Switches) {
        drop(self.inbox.send(Message::Switches(switches)));
    }
}

/// Sees to it that the icon is there. The folder is the service's to make.
fn keep_icon(file: &Path) -> std::io::Result<()> {
    if std::fs::read(file).is_ok_and(|kept| kept == ICON) { Ok(()) } else { std::fs::write(file, ICON) }
}

fn show(mut screen: Screen, messages: &Receiver<Message>) {
    let begun = Instant::now();
    let mut policy = Policy::default();
    loop {
        let wait = policy.due_at().map(|at| at.saturating_sub(begun.elapsed()));
        match messages.recv_timeout(wait.unwrap_or(Duration::from_secs(3_600))) {
            Ok(Message::Notice(notice)) => policy.offer(begun.elapsed(), notice),
            Ok(Message::Switches(switches)) => policy.set_switches(switches),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        for notification in policy.take(begun.elapsed()) {
            if let Err(error) = screen.show(notification) {
                tracing::warn!(%error, "a notification was not shown");
            }
        }
    }
}

// === impl Screen ===

impl Screen {
    fn new(app: AppHandle, icon: PathBuf) -> Self {
        let clicks = Clicks::default();
        let (known, handle) = (Arc::clone(&clicks), app.clone());
        let listening = app.notification().on_action(move |performed| {
            let Some(id) = performed.notification().map(tauri_plugin_notification::ActiveNotification::id)
            else {
                return;
            };
            let at = match performed.action_id() {
                ITSELF => Some(0),
                button => button.parse().ok(),
            };
            let known = known.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(action) = at.and_then(|at: usize| known.get(&id)?.get(at).cloned()) {
                clicks::asked(&handle, action);
            }
        });
        if let Err(error) = listening {
            tracing::warn!(%error, "notifications have no buttons");
        }
        Self { app, icon, clicks, last: 0 }
    }

    fn show(&mut self, notification: Notification) -> tauri_plugin_notification::Result<()> {
        let Notification { title, body, view, offers, .. } = notification;
        self.last = self.last.wrapping_add(1);
        // A type of its own for each: it is the plugin's only way to buttons.
        let buttons =
            (1..).zip(&offers).map(|(at, offer)| Button::builder(at.to_string(), offer.title).build());
        let kind = ActionType::builder(self.last.to_string()).actions(buttons.collect());
        self.app.notification().register_action_types(vec![kind.build()])?;
        {
            let mut clicks = self.clicks.lock().unwrap_or_else(PoisonError::into_inner);
            let wanted = offers.into_iter().map(|offer| offer.action);
            clicks.insert(self.last, std::iter::once(Action::Open { view }).chain(wanted).collect());
            while clicks.len() > MOST {
                clicks.pop_first();
            }
        }
        let builder = self.app.notification().builder().id(self.last).action_type_id(self.last.to_string());
        let builder = builder.title(title).body(body);
        match keep_icon(&self.icon) {
            Ok(()) => builder.icon(self.icon.display().to_string()),
            Err(error) => {
                tracing::info!(%error, "a notification has no icon");
                builder
            }
        }
        .show()
    }
}
