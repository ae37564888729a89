//! Routing as the service shows and changes it: limits, presets, probes, the kept catalogue, reloads while it runs.

use serde_json::{Value, json};
use turnpike_api::command::{
    Activity, Config, Limits, ListMaps, ListPresets, Models, RefreshModels, RequestDetails, TestMap,
    UsePreset,
};
use turnpike_api::{ClientError, ErrorCode, Event};

use crate::support::{World, end, in_one_day, within};

const LIMITED: &str = "sim/error-429+retry-after=2";

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_told_shown_and_told_again_when_it_is_over() {
    let world = World::new();
    world.write_config(&format!(
        "[retry]\nmax_wait_seconds = 0\n[[map]]\nname = \"mine\"\ntarget = \"{LIMITED}\"\nfallback = [\"sim/text\"]\n"
    ));
    let service = world.start().await;
    let mut events = world.events().await;
    assert_eq!(world.message(&service, "mine").await.0, 200);
    let (target, instead) = events
        .until(|event| match event {
            Event::TargetLeftOut { target, instead } => Some((target, instead)),
            _ => None,
        })
        .await;
    assert_eq!((target.slug.as_str(), target.why.as_str()), (LIMITED, "limited"));
    assert_eq!((target.until - target.since, instead.as_deref()), (2, Some("sim/text")));
    assert!(target.message.contains("is rate limited until"), "{}", target.message);
    let limits = world.call(Limits::default()).await.expect("limits");
    assert!(limits.left_out.len() <= 1 && limits.free.used_today == 0 && limits.free.message.is_none());
    let back = events.until(|event| match event {
        Event::TargetBack { slug } => Some(slug),
        _ => None,
    });
    assert_eq!(back.await, LIMITED);
    assert!(world.call(Limits::default()).await.expect("limits").left_out.is_empty());
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn free_requests_are_counted_over_restarts() {
    in_one_day(free_requests_before_and_after).await;
}

async fn free_requests_before_and_after() {
    let world = World::new();
    let free = "poolside/laguna-s-2.1:free";
    let service = world.start().await;
    for _ in 0..3 {
        assert_eq!(world.message(&service, free).await.0, 200);
    }
    end(service).await;
    let service = world.start().await;
    let counted = within("the count of the run before", async {
        loop {
            let limits = world.call(Limits::default()).await.expect("limits");
            if limits.free.used_today > 0 {
                return limits.free;
            }
        }
    });
    let counted = counted.await;
    assert_eq!(counted.used_today, 3, "{counted:?}");
    assert!(counted.message.is_some_and(|message| message.contains("free requests today")));
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preset_is_in_force_at_once_and_goes_again() {
    let world = World::new();
    world.write_config("# mine\n[[map]]\nname = \"own\"\ntarget = \"sim/text\"\n");
    let service = world.start().await;
    let presets = world.call(ListPresets::default()).await.expect("presets");
    let balanced = presets.presets.iter().find(|preset| preset.name == "balanced").expect("balanced");
    let opus = &balanced.roles[0];
    assert_eq!((opus.role.as_str(), opus.slug.as_str()), ("opus", "openai/gpt-5.6-terra"));
    assert_eq!(
        (opus.input_nanos_per_million, opus.claude_input_nanos_per_million),
        (Some(1_000_000_000), Some(5_000_000_000))
    );
    let used = UsePreset { revision: presets.revision.clone(), name: "balanced".to_owned() };
    let used = world.call(used).await.expect("it is used");
    assert!(used.notices.is_empty(), "{:?}", used.notices);
    let maps = world.call(ListMaps::default()).await.expect("maps").maps;
    assert_eq!(maps.iter().map(|map| map.name.as_str()).collect::<Vec<_>>()[..2], ["own", "*opus*"]);
    let stale = world.call(UsePreset { revision: presets.revision, name: "claude".to_owned() }).await;
    assert!(
        matches!(&stale, Err(ClientError::Refused(error)) if error.code == ErrorCode::Conflict),
        "{stale:?}"
    );
    let unknown = world.call(UsePreset { revision: used.revision.clone(), name: "golden".to_owned() }).await;
    assert!(matches!(&unknown, Err(ClientError::Refused(error)) if error.code == ErrorCode::NotFound));
    let gone = world.call(UsePreset { revision: used.revision, name: "none".to_owned() }).await;
    assert!(gone.is_ok(), "{gone:?}");
    assert_eq!(world.config().trim_end(), "# mine\n[[map]]\nname = \"own\"\ntarget = \"sim/text\"");
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_is_kept_with_its_age_and_used_at_once() {
    let world = World::new();
    let service = world.start().await;
    let fetched = world.call(RefreshModels::default()).await.expect("the catalogue");
    let known = world.call(Models::default()).await.expect("models");
    assert_eq!(u64::try_from(known.models.len()).expect("small"), fetched.count);
    end(service).await;
    let kept = std::fs::read_to_string(world.data_dir().catalogue()).expect("it is kept");
    assert!(kept.contains(&world.sim.base_url()) && kept.contains("openai/gpt-5.6-terra"));
    // Nobody listens there: what is shown comes from the disk, or came with the program.
    let nowhere = "http://127.0.0.1:9/api/v1";
    for (kept_for, age, shown) in
        [(nowhere, Some(1_800_000_000), "kept/model"), ("http://127.0.0.1:8", None, "z-ai/glm-5.2")]
    {
        let kept = format!(
            "{{\"fetched\":1800000000,\"upstream\":\"{kept_for}\",\"body\":{{\"data\":[{{\"id\":\"kept/model\"}}]}}}}"
        );
        std::fs::write(world.data_dir().catalogue(), kept).expect("written");
        let upstream = Some(turnpike_settings::BaseUrl::parse(nowhere).expect("a URL"));
        let options = turnpike_control::ServeOptions { upstream, ..world.options() };
        let service = turnpike_control::Service::start(options).await.expect("a service");
        let known = world.call(Models { search: shown.to_owned() }).await.expect("models");
        assert_eq!((known.fetched, known.models.len()), (age, 1), "{shown}");
        end(service).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_probed_through_the_data_plane_and_the_result_is_shown() {
    let world = World::new();
    world.write_config("[[map]]\nname = \"mine\"\ntarget = \"sim/text+words=20+cost=0.001\"\n");
    let service = world.start().await;
    let result = world.call(TestMap { name: "mine".to_owned() }).await.expect("probes");
    assert_eq!(result.slug, "sim/text+words=20+cost=0.001");
    let passed = |name: &str| result.probes.iter().find(|probe| probe.name == name).expect("a probe").passed;
    assert_eq!(result.probes.len(), 7);
    assert!(passed("streaming") && !passed("tools") && !passed("thinking"), "{:?}", result.probes);
    assert_eq!(result.cost_nanos, 7_000_000, "seven requests");
    let maps = world.call(ListMaps::default()).await.expect("maps").maps;
    assert!(maps[0].conformance.as_ref().is_some_and(|shown| shown.contains("/7 on ")), "{maps:?}");
    assert_eq!(world.message(&service, "mine").await.0, 200);
    assert_eq!(probed_of_newest(&world).await["mends"], json!(["arguments", "written_calls"]));
    end(service).await;
}

/// What the decision of the one request that was no probe says of probes.
async fn probed_of_newest(world: &World) -> Value {
    // The row is on its way to the disk; the question is asked again until it is there.
    let found = within("the row", async {
        loop {
            let rows = world.call(Activity::default()).await.expect("requests").rows;
            if let Some(row) = rows.into_iter().find(|row| row.session.is_none()) {
                return row.id;
            }
        }
    });
    let id = found.await;
    let details = world.call(RequestDetails { id }).await.expect("details");
    let decision: Value = serde_json::from_str(&details.decision.expect("a decision")).expect("JSON");
    decision["probed"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_probes_saw_decides_from_then_on_and_over_a_restart() {
    let world = World::new();
    world
        .write_config("[[map]]\nname = \"mine\"\ntarget = \"sim/tool-as-text\"\nfallback = [\"sim/text\"]\n");
    let service = world.start().await;
    let result = world.call(TestMap { name: "mine".to_owned() }).await.expect("probes");
    let tools = result.probes.iter().find(|probe| probe.name == "tools").expect("a probe");
    assert!(tools.counts && tools.mended == ["written_call"], "{tools:?}");
    end(service).await;
    let service = world.start().await;
    assert_eq!(world.message(&service, "mine").await.0, 200);
    let probed = probed_of_newest(&world).await;
    assert_eq!((&probed["target"], &probed["mode"]), (&json!("sim/tool-as-text"), &json!("translate")));
    assert!(
        probed["mends"].as_array().is_some_and(|mends| mends.contains(&json!("written_calls"))),
        "{probed}"
    );
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn editing_the_file_by_hand_disturbs_none_of_fifty_streams() {
    let world = World::new();
    let config = |target: &str| format!("[[map]]\nname = \"mine\"\ntarget = \"{target}\"\n");
    world.write_config(&config("sim/text+words=60+delay=30ms"));
    let service = world.start().await;
    let streams: Vec<_> = (0..50).map(|_| tokio::task::spawn_blocking(streamed(&service))).collect();
    world
        .sim
        .wait_for(|journal| {
            (journal.iter().filter(|entry| entry.method == "POST").count() == 50).then_some(())
        })
        .await;
    let mut events = world.events().await;
    world.write_config("[[map]]\nname = \"mine\"\n");
    let refused = events.until(|event| match event {
        Event::ConfigRefused { message } => Some(message),
        _ => None,
    });
    let refused = refused.await;
    assert!(refused.contains("line 1") && refused.contains("target"), "{refused}");
    assert!(world.call(Config::default()).await.expect("the text").refused.is_some());
    world.write_config(&config("sim/text+words=3"));
    events.until(|event| matches!(event, Event::ConfigApplied { .. }).then_some(())).await;
    let (status, next) = world.message(&service, "mine").await;
    assert!(
        status == 200 && next.contains(&turnpike_sim::words(3)) && !next.contains(&turnpike_sim::words(4)),
        "{next}"
    );
    for stream in streams {
        let (status, text) = stream.await.expect("no panic");
        assert_eq!((status, text.matches("event: message_stop").count()), (200, 1));
        assert_eq!(text.matches("text_delta").count(), 60, "none is cut");
        assert!(!text.contains("event: error"));
    }
    end(service).await;
}

/// A request that streams, to be run on a thread of its own.
fn streamed(service: &turnpike_control::RunningService) -> impl FnOnce() -> (u16, String) + Send + 'static {
    let url = format!("{}/v1/messages", service.data_plane_url());
    let token = service.token().secret().expose().to_owned();
    move || {
        let body = serde_json::json!({"model": "mine", "max_tokens": 500, "stream": true,
            "messages": [{"role": "user", "content": "Hello"}]});
        let agent = ureq::Agent::config_builder().proxy(None).http_status_as_error(false).build().new_agent();
        let request = agent.post(url).header("authorization", format!("Bearer {token}"));
        let answer = request.content_type("application/json").send(body.to_string()).expect("an answer");
        (answer.status().as_u16(), answer.into_body().read_to_string().expect("text"))
    }
}
