//! The events of a streamed answer, and the simulator's stamps in them.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::Dialect;
use super::connection::Reply;

/// One event of a stream.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its data.
    pub json: Value,
    /// When its last byte had come, in nanoseconds of the monotonic clock.
    pub came: u64,
}

/// One stamped event: which, when the simulator sent it, when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Counts from 0.
    pub sequence: u64,
    /// Nanoseconds of the monotonic clock at the simulator.
    pub sent: u64,
    /// Nanoseconds of the monotonic clock here.
    pub came: u64,
}

/// The events of an answer in their order; comments and `[DONE]` are none.
///
/// # Errors
/// When an event's data is not JSON.
pub fn events(reply: &Reply) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    let mut start = 0;
    for (at, byte) in reply.body.iter().enumerate() {
        if *byte != b'\n' {
            continue;
        }
        let line = reply.body.get(start..at).unwrap_or_default();
        start = at + 1;
        let Some(data) = line.strip_prefix(b"data:") else { continue };
        let data = data.trim_ascii();
        if data.is_empty() || data == b"[DONE]" {
            continue;
        }
        let json = serde_json::from_slice(data)
            .with_context(|| format!("an event is not JSON: {}", String::from_utf8_lossy(data)))?;
        // It can be dispatched when the empty line behind it is there.
        events.push(Event { json, came: reply.came((at + 2).min(reply.body.len())) });
    }
    Ok(events)
}

/// The text that an event adds.
#[must_use]
pub fn text(dialect: Dialect, event: &Value) -> Option<&str> {
    match dialect {
        Dialect::Chat => event.pointer("/choices/0/delta/content")?.as_str(),
        Dialect::Messages => event.pointer("/delta/text")?.as_str(),
    }
}

/// All stamps of an answer.
///
/// # Errors
/// When the text is not made of stamps.
pub fn stamps(dialect: Dialect, events: &[Event]) -> Result<Vec<Stamp>> {
    let mut stamps = Vec::new();
    // A way may cut texts anew: a stamp is there when the blank behind it is.
    let mut rest = String::new();
    for event in events {
        rest.push_str(text(dialect, &event.json).unwrap_or_default());
        while let Some((stamp, behind)) = rest.split_once(' ') {
            let parsed = stamp.split_once(':').and_then(|(s, t)| Some((s.parse().ok()?, t.parse().ok()?)));
            let (sequence, sent) = parsed.with_context(|| format!("`{stamp}` is no stamp"))?;
            stamps.push(Stamp { sequence, sent, came: event.came });
            rest = behind.to_owned();
        }
    }
    ensure!(rest.is_empty(), "`{rest}` is behind the last stamp");
    Ok(stamps)
}

/// How many of the events that were sent came, each once and in order; what came twice or out of order makes it 0.
#[must_use]
pub fn delivered(stamps: &[Stamp]) -> u64 {
    let in_order = stamps.is_sorted_by(|a, b| a.sequence < b.sequence);
    if in_order { stamps.len() as u64 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(body: &str, cut: usize) -> Reply {
        let marks = vec![(cut, 100), (body.len(), 200)];
        Reply { status: 200, events: true, body: body.into(), marks, ended: 200, ..Reply::default() }
    }

    #[test]
    fn an_event_has_come_when_its_empty_line_has() {
        let body = ": comment\n\ndata: {\"a\":1}\n\nevent: x\ndata: {\"a\":2}\n\ndata: [DONE]\n\n";
        let first = body.find("event").unwrap();
        let came = |cut| events(&reply(body, cut)).unwrap().iter().map(|e| e.came).collect::<Vec<_>>();
        assert_eq!(came(first), [100, 200]);
        assert_eq!(came(first - 1), [200, 200], "its last byte is missing");
    }

    #[test]
    fn stamps_are_found_however_texts_are_cut() {
        let event = |text: &str, came| Event { json: serde_json::json!({"delta": {"text": text}}), came };
        let cut = [event("0:50 1:", 60), event("70 ", 80), event("2:90 ", 95)];
        let stamps = stamps(Dialect::Messages, &cut).unwrap();
        let seen: Vec<_> = stamps.iter().map(|s| (s.sequence, s.sent, s.came)).collect();
        assert_eq!(seen, [(0, 50, 60), (1, 70, 80), (2, 90, 95)]);
        assert_eq!(delivered(&stamps), 3);
        assert_eq!(delivered(&[stamps[0], stamps[2]]), 2, "one is lost");
        assert_eq!(delivered(&[stamps[1], stamps[0]]), 0, "out of order");
        assert_eq!(delivered(&[stamps[1], stamps[1]]), 0, "twice");
    }
}
