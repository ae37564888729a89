//! What doctor finds in the running service. The client is looked at elsewhere: here it would be the machine's own.

use turnpike_api::command::{Doctor, Finding, Severity};

use crate::support::{World, end};

const SERVICE: Doctor = Doctor { requests: false, without_client: true };

fn subjects(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.subject.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_finds_nothing_wrong_and_then_what_is() {
    let world = World::new();
    let service = world.start().await;
    let findings = world.call(SERVICE).await.expect("findings").findings;
    assert_eq!(subjects(&findings), ["config", "port", "key", "upstream", "upstream", "credit"]);
    assert!(findings.iter().all(|finding| finding.severity < Severity::Error), "{findings:?}");

    world.sim.revoke(crate::support::KEY);
    world.write_config("[budget]\nwarn_at = 3\n");
    let findings = world.call(SERVICE).await.expect("findings").findings;
    for subject in ["config", "upstream"] {
        let wrong = findings.iter().find(|f| f.subject == subject && f.severity == Severity::Error);
        assert!(wrong.is_some_and(|finding| finding.fix.is_some()), "{subject}: {findings:?}");
    }
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_sent_only_when_asked_for_and_tell_what_they_cost() {
    let world = World::new();
    world.write_config(
        "[[map]]\nname = \"a\"\ntarget = \"sim/text\"\n\n[[map]]\nname = \"b\"\ntarget = \"sim/error-404-privacy\"\n",
    );
    let service = world.start().await;
    let findings = world.call(SERVICE).await.expect("findings").findings;
    assert!(!subjects(&findings).contains(&"request"));
    let sent = world.status().await.today.map(|today| today.requests);
    assert_eq!(sent, Some(0), "nothing was sent, nothing is to be paid");

    let findings = world.call(Doctor { requests: true, ..SERVICE }).await.expect("findings").findings;
    let requests: Vec<&Finding> = findings.iter().filter(|finding| finding.subject == "request").collect();
    let [refused, answered] = requests.as_slice() else { panic!("{findings:?}") };
    assert_eq!((refused.severity, answered.severity), (Severity::Error, Severity::Ok), "{requests:?}");
    assert!(refused.message.contains("openrouter.ai/settings/privacy"), "{refused:?}");
    assert!(
        answered.message.starts_with("sim/text answered in") && answered.message.contains('$'),
        "{answered:?}"
    );
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn free_models_that_the_account_keeps_out_are_named() {
    let world = World::new();
    world.write_config("[[map]]\nname = \"a\"\ntarget = \"nobody/has-this:free\"\n");
    let service = world.start().await;
    let findings = world.call(SERVICE).await.expect("findings").findings;
    let found = findings.iter().find(|finding| finding.subject == "privacy").expect("a finding");
    assert_eq!(found.severity, Severity::Error, "{found:?}");
    assert!(found.message.contains("nobody/has-this:free"), "{found:?}");
    assert_eq!(found.fix.as_deref(), Some("allow free models: openrouter.ai/settings/privacy"));
    end(service).await;
}
