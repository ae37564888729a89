//! The end of an answer: what is open and what waits is closed, and all of it counted.

use turnpike_wire::anthropic::Event;

use super::{Call, Segment, Segments, Tally, WrittenCall, served};
use crate::ids;

// === impl Segments ===

impl Segments {
    /// Whether the answer holds this call already; each call of the answer stands for one. What waits must have
    /// been closed.
    pub(in crate::stream) fn has_made(&mut self, call: &WrittenCall) -> bool {
        let same = self
            .made
            .iter()
            .position(|(name, arguments)| *name == call.name && served::are_same(arguments, &call.arguments));
        same.map(|at| self.made.swap_remove(at)).is_some()
    }

    /// Closes what is open and what waits.
    pub(in crate::stream) fn drain<'a>(&mut self, out: &mut Vec<Event<'a>>) {
        self.close_open(out);
        while let Some(segment) = self.waiting.pop_front() {
            if segment.can_begin() {
                self.begin(segment, out);
                self.close_open(out);
            } else {
                self.repairs.push("nameless_call_dropped");
            }
        }
    }

    /// Closes everything and counts it.
    pub(in crate::stream) fn close_all<'a>(&mut self, out: &mut Vec<Event<'a>>) -> Tally {
        self.drain(out);
        // White space is an answer only if there is no other.
        if self.tally.blocks == 0 && !self.blank.is_empty() {
            let blank = std::mem::take(&mut self.blank);
            self.begin(Segment::Text(blank), out);
            self.close_open(out);
        }
        self.tally
    }

    /// An id that the client accepts and that no other call of this answer has.
    pub(super) fn unique_id(&mut self, call: &Call) -> String {
        let suffix = self.message_id.trim_start_matches("msg_");
        let mut id = match &call.id {
            Some(id) => ids::to_client(id).into_owned(),
            None => format!("toolu_{suffix}_{}", call.serial),
        };
        if self.used_ids.contains(&id) {
            id = format!("{id}_{}", call.serial);
        }
        self.used_ids.insert(id.clone());
        id
    }
}
