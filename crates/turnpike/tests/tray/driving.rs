//! Start, adoption, death, replacement, end.

use rustix::process::Signal;
use turnpike_api::command::{Shutdown, Status};
use turnpike_tray_core::driver::{Report, Service};

use crate::world::{VERSION, World, is_alive, signal, wait_until};

#[test]
fn it_starts_what_is_not_there_and_the_next_one_adopts_it() {
    let world = World::new();
    let first = world.leave_running();
    let second = world.tray(VERSION);
    assert_eq!(second.up(None).instance, first.instance);
    assert_eq!(world.starts(), 1);
    second.driver.quit();
    second.exit();
    // A tray has started it, so a tray ends it; its process goes a moment after it has said its last.
    wait_until(|| !is_alive(first.pid));
}

#[test]
fn a_killed_service_comes_back_and_its_rows_are_whole() {
    let world = World::new();
    let tray = world.tray(VERSION);
    let first = tray.up(None);
    signal(first.pid, Signal::KILL);
    let second = tray.up(Some(&first));
    assert_ne!(first.pid, second.pid);
    assert!(second.ledger.is_ok, "{:?}", second.ledger);
    assert_eq!(world.starts(), 2);
    tray.driver.quit();
    tray.exit();
}

#[test]
fn quitting_waits_for_the_streams_and_counts_them() {
    let world = World::new();
    let tray = world.tray(VERSION);
    let request = world.slow_request(&tray.up(None));
    tray.standing("the request", |now| now.status.as_ref().is_some_and(|status| status.live.len() == 1));
    tray.driver.quit();
    tray.standing("the count", |now| now.service == Service::Quitting(1));
    tray.exit();
    let stream = request.join().expect("its end");
    assert!(stream.contains("event: message_stop"), "{stream}");
}

#[test]
fn a_service_of_somebody_else_is_adopted_and_left_running() {
    let world = World::new();
    let by_hand = world.leave_running();
    std::fs::write(world.data().join("tray-started.pid"), "1\n").expect("written");
    let tray = world.tray(VERSION);
    assert_eq!(tray.up(None).instance, by_hand.instance);
    tray.driver.quit();
    tray.exit();
    assert!(is_alive(by_hand.pid));
}

#[test]
fn an_older_service_is_replaced_when_its_streams_have_ended() {
    let world = World::new();
    let before = world.leave_running();
    let request = world.slow_request(&before);
    let client = world.place().connect().expect("a service");
    wait_until(|| !client.call(&Status::default()).expect("a status").live.is_empty());
    let updated = world.tray("99.0.0");
    let after = updated.up(Some(&before));
    assert_ne!(before.pid, after.pid);
    assert!(request.join().expect("its end").contains("event: message_stop"));
    updated.driver.quit();
    updated.exit();
}

#[test]
fn one_that_was_ended_stays_ended_until_a_person_wants_it() {
    let world = World::new();
    let tray = world.tray(VERSION);
    let first = tray.up(None);
    world.place().connect().expect("a service").call(&Shutdown::default()).expect("it ends");
    tray.standing("its end", |now| now.service == Service::Down);
    assert_eq!(world.starts(), 1);
    tray.driver.retry();
    tray.up(Some(&first));
}

#[test]
fn a_configuration_that_is_wrong_is_told_in_the_services_words() {
    let world = World::new();
    world.write_config("[proxy]\nlissen = 1\n");
    let tray = world.tray(VERSION);
    let told = tray.wait("the words", |report| match report {
        Report::GaveUp(words) => Some(words),
        _ => None,
    });
    assert!(told.contains("lissen"), "{told}");
    assert_eq!(world.starts(), 1, "another try would not mend it");
    world.write_config("[proxy]\nlisten = \"127.0.0.1:0\"\n");
    tray.driver.retry();
    tray.up(None);
}

#[test]
fn one_that_dies_again_and_again_is_given_up() {
    let world = World::new();
    world.write_program("echo 'turnpike: no luck today.' >&2; exit 1");
    let tray = world.tray(VERSION);
    let told = tray.wait("the words", |report| match report {
        Report::GaveUp(words) => Some(words),
        _ => None,
    });
    assert_eq!((told.as_str(), world.starts()), ("no luck today.", 5));
    tray.standing("the state", |now| now.service == Service::GivenUp("no luck today.".to_owned()));
    world.write_program("exec \"$@\"");
    tray.driver.retry();
    tray.up(None);
}
