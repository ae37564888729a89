//! A network that swallows what is sent to it.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use turnpike_ledger::{Cost, Status};

use crate::client::ask;
use crate::harness::{Plane, Setup, attempts, within};
use crate::upstream::{ONE_WORD, STREAM};

const TEXT: &[u8] =
    b"data: {\"id\":\"gen-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"more\"}}]}\n\n";

#[tokio::test]
async fn a_network_that_swallows_new_connections_cuts_no_stream() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let upstream = Some(format!("http://{address}/api/v1"));
    let plane = Plane::with(Setup { upstream, ..Setup::default() }).await;

    let mut client = plane.connect().await;
    client.send(plane.request(&ask("a/b", true))).await;
    let (mut running, _) = within("the first request", listener.accept()).await.unwrap();
    let mut request = vec![0; 64 * 1024];
    assert!(within("its bytes", running.read(&mut request)).await.unwrap() > 0);
    running.write_all(&[STREAM.as_bytes(), TEXT].concat()).await.unwrap();
    within("a head", client.head()).await.expect("a head came");
    within("text", client.chunks_until("more")).await;

    // Once the queue of connections is full, each further SYN is dropped.
    let mut waiting = Vec::new();
    while let Ok(Ok(stream)) =
        tokio::time::timeout(Duration::from_millis(500), TcpStream::connect(address)).await
    {
        waiting.push(stream);
    }
    let goes_on = async {
        for _ in 0..5 {
            running.write_all(TEXT).await.unwrap();
            within("more text", client.chunks_until("more")).await;
        }
    };
    let body = ask("a/b", false);
    let (second, ()) = tokio::join!(plane.send(&body), goes_on);
    let (status, kind, message) = second.error();
    assert_eq!((status, kind.as_str()), (504, "timeout_error"), "{message}");
    assert!(message.contains(&address.to_string()) && message.contains("10 s"), "{message}");

    running.write_all(ONE_WORD.as_bytes()).await.unwrap();
    within("the end of the first", client.chunks_until("message_stop")).await;
    let rows = plane.rows();
    assert_eq!((rows[0].status, rows[1].status), (Status::Ok, Status::Error));
    assert_eq!(attempts(&rows[1]).len(), 1, "ten seconds are waited once");
    assert_eq!(rows[1].cost, Cost::NONE, "it never left");
}
