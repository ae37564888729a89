//! The scenarios: what is asked in a round of each, and how it is timed.

pub mod correct;
pub mod idle;
pub mod memory;
pub mod requests;
pub mod streams;

use std::time::Duration;

use anyhow::Result;

use crate::load::Question;
use crate::load::body::Body;
use crate::result::turns::Round;
use crate::system::Way;

/// One scenario.
#[derive(Debug)]
pub struct Scenario {
    /// `S1` and so on, as in bench/README.md.
    pub id: &'static str,
    /// What it is, for the heading.
    pub title: &'static str,
    /// How it is asked.
    pub kind: Kind,
    /// Blocks of a whole run.
    pub blocks: usize,
    /// Length of a round of a whole run.
    pub round: Duration,
    /// Whether peers take part.
    pub peers: bool,
}

/// How a scenario is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One plain request after another.
    Requests(Body),
    /// One refused request after another.
    Refused,
    /// Streams of 500 events, as fast as they come.
    FullSpeed,
    /// A stream of paced events at a time.
    Paced,
    /// So many paced streams at a time.
    Many(usize),
    /// A paced stream while large bodies go by on other connections.
    Blocked,
}

/// All scenarios that are run in turns.
pub const SCENARIOS: &[Scenario] = &[
    scenario("S1", "small request, plain answer", Kind::Requests(Body::Small), 5, 5000, true),
    scenario("S2", "57 KB request of Claude Code", Kind::Requests(Body::First), 5, 5000, true),
    scenario("S3", "150 KB request of Claude Code", Kind::Requests(Body::Later), 5, 5000, true),
    scenario("S4", "2.5 MB request with pictures", Kind::Requests(Body::Pictures), 3, 2500, false),
    scenario("S5", "streams of 500 events at full speed", Kind::FullSpeed, 3, 3000, true),
    scenario("S6", "one paced stream", Kind::Paced, 4, 5000, true),
    scenario("S7", "64 paced streams", Kind::Many(64), 4, 3500, false),
    scenario("S8", "a paced stream beside 2.5 MB bodies", Kind::Blocked, 3, 3000, false),
    scenario("S9", "refused requests (400)", Kind::Refused, 3, 1500, false),
];

const fn scenario(
    id: &'static str,
    title: &'static str,
    kind: Kind,
    blocks: usize,
    milliseconds: u64,
    peers: bool,
) -> Scenario {
    Scenario { id, title, kind, blocks, round: Duration::from_millis(milliseconds), peers }
}

// === impl Scenario ===

impl Scenario {
    /// One round of it.
    ///
    /// # Errors
    /// When an answer is not what it should be.
    pub fn round(&self, way: &Way, length: Duration) -> Result<Round> {
        match self.kind {
            Kind::Requests(body) => requests::round(way, &Question::plain(requests::TEXT, body), 200, length),
            Kind::Refused => {
                requests::round(way, &Question::plain(requests::REFUSED, Body::Small), 400, length)
            }
            Kind::FullSpeed => streams::full_speed(way, length),
            Kind::Paced => streams::paced(way, length),
            Kind::Many(count) => streams::many(way, count, length),
            Kind::Blocked => streams::blocked(way, length),
        }
    }
}
