//! The gate of the benchmark has teeth: a way that is late, loses an event or answers wrongly does not pass.
//!
//! Each runs through a relay of this test in front of the simulator, under Turnpike's name. What is asserted
//! holds on any machine: a delay that was put in is there even when everything else is slow.

#![cfg(unix)]
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test says what it expects")]

mod relay;

use std::time::Duration;

use relay::{Relay, Spoils};
use turnpike_bench::measure::{Kind, SCENARIOS, Scenario, correct, streams};
use turnpike_bench::result::figures::Results;
use turnpike_bench::result::turns::{AGAIN, DIRECT, Metric, TURNPIKE, Turns};
use turnpike_bench::run::taking_turns::{Pace, take};
use turnpike_bench::system::Way;
use turnpike_sim::{Sim, SimConfig, SimHandle};

/// The simulator on threads of its own.
struct World {
    sim: SimHandle,
    _runtime: tokio::runtime::Runtime,
}

impl World {
    fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let guard = runtime.enter();
        let sim = Sim::start(SimConfig::fast()).expect("the simulator starts");
        drop(guard);
        Self { sim, _runtime: runtime }
    }

    fn direct(&self) -> Way {
        Way::direct(DIRECT, &self.sim.addr.to_string())
    }

    /// A way through a relay, as if it were Turnpike.
    fn through(&self, spoils: Spoils) -> Way {
        let relay = Relay::start(self.sim.addr, spoils);
        Way::direct(TURNPIKE, &relay.to_string())
    }

    /// A short run of the paced stream.
    fn run(&self, spoils: Spoils) -> (Turns, Vec<String>) {
        let again = Way { name: AGAIN.to_owned(), ..self.direct() };
        let ways = [self.direct(), again, self.through(spoils)];
        let round = Duration::from_millis(1200);
        let pace = Pace { blocks: 1, round, peer_round: round };
        let turns = take(scenario("S6"), &ways, &pace, 7);
        let results = Results { turns: vec![("S6", turns.clone())], ..Results::default() };
        (turns, results.failures())
    }
}

fn scenario(id: &str) -> &'static Scenario {
    SCENARIOS.iter().find(|scenario| scenario.id == id).expect("a scenario")
}

#[test]
fn a_first_text_that_comes_5_ms_late_fails_the_run() {
    let (turns, failures) = World::new().run(Spoils::Delays(Duration::from_millis(5)));
    assert_eq!(turns.failed, [], "it is late, not wrong");
    let trap = "missed: S6 first text later than direct (trap of 5 ms)";
    assert!(failures.iter().any(|failure| failure == trap), "{failures:?}");
}

#[test]
fn the_same_relay_without_the_delay_is_not_late() {
    let (turns, _) = World::new().run(Spoils::Nothing);
    assert_eq!(turns.failed, []);
    let best = turns.added(TURNPIKE, Metric::FirstBest).expect("it was timed");
    assert!(best < 2.5e-3, "at best {best} s late");
    let (sent, came) = turns.events(TURNPIKE);
    assert!(sent > 0 && sent == came, "{came} of {sent}");
}

#[test]
fn one_lost_event_fails_the_run() {
    let world = World::new();
    let loses = Spoils::Loses("\"3:");
    let (_, failures) = world.run(loses);
    assert_eq!(failures, ["Turnpike failed S6: 499 of 500 events came"], "before anything is timed");

    // And were it to happen later: the rounds count too.
    let round = streams::paced(&world.through(loses), Duration::from_millis(50)).expect("a round");
    assert_eq!(round.sent - round.delivered, 1);
    let ways = vec![TURNPIKE.to_owned()];
    let turns = Turns { ways, blocks: vec![vec![Some(round)]], ..Turns::default() };
    let results = Results { turns: vec![("S6", turns)], ..Results::default() };
    assert_eq!(results.failures(), ["missed: events lost on the way, all scenarios"]);
}

#[test]
fn who_answers_wrongly_is_not_timed() {
    let world = World::new();
    let rows = [
        ("S1", Spoils::Replaces("«naïve»", "naive"), "text: another text"),
        (
            "S1",
            Spoils::Replaces("\"stop\"", "\"length\""),
            "text: stop reason `max_tokens` instead of `end_turn`",
        ),
        ("S1", Spoils::Replaces("\"completion_tokens\"", "\"other_tokens\""), "text: usage"),
        ("S2", Spoils::Replaces("file_path", "path"), "calls: other calls"),
        ("S5", Spoils::Replaces("[{\"index\":1,", "[{\"index\":0,"), "calls: "),
        ("S9", Spoils::Replaces("HTTP/1.1 400", "HTTP/1.1 200"), "status 200 where the upstream says 400"),
        ("S9", Spoils::Replaces("\"message\"", "\"sentence\""), "an error without a message"),
    ];
    let direct = world.direct();
    for (id, spoils, expected) in rows {
        let error = correct::check(scenario(id), &direct, &world.through(spoils)).expect_err(expected);
        let said = format!("{error:#}");
        assert!(said.starts_with(expected), "{id}: {said}");
    }
    for scenario in SCENARIOS.iter().filter(|scenario| scenario.kind != Kind::Blocked) {
        correct::check(scenario, &direct, &world.through(Spoils::Nothing)).expect(scenario.id);
    }
}
