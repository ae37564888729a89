//! The client against servers that know the secret, and against some that do not.

#![expect(clippy::expect_used, reason = "these are tests")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread::JoinHandle;

use turnpike_api::command::{ProxyState, Start, Status};
use turnpike_api::proof::Challenge;
use turnpike_api::{API_VERSION, Client, ClientError, ControlFile, ErrorCode, SecretText};

const SECRET: &str = "only the service knows this";

/// What a fake server answers to a request: a status and a body.
type Answers = fn(path: &str, body: &str, address: &str) -> (u16, String);

/// A server that answers `count` requests and then tells what it was sent.
fn serve(count: usize, answers: Answers) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address").to_string();
    let told = address.clone();
    let thread = std::thread::spawn(move || {
        let mut seen = Vec::new();
        while seen.len() < count {
            let (stream, _) = listener.accept().expect("a connection");
            answer_all(stream, count, answers, &told, &mut seen);
        }
        seen
    });
    (address, thread)
}

fn answer_all(stream: TcpStream, count: usize, answers: Answers, address: &str, seen: &mut Vec<String>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut stream = stream;
    while seen.len() < count {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).expect("a line") == 0 {
                return;
            }
        }
        let lower = head.to_ascii_lowercase();
        let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        let mut body = vec![0; length.expect("a length").parse().expect("a number")];
        reader.read_exact(&mut body).expect("the body");
        let body = String::from_utf8(body).expect("text");
        let path = head.split(' ').nth(1).expect("a path").to_owned();
        let (status, text) = answers(&path, &body, address);
        write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{text}", text.len()).expect("sent");
        seen.push(head + &body);
    }
}

fn proof(body: &str, secret: &str, address: &str) -> (u16, String) {
    let challenge: Challenge = serde_json::from_str(body).expect("a challenge");
    let proof = challenge.answer(secret, address);
    (200, serde_json::to_string(&proof).expect("JSON"))
}

/// Written by a process that lives.
fn control_file(address: String, api_version: u32) -> (tempfile::TempDir, PathBuf) {
    control_file_of(std::process::id(), address, api_version)
}

/// A process that has ended.
fn dead() -> u32 {
    let mut child = std::process::Command::new("true").spawn().expect("a process");
    child.wait().expect("its end");
    child.id()
}

fn control_file_of(pid: u32, address: String, api_version: u32) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("control.json");
    let secret = SecretText::new(SECRET.to_owned());
    let file = ControlFile { address, pid, instance: "i".to_owned(), api_version, secret };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let text = file.to_json().expect("JSON");
    options.open(&path).and_then(|mut file| file.write_all(text.as_bytes())).expect("written");
    (dir, path)
}

#[test]
fn a_server_that_proves_itself_gets_the_bearer_and_the_command() {
    let (address, server) = serve(2, |path, body, address| match path {
        "/proof" => proof(body, SECRET, address),
        _ => (200, r#"{"state":"running","live":3,"not_kept":null}"#.to_owned()),
    });
    let (_dir, path) = control_file(address, API_VERSION);
    let client = Client::connect(&path).expect("connected");
    let reply = client.call(&Start {}).expect("an answer");
    assert_eq!((reply.state, reply.live), (ProxyState::Running, 3));
    let seen = server.join().expect("the server's end");
    assert!(!seen[0].contains(SECRET), "the secret is not shown before the proof");
    assert!(seen[1].starts_with("POST /api/start HTTP/1.1"), "{}", seen[1]);
    assert!(seen[1].contains(&format!("Bearer {SECRET}")), "{}", seen[1]);
}

#[test]
fn whoever_cannot_prove_it_is_told_nothing() {
    let rows: [(&str, Answers); 5] = [
        ("another secret", |_, body, address| proof(body, "guessed", address)),
        ("another address", |_, body, _| proof(body, SECRET, "127.0.0.1:9")),
        ("no JSON", |_, _, _| (200, "<html>".to_owned())),
        ("an error", |_, _, _| (404, "{}".to_owned())),
        ("the nonce itself", |_, body, _| (200, body.replace("nonce", "proof"))),
    ];
    for (name, answers) in rows {
        let (address, server) = serve(1, answers);
        let (_dir, path) = control_file(address.clone(), API_VERSION);
        let refused = Client::connect(&path).expect_err(name);
        assert!(
            matches!(&refused, ClientError::Impostor { address: a } if *a == address),
            "{name}: {refused}"
        );
        let seen = server.join().expect("the server's end");
        assert!(seen.iter().all(|request| !request.contains(SECRET)), "{name}");
    }
}

#[test]
fn a_port_where_nobody_listens_means_not_running() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address").to_string();
    drop(listener);
    let (_dir, path) = control_file(address, API_VERSION);
    let told = Client::connect(&path).expect_err("nobody is there");
    let pid = std::process::id().to_string();
    assert!(matches!(&told, ClientError::NotRunning(sentence) if sentence.contains(&pid)), "{told}");
}

#[cfg(unix)]
#[test]
fn after_a_crash_neither_another_program_on_the_port_nor_an_old_version_stands_in_the_way() {
    let (address, server) = serve(1, |_, body, address| proof(body, "another's", address));
    let (_dir, path) = control_file_of(dead(), address, API_VERSION);
    let told = Client::connect(&path).expect_err("a port that another one took");
    assert!(matches!(told, ClientError::NotRunning(_)), "{told}");
    assert!(!server.join().expect("the server's end")[0].contains(SECRET));
    let (_dir, path) = control_file_of(dead(), "127.0.0.1:9".to_owned(), API_VERSION + 1);
    let told = Client::connect(&path).expect_err("a file that was left behind");
    assert!(matches!(told, ClientError::NotRunning(_)), "{told}");
}

#[test]
fn another_version_is_not_even_asked() {
    let (_dir, path) = control_file("127.0.0.1:9".to_owned(), API_VERSION + 1);
    let told = Client::connect(&path).expect_err("another version");
    assert!(matches!(told, ClientError::Version { found, .. } if found == API_VERSION + 1), "{told}");
}

#[test]
fn the_services_own_words_come_through() {
    let (address, server) = serve(3, |path, body, address| match path {
        "/proof" => proof(body, SECRET, address),
        "/api/status" => (409, r#"{"code":"conflict","message":"Look again."}"#.to_owned()),
        _ => (200, "no JSON".to_owned()),
    });
    let (_dir, path) = control_file(address, API_VERSION);
    let client = Client::connect(&path).expect("connected");
    match client.call(&Status {}).expect_err("a conflict") {
        ClientError::Refused(error) => {
            assert_eq!((error.code, error.message.as_str()), (ErrorCode::Conflict, "Look again."));
        }
        other => panic!("{other}"),
    }
    assert!(matches!(client.call(&Start {}), Err(ClientError::Broken { .. })));
    server.join().expect("the server's end");
}
