//! What the key's money tells: its limit, and the account's credits where the key may read them.

use std::time::Duration;

use jiff::Timestamp;
use turnpike_api::command::{Forecast, Reconcile};
use turnpike_control::{KeyChoice, Pace, ServeOptions, Service};
use turnpike_settings::Secret;

use crate::support::{World, end, unhurried, within};

#[tokio::test(flavor = "multi_thread")]
async fn limit_and_credits_are_told_where_the_key_may_know_them() {
    let rows = [
        ("sk-or-v1-an-ordinary-key-0000", None, None, false, &[][..]),
        ("sk-or-v1-a-limit-key-0000", Some(9_500_000_000), None, false, &["the key's limit"]),
        ("sk-or-v1-a-management-key-0000", None, Some(99_500_000_000), false, &["the credits"]),
        ("sk-or-v1-a-free-key-0000", None, None, true, &[]),
    ];
    for (key, limit_left, credits_left, is_free_tier, foreseen) in rows {
        let world = World::new();
        let mut options = world.options();
        options.key = KeyChoice::Fixed(Secret::new(key.to_owned()));
        let service = Service::start(options).await.expect("a service");
        assert_eq!(world.status().await.balance, None, "it was not asked yet");
        assert_eq!(world.message(&service, "sim/text+cost=0.5").await.0, 200);
        world.call(Reconcile { now: true }).await.expect("compared");
        let balance = world.status().await.balance.expect("a balance");
        let told = (balance.limit_left_nanos, balance.credits_left_nanos, balance.is_free_tier);
        assert_eq!(told, (limit_left, credits_left, is_free_tier), "{key}");
        let begun = Timestamp::now().as_second();
        let forecast = world.call(Forecast::default()).await.expect("a forecast");
        let asked = begun..=Timestamp::now().as_second();
        let lines: Vec<&str> = forecast
            .lines
            .iter()
            .map(|line| line.what.as_str())
            .filter(|what| !what.ends_with("budget"))
            .collect();
        assert_eq!(lines, foreseen, "{key}");
        // Half a dollar an hour, and half a dollar a day: so much of each is left.
        for line in forecast.lines.iter().filter(|line| foreseen.contains(&line.what.as_str())) {
            let left = limit_left.or(credits_left).expect("one of both");
            assert_eq!(line.left_nanos, left, "{key}");
            assert_eq!(line.resets_at.is_some(), limit_left.is_some(), "{key}: the limit is a monthly one");
            for (at, period) in [(line.ends_at_hours_rate, 3_600), (line.ends_at_days_rate, 86_400)] {
                let lasts = left * period / 500_000_000;
                let lasts_long = line.resets_at.is_some_and(|reset| asked.start() + lasts >= reset);
                let begin = at.map(|at| at - lasts);
                assert!(
                    begin.map_or(lasts_long, |begin| asked.contains(&begin)),
                    "{key}: {begin:?} is not in {asked:?}"
                );
            }
        }
        let asked = world.sim.journal().iter().filter(|entry| entry.path.ends_with("/credits")).count();
        assert_eq!(asked, usize::from(credits_left.is_some()), "{key}: an ordinary key is not asked");
        end(service).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_compares_by_itself_and_asks_as_often_as_it_is_meant_to() {
    let world = World::new();
    let pace = Pace { first_account: Duration::ZERO, ..unhurried() };
    let service = Service::start(ServeOptions { pace, ..world.options() }).await.expect("a service");
    let kept = async {
        loop {
            let reply = world.call(Reconcile { now: false }).await.expect("what is kept");
            if let Some(latest) = reply.latest {
                return latest;
            }
        }
    };
    let latest = within("the first comparison", kept).await;
    let periods: Vec<&str> = latest.lines.iter().map(|line| line.period.as_str()).collect();
    assert_eq!(periods, ["daily", "weekly", "monthly"]);
    // Requests go on, looks at the page too: the upstream is asked about the key no more often for that.
    for _ in 0..3 {
        assert_eq!(world.message(&service, "sim/text+cost=0.5").await.0, 200);
        assert!(world.status().await.balance.is_some());
    }
    let asked = world.sim.journal().iter().filter(|entry| entry.path.ends_with("/key")).count();
    assert_eq!(asked, 1);
    end(service).await;

    // Another run of the same day replaces its comparison.
    let pace = Pace { first_account: Duration::ZERO, account: Duration::from_millis(1), ..unhurried() };
    let service = Service::start(ServeOptions { pace, ..world.options() }).await.expect("a service");
    let again = world.sim.wait_for(|entries| {
        (entries.iter().filter(|entry| entry.path.ends_with("/key")).count() > 3).then_some(())
    });
    within("further comparisons", again).await;
    let days = world.call(Reconcile { now: true }).await.expect("compared").days;
    let day = |at: i64| at.div_euclid(86_400);
    let mut dates: Vec<i64> = days.iter().map(|made| day(made.at)).collect();
    dates.dedup();
    assert_eq!(dates.len(), days.len(), "one for each day");
    let daily = days.first().and_then(|made| made.lines.first().cloned()).expect("a line");
    assert!(day(days[0].at) > day(latest.at) || daily.ledger_nanos == 1_500_000_000, "{daily:?}");
    end(service).await;
}
