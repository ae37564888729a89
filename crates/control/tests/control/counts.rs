//! Counts of tokens, over restarts.

use turnpike_control::RunningService;

use crate::support::{World, end, within};

const MODEL: &str = "qwen/qwen3-coder-next";

async fn count(world: &World, service: &RunningService, words: &str) -> u64 {
    let (status, body) = world.says(service, "/v1/messages/count_tokens", MODEL, words).await;
    assert_eq!(status, 200, "{body}");
    let count: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    count["input_tokens"].as_u64().expect("a count")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_run_learned_about_counting_is_known_again() {
    let world = World::new();
    let words = "Please read the file and say what it does. ".repeat(200);
    let service = world.start().await;
    let fresh = count(&world, &service, &words).await;
    for _ in 0..6 {
        assert_eq!(world.says(&service, "/v1/messages", MODEL, &words).await.0, 200);
    }
    let learned = count(&world, &service, &words).await;
    assert!(learned.abs_diff(fresh) > 20, "{fresh} -> {learned}");
    end(service).await;
    let service = world.start().await;
    // It is learned beside the first requests, not before them.
    within("what was learned", async { while count(&world, &service, &words).await != learned {} }).await;
    end(service).await;
}
