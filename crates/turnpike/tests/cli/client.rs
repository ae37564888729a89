//! `turnpike client` and `turnpike audit`, with and without a service.

use crate::support::{World, said};

fn ok(world: &World, arguments: &[&str]) -> String {
    let (code, out, errors) = said(&world.turnpike(arguments));
    assert_eq!(code, Some(0), "{arguments:?}: {errors}");
    out
}

#[test]
fn clients_and_the_audit_need_no_service() {
    let world = World::offline();
    assert!(ok(&world, &["client", "list"]).starts_with("No clients."));
    let token =
        ok(&world, &["client", "add", "ci", "--models", "qwen/*", "--daily", "1", "--per-minute", "30"]);
    assert!(token.starts_with("tp-") && token.lines().count() == 1, "{token}");
    let listed = ok(&world, &["client", "list"]);
    assert!(listed.contains("qwen/*") && listed.contains("30") && !listed.contains(token.trim()), "{listed}");
    let rotated = ok(&world, &["client", "rotate", "ci"]);
    assert_ne!(token, rotated);
    ok(&world, &["client", "revoke", "ci"]);
    assert!(ok(&world, &["client", "list"]).contains("revoked"));
    ok(&world, &["client", "revoke", "ci", "--forget"]);
    assert!(ok(&world, &["client", "list"]).starts_with("No clients."));

    let kept = ok(&world, &["audit", "--json"]);
    let kept: Vec<serde_json::Value> = serde_json::from_str(&kept).unwrap();
    let told: Vec<(&str, &str)> =
        kept.iter().map(|row| (row["actor"].as_str().unwrap(), row["action"].as_str().unwrap())).collect();
    assert_eq!(
        told,
        [("cli", "client.revoke"), ("cli", "client.revoke"), ("cli", "client.rotate"), ("cli", "client.add")]
    );
    let shown = ok(&world, &["audit"]);
    assert!(shown.contains("client.rotate") && shown.contains("qwen/*"), "{shown}");
    assert!(!shown.contains(token.trim()) && !shown.contains(rotated.trim()), "{shown}");
}

#[test]
fn what_makes_no_sense_gets_a_sentence() {
    let world = World::offline();
    ok(&world, &["client", "add", "ci"]);
    let rows: [(&[&str], i32, &str); 6] = [
        (&["client", "add", "ci"], 1, "turnpike client rotate ci"),
        (&["client", "rotate", "nobody"], 1, "there is no client `nobody`"),
        (&["client", "revoke", "nobody"], 1, "there is no client `nobody`"),
        (&["client", "add", "x", "--daily", "-1"], 2, "not negative"),
        (&["client", "add", "x", "--per-minute", "0"], 2, "per-minute"),
        (&["client", "add", "x", "--action", "cry"], 2, "cry"),
    ];
    for (arguments, code, says) in rows {
        let (found, _, errors) = said(&world.turnpike(arguments));
        assert_eq!(found, Some(code), "{arguments:?}: {errors}");
        assert!(errors.contains(says), "{arguments:?}: {errors}");
    }
}
