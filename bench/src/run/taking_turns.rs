//! The rounds of a scenario: in each block every way has a turn, in an order that the dice decide.

use std::time::Duration;

use crate::load::prose::Dice;
use crate::measure::{Scenario, correct};
use crate::options::say;
use crate::result::turns::{AGAIN, DIRECT, NGINX, Round, TURNPIKE, Turns};
use crate::system::Way;

/// How many rounds there are and how long they last.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Blocks, in each of which every way has a round.
    pub blocks: usize,
    /// How long a round is.
    pub round: Duration,
    /// The same for peers, which are slower by so much that a second tells enough.
    pub peer_round: Duration,
}

/// Runs a scenario on all ways that pass its gate; the first way is direct.
#[must_use]
pub fn take(scenario: &Scenario, ways: &[Way], pace: &Pace, seed: u64) -> Turns {
    say(&format!("{} {}", scenario.id, scenario.title));
    let mut dice = Dice::new(seed);
    let mut turns = Turns { ways: ways.iter().map(|way| way.name.clone()).collect(), ..Turns::default() };
    let mut taking_part = Vec::new();
    for (at, way) in ways.iter().enumerate() {
        if is_peer(way) && !scenario.peers {
            continue;
        }
        let checked = awake(way, || ways.first().map(|direct| correct::check(scenario, direct, way)));
        match checked {
            Some(Err(error)) => fail(&mut turns, way, &format!("{error:#}")),
            _ => taking_part.push(at),
        }
    }
    for _ in 0..pace.blocks {
        let mut rounds: Vec<Option<Round>> = ways.iter().map(|_| None).collect();
        dice.shuffle(&mut taking_part);
        for at in taking_part.clone() {
            let way = &ways[at];
            let length = if is_peer(way) { pace.peer_round } else { pace.round };
            match awake(way, || scenario.round(way, length)) {
                Ok(round) => rounds[at] = Some(round),
                Err(error) => {
                    fail(&mut turns, way, &format!("{error:#}"));
                    taking_part.retain(|other| *other != at);
                }
            }
        }
        turns.blocks.push(rounds);
    }
    turns.drop_disturbed();
    turns
}

fn fail(turns: &mut Turns, way: &Way, why: &str) {
    say(&format!("  not timed: {}: {why}", way.name));
    turns.failed.push((way.name.clone(), why.to_owned()));
}

/// Peers rest unless it is their turn: some of them work by themselves.
fn awake<T>(way: &Way, act: impl FnOnce() -> T) -> T {
    let peer = way.tree.as_ref().filter(|_| is_peer(way));
    if let Some(tree) = peer {
        tree.resume();
    }
    let done = act();
    if let Some(tree) = peer {
        tree.pause();
    }
    done
}

fn is_peer(way: &Way) -> bool {
    ![DIRECT, AGAIN, NGINX, TURNPIKE].contains(&way.name.as_str())
}
