//! Notifications on the screen. The policy decides; a thread of its own waits for its time.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use tauri::AppHandle;
use tauri_plugin_notification::NotificationExt as _;
use turnpike_tray_core::notice::{Notice, Policy, Switches};

/// The way to the screen.
pub(crate) struct Notifications {
    inbox: Sender<Message>,
}

enum Message {
    Notice(Notice),
    Switches(Switches),
}

// === impl Notifications ===

impl Notifications {
    /// Begins to show what it is offered.
    pub(crate) fn start(app: AppHandle) -> Self {
        let (inbox, messages) = channel();
        thread::spawn(move || show(&app, &messages));
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

fn show(app: &AppHandle, messages: &Receiver<Message>) {
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
            let shown =
                app.notification().builder().title(&notification.title).body(&notification.body).show();
            if let Err(error) = shown {
                tracing::warn!(%error, "a notification was not shown");
            }
        }
    }
}
