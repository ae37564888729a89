//! What the key's money tells: its limit, and the account's credits where the key may read them.

use turnpike_api::command::{Forecast, Reconcile};
use turnpike_control::{KeyChoice, Service};
use turnpike_settings::Secret;

use crate::support::{World, end};

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
        let forecast = world.call(Forecast::default()).await.expect("a forecast");
        let lines: Vec<&str> = forecast
            .lines
            .iter()
            .map(|line| line.what.as_str())
            .filter(|what| !what.ends_with("budget"))
            .collect();
        assert_eq!(lines, foreseen, "{key}");
        assert!(
            forecast
                .lines
                .iter()
                .filter(|line| foreseen.contains(&line.what.as_str()))
                .all(|line| line.ends_at_days_rate.is_some()),
            "{key}"
        );
        let asked = world.sim.journal().iter().filter(|entry| entry.path.ends_with("/credits")).count();
        assert_eq!(asked, usize::from(credits_left.is_some()), "{key}: an ordinary key is not asked");
        end(service).await;
    }
}
