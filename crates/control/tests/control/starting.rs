//! What can stand in the way of a start, and what a start leaves behind.

use std::net::TcpListener;

use turnpike_api::ClientError;
use turnpike_api::command::{ProxyState, Shutdown, Start, Status, Stop};
use turnpike_control::{ServeOptions, StartError};

use crate::support::{World, end, within};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_service_is_refused_and_names_the_first() {
    let world = World::new();
    let service = world.start().await;
    let told = world.refused(world.options()).await.to_string();
    assert!(told.contains(&format!("process {}", std::process::id())), "{told}");
    assert!(told.contains("--data-dir"), "{told}");
    assert_eq!(world.status().await.state, ProxyState::Running, "the first goes on");
    end(service).await;
    end(world.start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_refused_with_its_holder_and_nothing_is_half_done() {
    let world = World::new();
    let held = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = held.local_addr().expect("its address");
    let rows = [
        (ServeOptions { listen: Some(address), ..world.options() }, "--listen"),
        (ServeOptions { control_listen: Some(address), ..world.options() }, "--control-listen"),
    ];
    for (options, flag) in rows {
        let error = world.refused(options).await;
        assert!(matches!(error, StartError::Listen(_)), "{error}");
        let told = error.to_string();
        assert!(told.contains(&address.to_string()) && told.contains(flag), "{told}");
        assert!(told.contains(&format!("process {}", std::process::id())), "{told}");
        assert!(!world.data_dir().ledger().exists(), "no ledger was begun");
        assert!(!world.data_dir().control().exists(), "no control.json was written");
    }
    drop(held);
    end(world.start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_machines_are_let_in_only_when_asked_aloud_and_with_tokens_of_their_own() {
    let world = World::new();
    let everywhere = Some("0.0.0.0:0".parse().expect("an address"));
    let rows = [
        (ServeOptions { listen: everywhere, ..world.options() }, "--allow-remote"),
        (ServeOptions { listen: everywhere, allow_remote: true, ..world.options() }, "[[client]]"),
        (ServeOptions { control_listen: everywhere, allow_remote: true, ..world.options() }, "loopback"),
    ];
    for (options, says) in rows {
        let told = world.refused(options).await.to_string();
        assert!(told.contains(says), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_configuration_stops_the_first_start_but_not_a_later_one() {
    let world = World::new();
    let broken = "[proxy]\nlisten = 4117\n";
    world.write_config(broken);
    let told = world.refused(world.options()).await;
    assert!(matches!(told, StartError::Config(_)), "{told}");
    assert!(told.to_string().contains("line 2") && told.to_string().contains("listen"), "{told}");

    world.write_config("[[map]]\nname = \"a\"\ntarget = \"sim/text\"\n");
    end(world.start().await).await;
    world.write_config(broken);
    let service = world.start().await;
    let status = world.status().await;
    assert!(status.config.refused.is_some_and(|reason| reason.contains("line 2")));
    assert!(status.notices.iter().any(|notice| notice.contains("last good")), "{:?}", status.notices);
    assert_eq!(world.message(&service, "a").await.0, 200, "the map of the good copy");
    assert_eq!(world.config(), broken, "the file is left as it is");
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_is_an_answer_and_outlives_a_restart() {
    let world = World::new();
    let service = world.start().await;
    assert_eq!(world.message(&service, "sim/text").await.0, 200);
    let reply = world.call(Stop::default()).await.expect("stopped");
    assert_eq!((reply.state, reply.not_kept), (ProxyState::Stopped, None));
    let (status, body) = world.message(&service, "sim/text").await;
    assert_eq!(status, 503);
    assert!(body.contains("turnpike start"), "{body}");
    end(service).await;

    let service = world.start().await;
    assert_eq!(world.status().await.state, ProxyState::Stopped);
    assert_eq!(world.message(&service, "sim/text").await.0, 503);
    world.call(Start::default()).await.expect("started");
    assert_eq!(world.message(&service, "sim/text").await.0, 200);
    end(service).await;

    let service = world.start().await;
    assert_eq!(world.status().await.state, ProxyState::Running);
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_ends_the_service_and_nothing_of_it_stays() {
    let world = World::new();
    let mut service = world.start().await;
    let mut events = world.events().await;
    world.call(Shutdown::default()).await.expect("ending");
    within("the order to end", service.ending()).await;
    events.end().await;
    let address = world.control_file().address;
    end(service).await;
    assert!(!world.data_dir().control().exists());
    assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens any more");
    let told = world.call(Status::default()).await.expect_err("nobody is there");
    assert!(matches!(told, ClientError::NotRunning(_)), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_control_plane_takes_its_last_port_again() {
    // 4118 may be free or not; where it is taken, the last one is next.
    let holder = TcpListener::bind("127.0.0.1:4118");
    // Any other program may take the port in between, but not each time.
    let mut ports = Vec::new();
    for _ in 0..10 {
        let world = World::new();
        let service = world.start().await;
        let first = world.control_file().address;
        end(service).await;
        let service =
            turnpike_control::Service::start(ServeOptions { control_listen: None, ..world.options() });
        let service = service.await.expect("a service");
        let second = world.control_file().address;
        end(service).await;
        if first == second {
            drop(holder);
            return;
        }
        ports.push((first, second));
    }
    panic!("first and next: {ports:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_is_no_database_is_kept_aside_and_told_of() {
    let world = World::new();
    let words = "no database at all, but long enough to be one";
    std::fs::write(world.data_dir().ledger(), words).expect("written");
    let service = world.start().await;
    let notices = world.status().await.notices;
    let told = notices.iter().find(|notice| notice.contains("the ledger was damaged")).expect("a sentence");
    let kept = told.rsplit("kept at ").next().expect("a path");
    assert_eq!(std::fs::read_to_string(kept).expect("the old file"), words);
    assert_eq!(world.message(&service, "sim/text").await.0, 200);
    end(service).await;
}
