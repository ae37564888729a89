//! The simulator as a program: it says where it listens, and stops when it is told to.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

#[tokio::test]
async fn it_prints_its_address_and_stops_on_sigterm() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_turnpike-sim"))
        .args(["--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().expect("one line");
    let address: Value = serde_json::from_str(&line).unwrap();
    let address = address["address"].as_str().unwrap();
    TcpStream::connect(address).await.expect("it listens there");
    let pid = rustix::process::Pid::from_raw(program.id().unwrap().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let status = timeout(Duration::from_secs(10), program.wait()).await.expect("it stops").unwrap();
    assert!(status.success());
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn it_lists_what_it_can_play() {
    let listed = Command::new(env!("CARGO_BIN_EXE_turnpike-sim")).arg("--scenarios").output().await.unwrap();
    let text = String::from_utf8(listed.stdout).unwrap();
    for name in ["sim/agent", "sim/error-429-free-day", "+slice=1"] {
        assert!(text.contains(name), "{name}: {text}");
    }
}
