//! What changes how an answer is delivered, counted or billed, whatever the scenario says in it.

use std::time::Duration;

use super::SlugError;
use crate::deliver::End;

/// Every modifier with an example of its value and what it does.
pub(crate) const TABLE: &[(&str, &str, &str)] = &[
    ("words", "=20", "So many text deltas of one word."),
    ("events", "=500", "The same as fast as possible, without comments: for benchmarks."),
    (
        "stamp",
        "",
        "Each text delta is `<sequence>:<monotonic nanoseconds> `; a `delay` stands between them, before the time is read.",
    ),
    ("slice", "=1", "So many bytes per write, or `random`."),
    ("drip", "=10ms", "One byte at a time, with a wait before each."),
    ("delay", "=20ms", "A wait before each content event."),
    ("ttft", "=300ms", "A wait between the head and the first content."),
    ("silence", "=5s", "Nothing at all, not even a head, for so long."),
    ("keepalive", "=1s", "Comments while waiting; a silence then follows the head."),
    ("comments", "=3", "So many comments before the first event."),
    ("cut", "=1000", "The connection closes after so many body bytes."),
    ("rst", "=1000", "The connection is reset after so many body bytes, in the middle of a chunk."),
    ("end", "=1000", "The body ends, as if complete, after so many bytes."),
    ("stall-after", "=3", "Nothing more after so many content events."),
    ("stale", "", "The connection closes when its next request comes."),
    ("times", "=2", "Misbehaves so often per model name and session, then answers text."),
    ("retry-after", "=7", "The Retry-After header of an error, as it stands."),
    ("cost", "=0.0042", "What is reported and charged, in dollars."),
    ("usage", "=2025", "The usage: 2026, 2025, empty, none, twice, bare, zero and others."),
    ("gzip", "", "Compresses the body though nobody asked."),
    ("flip", "", "JSON for a stream request and the reverse."),
    ("json-for-stream", "", "The same."),
    ("stream-for-json", "", "The same."),
    ("crlf", "", "Lines end with CR LF."),
    ("cr", "", "Lines end with CR alone."),
    ("bom", "", "The stream begins with a byte order mark."),
    ("no-space", "", "No space behind `data:`."),
    ("fields", "", "Event, id, retry and unknown lines around the data."),
    ("multi-data", "", "Each JSON text in two data lines."),
];

/// All modifiers of one slug.
#[derive(Clone, Debug, Default)]
pub(crate) struct Modifiers {
    /// Bytes per write.
    pub(crate) slice: Option<Slice>,
    /// Wait before each content event.
    pub(crate) delay: Option<Duration>,
    /// Wait before each write: with `slice=1`, a drip.
    pub(crate) drip: Option<Duration>,
    /// Wait before the head.
    pub(crate) silence: Option<Duration>,
    /// Wait between the head (with its comments) and the first content event.
    pub(crate) ttft: Option<Duration>,
    /// A comment each so often while waiting; with it, a silence comes after the head.
    pub(crate) keepalive: Option<Duration>,
    /// Comments before the first event.
    pub(crate) comments: Option<u32>,
    /// End after so many body bytes: `cut=` closes, `rst=` resets, `end=` ends the body cleanly.
    pub(crate) end: Option<(u64, End)>,
    /// Stop for good after so many content events.
    pub(crate) stall_after: Option<u64>,
    /// Close the connection when its next request comes.
    pub(crate) stale: bool,
    /// Text deltas of one word each.
    pub(crate) words: Option<u64>,
    /// The same as `words`, without comments: for benchmarks.
    pub(crate) events: Option<u64>,
    /// Each text delta is `<sequence>:<monotonic nanoseconds> `.
    pub(crate) stamp: bool,
    /// The `usage.cost` to report and to charge, as decimal text.
    pub(crate) cost: Option<String>,
    pub(crate) usage: UsageShape,
    /// Misbehave so many times per model name and session, then answer as `text`.
    pub(crate) times: Option<u32>,
    /// `Retry-After`, as it stands.
    pub(crate) retry_after: Option<String>,
    /// Compress the body though nobody asked.
    pub(crate) gzip: bool,
    pub(crate) style: Style,
    /// Answer a stream request with JSON and the reverse.
    pub(crate) flip: bool,
}

/// How many bytes go into one write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slice {
    Bytes(usize),
    /// Between 1 and 97 bytes, pseudo-random, the same each time.
    Random,
}

/// The usage chunk, and what is odd about the numbers in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum UsageShape {
    /// June to August 2026: `choices[0]` repeats the finish reasons.
    #[default]
    Recent,
    /// October to December 2025: `choices[0]` with null finish reasons.
    Y2025,
    /// The documented shape: `choices: []`.
    EmptyChoices,
    None,
    Twice,
    /// Only the three token counts.
    Bare,
    /// Cost as a JSON string.
    CostString,
    NoCost,
    /// Cached and written tokens overlap, as Gemini's first explicit caching call reports.
    Overlap,
    /// More reasoning tokens than completion tokens.
    ReasoningExceeds,
    Negative,
    /// Counts beyond 32 bits.
    Huge,
    Zero,
}

/// How the lines of the event stream are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) crlf: bool,
    pub(crate) cr: bool,
    pub(crate) bom: bool,
    /// `data:{…}` without the space.
    pub(crate) no_space: bool,
    /// `event:`, `id:` and `retry:` lines around each event.
    pub(crate) fields: bool,
    /// Each JSON text in two `data:` lines.
    pub(crate) multi_data: bool,
}

// === impl Modifiers ===

impl Modifiers {
    /// Sets one modifier by its name.
    pub(crate) fn apply(&mut self, name: &str, value: Option<&str>) -> Result<(), SlugError> {
        match name {
            "slice" => self.slice = Some(slice(name, value)?),
            "delay" => self.delay = Some(duration(name, value)?),
            "drip" => self.drip = Some(duration(name, value)?),
            "silence" => self.silence = Some(duration(name, value)?),
            "ttft" => self.ttft = Some(duration(name, value)?),
            "keepalive" => self.keepalive = Some(duration(name, value)?),
            "comments" => self.comments = Some(number(name, value)?),
            "cut" => self.end = Some((number(name, value)?, End::Close)),
            "rst" => self.end = Some((number(name, value)?, End::Reset)),
            "end" => self.end = Some((number(name, value)?, End::Clean)),
            "stall-after" => self.stall_after = Some(number(name, value)?),
            "stale" => self.stale = true,
            "words" => self.words = Some(number(name, value)?),
            "events" => self.events = Some(number(name, value)?),
            "stamp" => self.stamp = true,
            "cost" => self.cost = Some(decimal(name, value)?),
            "usage" => self.usage = usage(name, value)?,
            "times" => self.times = Some(number(name, value)?),
            "retry-after" => self.retry_after = value.map(str::to_owned),
            "gzip" => self.gzip = true,
            "flip" | "json-for-stream" | "stream-for-json" => self.flip = true,
            "crlf" => self.style.crlf = true,
            "cr" => self.style.cr = true,
            "bom" => self.style.bom = true,
            "no-space" => self.style.no_space = true,
            "fields" => self.style.fields = true,
            "multi-data" => self.style.multi_data = true,
            _ => return Err(SlugError::Unknown(name.to_owned())),
        }
        Ok(())
    }

    /// What is left of the modifiers once the misbehaviour is over: only the size and the bill.
    pub(crate) fn behaved(&self) -> Self {
        Self { words: self.words, cost: self.cost.clone(), usage: self.usage, ..Self::default() }
    }

    /// How many words a text answer has.
    pub(crate) fn word_count(&self) -> u64 {
        self.events.or(self.words).unwrap_or(12)
    }
}

fn wrong(name: &str, value: Option<&str>, wanted: &'static str) -> SlugError {
    SlugError::Value { name: name.to_owned(), value: value.unwrap_or_default().to_owned(), wanted }
}

fn number<T: std::str::FromStr>(name: &str, value: Option<&str>) -> Result<T, SlugError> {
    value.and_then(|v| v.parse().ok()).ok_or_else(|| wrong(name, value, "a whole number"))
}

fn slice(name: &str, value: Option<&str>) -> Result<Slice, SlugError> {
    match value {
        Some("random") => Ok(Slice::Random),
        Some(text) => match text.parse() {
            Ok(bytes) if bytes > 0 => Ok(Slice::Bytes(bytes)),
            _ => Err(wrong(name, value, "a number of bytes, or `random`")),
        },
        None => Ok(Slice::Bytes(1)),
    }
}

fn duration(name: &str, value: Option<&str>) -> Result<Duration, SlugError> {
    let wanted = "a duration such as 20ms, 1.5s or 2m";
    let text = value.ok_or_else(|| wrong(name, value, wanted))?;
    parse_duration(text).ok_or_else(|| wrong(name, value, wanted))
}

/// `250us`, `20ms`, `1.5s`, `2m`; a bare number is milliseconds.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (amount, unit) = text.split_at(split);
    let seconds = match unit {
        "us" => 1e-6,
        "ms" | "" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(amount.parse::<f64>().ok()? * seconds).ok()
}

fn decimal(name: &str, value: Option<&str>) -> Result<String, SlugError> {
    let wanted = "a JSON number of dollars such as 0.0015";
    let text = value.ok_or_else(|| wrong(name, value, wanted))?;
    match serde_json::from_str::<serde_json::Number>(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(wrong(name, value, wanted)),
    }
}

fn usage(name: &str, value: Option<&str>) -> Result<UsageShape, SlugError> {
    Ok(match value.unwrap_or_default() {
        "2026" => UsageShape::Recent,
        "2025" | "shape-2025" => UsageShape::Y2025,
        "empty" | "empty-choices" => UsageShape::EmptyChoices,
        "none" => UsageShape::None,
        "twice" => UsageShape::Twice,
        "bare" => UsageShape::Bare,
        "cost-string" => UsageShape::CostString,
        "no-cost" => UsageShape::NoCost,
        "overlap" => UsageShape::Overlap,
        "reasoning-exceeds" => UsageShape::ReasoningExceeds,
        "negative" => UsageShape::Negative,
        "huge" => UsageShape::Huge,
        "zero" => UsageShape::Zero,
        _ => {
            let wanted = "2026, 2025, empty, none, twice, bare, cost-string, no-cost, overlap, \
                          reasoning-exceeds, negative, huge or zero";
            return Err(wrong(name, value, wanted));
        }
    })
}
