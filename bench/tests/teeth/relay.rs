//! A relay in front of the simulator that spoils answers in one way.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use turnpike_bench::load::clock;
use turnpike_bench::load::connection::Connection;

/// What it does to each answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spoils {
    /// Passes every byte on as it comes.
    Nothing,
    /// The same, but the first bytes of each answer wait.
    Delays(Duration),
    /// Leaves out the events that hold a text.
    Loses(&'static str),
    /// Writes another text for one.
    Replaces(&'static str, &'static str),
}

pub(crate) struct Relay;

impl Relay {
    /// Listens until the test ends.
    pub(crate) fn start(upstream: SocketAddr, spoils: Spoils) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                thread::spawn(move || match spoils {
                    Spoils::Nothing => pass(&client, upstream, Duration::ZERO),
                    Spoils::Delays(delay) => pass(&client, upstream, delay),
                    _ => rewrite(&client, upstream, spoils),
                });
            }
        });
        address
    }
}

/// Passes bytes on; an error is a connection that ended, and the client sees it.
fn pass(client: &TcpStream, upstream: SocketAddr, delay: Duration) {
    let server = TcpStream::connect(upstream).expect("the simulator listens");
    client.set_nodelay(true).expect("a socket");
    server.set_nodelay(true).expect("a socket");
    let begins = Arc::new(AtomicBool::new(false));
    let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let asked = Arc::clone(&begins);
    thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            asked.store(true, Ordering::SeqCst);
            if to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Both);
    });
    let (mut from, mut to) = (server, client);
    let mut buffer = vec![0; 64 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if begins.swap(false, Ordering::SeqCst) {
            clock::wait(delay);
        }
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}

/// Reads whole answers and gives them on with a change.
fn rewrite(mut client: &TcpStream, upstream: SocketAddr, spoils: Spoils) {
    let mut reader = BufReader::new(client.try_clone().expect("a socket"));
    let mut server = Connection::new(&upstream.to_string());
    while let Some(request) = request(&mut reader) {
        let reply = server.ask(&request).expect("an answer of the simulator");
        let kind = if reply.events { "text/event-stream" } else { "application/json" };
        let mut head = format!("HTTP/1.1 {} Relayed\r\ncontent-type: {kind}\r\n", reply.status);
        let mut body = String::from_utf8(reply.body).expect("text");
        match spoils {
            Spoils::Loses(text) => {
                let events: Vec<&str> = body.split("\n\n").filter(|event| !event.contains(text)).collect();
                body = events.join("\n\n");
            }
            Spoils::Replaces(text, other) => {
                head = head.replace(text, other);
                body = body.replace(text, other);
            }
            _ => {}
        }
        let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
        if client.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// One request's bytes; `None` when there are no more.
fn request(reader: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        request.extend_from_slice(line.as_bytes());
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        if line == "\r\n" {
            break;
        }
    }
    let head = request.len();
    request.resize(head + length, 0);
    reader.read_exact(&mut request[head..]).ok()?;
    Some(request)
}
