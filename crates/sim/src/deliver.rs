//! How an answer travels: paced, sliced, stalled, cut or broken.

mod body;
mod pace;
mod raw;

pub(crate) use body::ScriptBody;
pub(crate) use pace::Paced;
pub(crate) use raw::{Broken, End, Head, break_off, deliver_raw};

use std::time::Duration;

use bytes::Bytes;

use crate::meter::Produced;

/// One thing to do with the connection.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// Bytes of the body, and what the model had to produce for them.
    Send(Bytes, Produced),
    /// Let what was sent so far leave before anything else is made.
    Flush,
    Wait(Duration),
    /// Say nothing any more, and keep the connection.
    Hang,
}
