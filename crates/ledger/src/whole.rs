//! The look through a whole ledger while it is in use. It takes seconds for a large one, so nobody waits for it.

use std::fmt;
use std::path::Path;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::InterruptHandle;
use tokio::sync::broadcast;

use crate::check::Checked;
use crate::event::LedgerEvent;
use crate::health::is_damage;
use crate::writer::Op;
use crate::writer::shared::Shared;
use crate::{check, connection, writer};

/// How the look is broken off.
#[derive(Default)]
pub(crate) struct BreakOff(Mutex<Option<InterruptHandle>>);

/// What the look works with.
pub(crate) struct Look {
    pub(crate) shared: Arc<Shared>,
    pub(crate) sender: Sender<Op>,
    pub(crate) events: broadcast::Sender<LedgerEvent>,
    pub(crate) break_off: Arc<BreakOff>,
}

// === impl BreakOff ===

impl fmt::Debug for BreakOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BreakOff")
    }
}

impl BreakOff {
    /// Ends the look, if there is one.
    pub(crate) fn now(&self) {
        if let Some(handle) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            handle.interrupt();
        }
    }
}

// === impl Look ===

impl Look {
    /// Looks, and tells. The writer sets a damaged file aside, for the file is its own.
    pub(crate) fn run(self, path: &Path, busy_timeout: Duration) {
        writer::step_back();
        match self.damage(path, busy_timeout) {
            Ok(None) => {
                self.shared.note_checked(Checked::Sound);
                let _nobody_listens = self.events.send(LedgerEvent::Checked(Checked::Sound));
            }
            Ok(Some(why)) => drop(self.sender.send(Op::SetAside(why))),
            Err(error) if is_damage(&error) => drop(self.sender.send(Op::SetAside(error.to_string()))),
            Err(_) if self.shared.is_closed() => {}
            Err(error) => tracing::warn!(%error, "the ledger could not be looked through for damage"),
        }
    }

    fn damage(&self, path: &Path, busy_timeout: Duration) -> rusqlite::Result<Option<String>> {
        let conn = connection::to_read(path, busy_timeout)?;
        *self.break_off.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(conn.get_interrupt_handle());
        if self.shared.is_closed() {
            return Ok(None);
        }
        check::look_through(&conn)
    }
}
