//! Applies the modifiers to the events of an answer: comments, waits, line styles, slices.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use super::Step;
use crate::meter::Produced;
use crate::render::Events;
use crate::slug::{Modifiers, Slice, Style};

/// What the upstream sends to keep a connection alive.
const COMMENT: &[u8] = b": OPENROUTER PROCESSING\n\n";
/// The longest slice of `slice=random`, less one.
const RANDOM_SLICE: u64 = 97;

/// The steps of an answer, made as they are taken.
pub(crate) struct Paced {
    events: Events,
    modifiers: Modifiers,
    /// Comments and line styles apply to event streams only.
    stream: bool,
    queue: VecDeque<Step>,
    content_events: u64,
    random: u64,
    started: bool,
    /// The waits of the next content event are over before it is made: it carries the time.
    waited: bool,
}

// === impl Paced ===

impl Paced {
    /// `comments` stand at the start of a stream. A silence together with a keep-alive follows them.
    pub(crate) fn new(events: Events, modifiers: Modifiers, stream: bool, comments: u32) -> Self {
        let mut paced = Self {
            events,
            modifiers,
            stream,
            queue: VecDeque::new(),
            content_events: 0,
            random: 1,
            started: false,
            waited: false,
        };
        if stream {
            if paced.modifiers.style.bom {
                paced.bytes(Bytes::from_static("\u{feff}".as_bytes()), Produced::default());
            }
            for _ in 0..comments {
                paced.comment();
            }
        }
        if let Some(silence) = paced.modifiers.silence.filter(|_| paced.modifiers.keepalive.is_some()) {
            paced.wait(silence);
        }
        paced
    }

    /// Whether nothing may be sent ahead of the steps, the response head included.
    pub(crate) fn silence_before_head(modifiers: &Modifiers) -> Option<Duration> {
        modifiers.silence.filter(|_| modifiers.keepalive.is_none())
    }

    fn comment(&mut self) {
        self.styled(Bytes::from_static(COMMENT), Produced::default());
    }

    fn wait(&mut self, mut duration: Duration) {
        if let Some(every) = self.modifiers.keepalive.filter(|every| !every.is_zero() && self.stream) {
            while duration > every {
                self.queue.push_back(Step::Wait(every));
                self.comment();
                duration -= every;
            }
        }
        self.queue.push_back(Step::Wait(duration));
    }

    /// The waits before a content event; false when the stream stalls instead.
    fn before_content(&mut self) -> bool {
        if self.modifiers.stall_after.is_some_and(|most| self.content_events >= most) {
            match self.modifiers.keepalive {
                Some(every) => {
                    self.queue.push_back(Step::Wait(every));
                    self.comment();
                }
                None => self.queue.push_back(Step::Hang),
            }
            return false;
        }
        if let Some(ttft) = self.modifiers.ttft.filter(|_| self.content_events == 0) {
            self.wait(ttft);
        }
        // The first stamp goes at once, so that the time to it holds no timer of ours.
        if let Some(delay) = self.modifiers.delay.filter(|_| !self.modifiers.stamp || self.content_events > 0)
        {
            self.wait(delay);
        }
        self.content_events += 1;
        true
    }

    /// Queues bytes in the asked-for line style.
    fn styled(&mut self, bytes: Bytes, produced: Produced) {
        let style = self.modifiers.style;
        if !self.stream || style == Style::default() {
            return self.bytes(bytes, produced);
        }
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        if style.multi_data {
            text = text.replacen("data: {", "data: {\ndata: ", 1);
        }
        if style.fields && text.starts_with("data: ") {
            text = format!("event: message\nid: 7\nretry: 3000\nfrom: afar\n{text}");
        }
        if style.no_space {
            text = text.replace("data: ", "data:");
        }
        if style.crlf || style.cr {
            text = text.replace('\n', if style.cr { "\r" } else { "\r\n" });
        }
        self.bytes(Bytes::from(text), produced);
    }

    /// Queues bytes in slices.
    fn bytes(&mut self, mut bytes: Bytes, produced: Produced) {
        let Some(slice) = self.modifiers.slice.or(self.modifiers.drip.map(|_| Slice::Bytes(1))) else {
            self.queue.push_back(Step::Send(bytes, produced));
            return;
        };
        let mut produced = produced;
        loop {
            let length = match slice {
                Slice::Bytes(length) => length,
                Slice::Random => self.next_random(),
            };
            let piece = bytes.split_to(length.min(bytes.len()));
            if let Some(drip) = self.modifiers.drip {
                self.queue.push_back(Step::Wait(drip));
            }
            self.queue.push_back(Step::Send(piece, produced));
            self.queue.push_back(Step::Flush);
            produced = Produced::default();
            if bytes.is_empty() {
                return;
            }
        }
    }

    fn next_random(&mut self) -> usize {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.random >> 33) % RANDOM_SLICE).unwrap_or_default() + 1
    }
}

impl Iterator for Paced {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            if let Some(step) = self.queue.pop_front() {
                return Some(step);
            }
            if self.started && self.modifiers.stall_after.is_some_and(|most| self.content_events >= most) {
                self.before_content();
                continue;
            }
            self.started = true;
            if self.modifiers.stamp && !self.waited && self.content_events < self.modifiers.word_count() {
                self.waited = self.before_content();
                continue;
            }
            let event = self.events.next()?;
            let waited = event.content && std::mem::take(&mut self.waited);
            if event.content && !waited && !self.before_content() {
                continue;
            }
            self.styled(event.bytes, event.produced);
            if event.flush {
                self.queue.push_back(Step::Flush);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Event;
    use crate::slug::Play;

    fn steps(slug: &str, comments: u32, take: usize) -> Vec<Step> {
        let event = |text: &'static str| Event {
            bytes: Bytes::from_static(text.as_bytes()),
            produced: Produced { completion: 1, ..Produced::default() },
            content: true,
            flush: false,
        };
        let events = vec![event("data: {\"a\":1}\n\n"), event("data: {\"b\":2}\n\n")];
        let modifiers = Play::parse(slug).unwrap().modifiers;
        Paced::new(Box::new(events.into_iter()), modifiers, true, comments).take(take).collect()
    }

    fn text(steps: &[Step]) -> String {
        let sent = steps.iter().map(|step| match step {
            Step::Send(bytes, _) => std::str::from_utf8(bytes).unwrap_or("?"),
            _ => "",
        });
        sent.collect()
    }

    #[test]
    fn slices_are_flushed_one_by_one_and_counted_once() {
        let steps = steps("slice=4", 0, 100);
        assert_eq!(text(&steps), "data: {\"a\":1}\n\ndata: {\"b\":2}\n\n");
        let sends =
            steps.iter().filter(|step| matches!(step, Step::Send(bytes, _) if bytes.len() <= 4)).count();
        let flushes = steps.iter().filter(|step| **step == Step::Flush).count();
        assert_eq!((sends, flushes), (8, 8));
        let tokens: u64 = steps.iter().map(|s| if let Step::Send(_, p) = s { p.completion } else { 0 }).sum();
        assert_eq!(tokens, 2);
    }

    #[test]
    fn line_styles_change_lines_only() {
        let rows = [
            ("crlf", "data: {\"a\":1}\r\n\r\ndata: {\"b\":2}\r\n\r\n"),
            ("cr", "data: {\"a\":1}\r\rdata: {\"b\":2}\r\r"),
            ("no-space", "data:{\"a\":1}\n\ndata:{\"b\":2}\n\n"),
            ("multi-data", "data: {\ndata: \"a\":1}\n\ndata: {\ndata: \"b\":2}\n\n"),
            ("bom", "\u{feff}data: {\"a\":1}\n\ndata: {\"b\":2}\n\n"),
        ];
        for (slug, expected) in rows {
            assert_eq!(text(&steps(slug, 0, 100)), expected, "{slug}");
        }
    }

    #[test]
    fn waits_come_before_content_and_carry_comments() {
        let ms = Duration::from_millis;
        let waits = |slug: &str, take| -> Vec<Duration> {
            let steps = steps(slug, 1, take);
            steps.iter().filter_map(|s| if let Step::Wait(d) = s { Some(*d) } else { None }).collect()
        };
        assert_eq!(waits("ttft=50ms+delay=5ms", 100), [ms(50), ms(5), ms(5)]);
        assert_eq!(waits("silence=25ms+keepalive=10ms", 100), [ms(10), ms(10), ms(5)]);
        assert_eq!(
            waits("silence=25ms", 100),
            [] as [Duration; 0],
            "without a keep-alive it precedes the head"
        );
    }

    #[test]
    fn a_stamp_is_made_after_its_wait_and_the_first_without_one() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicUsize, Ordering};
        let made = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&made);
        let events = std::iter::from_fn(move || {
            count.fetch_add(1, Ordering::Relaxed);
            Some(Event {
                bytes: Bytes::from_static(b"data: 1\n\n"),
                produced: Produced::default(),
                content: true,
                flush: true,
            })
        });
        let modifiers = Play::parse("text+events=3+stamp+delay=5ms").unwrap().modifiers;
        let paced = Paced::new(Box::new(events.take(3)), modifiers, true, 0);
        let mut waits = Vec::new();
        for step in paced {
            if matches!(step, Step::Wait(_)) {
                waits.push(made.load(Ordering::Relaxed));
            }
        }
        assert_eq!(waits, [1, 2], "before the second and the third event are made");
    }

    #[test]
    fn a_stalled_stream_hangs_or_only_comments() {
        assert_eq!(steps("stall-after=1", 0, 100).get(1..2), Some(&[Step::Hang][..]));
        let alive = steps("stall-after=1+keepalive=9ms", 0, 7);
        assert!(
            text(&alive).ends_with(": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n"),
            "{alive:?}"
        );
    }
}
