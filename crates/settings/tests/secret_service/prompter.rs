//! Stands in for the window in which GNOME asks for a keyring's password.

use std::time::Duration;

use tokio::sync::mpsc;
use zbus::blocking::{Connection, connection};
use zbus::fdo;
use zbus::zvariant::OwnedObjectPath;

/// How the user behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// Does not want to.
    Refuses,
    /// Has gone for coffee.
    LeavesOpen,
}

/// The window, while this lives.
pub(crate) struct Prompter {
    questions: mpsc::UnboundedReceiver<()>,
    _bus: Connection,
}

struct Window {
    manner: Manner,
    questions: mpsc::UnboundedSender<()>,
}

// === impl Prompter ===

impl Prompter {
    pub(crate) fn start(manner: Manner) -> Self {
        let (sender, questions) = mpsc::unbounded_channel();
        let bus = connection::Builder::session()
            .unwrap()
            .serve_at("/org/gnome/keyring/Prompter", Window { manner, questions: sender })
            .unwrap()
            .name("org.gnome.keyring.SystemPrompter")
            .unwrap()
            .build()
            .unwrap();
        Self { questions, _bus: bus }
    }

    /// How often it was asked and [`until_asked`](Self::until_asked) has not taken it.
    pub(crate) fn asked(&self) -> usize {
        self.questions.len()
    }

    pub(crate) async fn until_asked(&mut self) {
        let question = tokio::time::timeout(Duration::from_secs(20), self.questions.recv()).await;
        assert_eq!(question, Ok(Some(())), "nobody asked");
    }
}

// === impl Window ===

#[zbus::interface(name = "org.gnome.keyring.internal.Prompter")]
impl Window {
    fn begin_prompting(&self, _callback: OwnedObjectPath) -> fdo::Result<()> {
        let _ = self.questions.send(());
        match self.manner {
            Manner::Refuses => Err(fdo::Error::Failed("the user does not want to".to_owned())),
            Manner::LeavesOpen => Ok(()),
        }
    }

    fn stop_prompting(&self, _callback: OwnedObjectPath) {}
}
