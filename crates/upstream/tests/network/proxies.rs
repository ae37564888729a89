//! The variables that name a proxy: the upstream is reached through it, this machine never is.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use turnpike_upstream::{Collector, TransportKind, Upstream};

use crate::again::{KEY, infer, with_variables, within};

/// Ports that the variables name: chosen by the outer process, told to the inner one.
const ADDRESS: &str = "TURNPIKE_TEST_PROXY";

/// What comes next over a connection to a proxy.
async fn next(stream: &mut TcpStream) -> Vec<u8> {
    let mut asked = vec![0; 4096];
    let length = stream.read(&mut asked).await.expect("a request");
    asked.truncate(length);
    let text = String::from_utf8_lossy(&asked);
    assert!(!text.contains(KEY), "the key is for the upstream alone: {text}");
    asked
}

/// What a proxy was asked first, as lines.
async fn request(listener: &TcpListener) -> Vec<String> {
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let asked = next(&mut stream).await;
    String::from_utf8_lossy(&asked).lines().map(str::to_owned).collect()
}

async fn first_line(listener: &TcpListener) -> String {
    request(listener).await.swap_remove(0)
}

/// Takes the proxy's port again, which the outer process has let go.
async fn proxy() -> TcpListener {
    TcpListener::bind(std::env::var(ADDRESS).unwrap()).await.expect("the port is free")
}

/// Runs the body with each of these variables set to a proxy of this machine.
fn behind_a_proxy(test: &str, names: &[&str], more: &[(&str, &str)], body: impl AsyncFnOnce()) {
    behind_a_proxy_of_kind("http://", test, names, more, body);
}

/// The same with what stands before the proxy's address.
fn behind_a_proxy_of_kind(
    kind: &str,
    test: &str,
    names: &[&str],
    more: &[(&str, &str)],
    body: impl AsyncFnOnce(),
) {
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap().to_string();
    drop(held);
    let url = format!("{kind}{address}");
    let mut variables: Vec<(&str, &str)> = names.iter().map(|name| (*name, url.as_str())).collect();
    variables.push((ADDRESS, &address));
    variables.extend_from_slice(more);
    with_variables(test, &variables, body);
}

#[test]
fn the_upstream_is_asked_through_the_proxy_that_is_named() {
    let name = "proxies::the_upstream_is_asked_through_the_proxy_that_is_named";
    behind_a_proxy(name, &["HTTPS_PROXY"], &[], async || {
        let proxy = proxy().await;
        let upstream = Upstream::new("https://openrouter.invalid/api/v1").unwrap();
        let (answer, asked) = within("both", async { tokio::join!(infer(&upstream), request(&proxy)) }).await;
        assert_eq!(asked[0], "CONNECT openrouter.invalid:443 HTTP/1.1");
        assert!(
            asked.iter().any(|line| line.to_ascii_lowercase().starts_with("user-agent: turnpike/")),
            "{asked:?}"
        );
        assert!(answer.is_err());
    });
}

#[test]
fn one_proxy_for_all_is_taken_too() {
    behind_a_proxy("proxies::one_proxy_for_all_is_taken_too", &["ALL_PROXY"], &[], async || {
        let proxy = proxy().await;
        let upstream = Upstream::new("https://openrouter.invalid/api/v1").unwrap();
        let (_, asked) = within("both", async { tokio::join!(infer(&upstream), first_line(&proxy)) }).await;
        assert_eq!(asked, "CONNECT openrouter.invalid:443 HTTP/1.1");
    });
}

#[test]
fn a_proxy_is_shown_the_name_and_password_of_its_url() {
    let name = "proxies::a_proxy_is_shown_the_name_and_password_of_its_url";
    behind_a_proxy_of_kind("http://user:pass@", name, &["HTTPS_PROXY"], &[], async || {
        let proxy = proxy().await;
        let upstream = Upstream::new("https://openrouter.invalid/api/v1").unwrap();
        let (_, asked) = within("both", async { tokio::join!(infer(&upstream), request(&proxy)) }).await;
        let shown = asked.iter().find(|line| line.to_ascii_lowercase().starts_with("proxy-authorization:"));
        assert_eq!(shown.map(|line| &line[21..]), Some("Basic dXNlcjpwYXNz"), "{asked:?}");
    });
}

#[test]
fn a_socks_proxy_connects_and_finds_the_name() {
    let name = "proxies::a_socks_proxy_connects_and_finds_the_name";
    behind_a_proxy_of_kind("socks5://", name, &["ALL_PROXY"], &[], async || {
        let proxy = proxy().await;
        let upstream = Upstream::new("https://openrouter.invalid/api/v1").unwrap();
        let serve = async {
            let (mut stream, _) = proxy.accept().await.expect("a connection");
            assert_eq!(next(&mut stream).await, [5, 1, 0], "version 5, one method, which is none");
            stream.write_all(&[5, 0]).await.expect("the method is taken");
            let asked = next(&mut stream).await;
            stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 9]).await.expect("connected");
            (asked, next(&mut stream).await)
        };
        let (answer, (asked, hello)) = within("both", async { tokio::join!(infer(&upstream), serve) }).await;
        let name = b"openrouter.invalid";
        let length = u8::try_from(name.len()).unwrap();
        assert_eq!(asked, [&[5, 1, 0, 3, length][..], name, &443_u16.to_be_bytes()].concat());
        assert_eq!(hello[0], 22, "a TLS handshake begins");
        assert!(answer.is_err());
    });
}

/// The upstream is not asked, and not past the proxy either: a name that is nobody's would be told as such.
async fn nothing_is_asked() {
    let upstream = Upstream::new("https://openrouter.invalid/api/v1").unwrap();
    let error = within("an error", infer(&upstream)).await.unwrap_err();
    assert_eq!(error.kind, TransportKind::Connect);
    assert!(error.to_string().contains("proxy variables"), "{error}");
}

#[test]
fn a_proxy_of_an_unknown_kind_is_an_error_and_not_a_way_around_it() {
    let name = "proxies::a_proxy_of_an_unknown_kind_is_an_error_and_not_a_way_around_it";
    behind_a_proxy_of_kind("socks4://", name, &["ALL_PROXY"], &[], nothing_is_asked);
}

#[test]
fn a_slip_in_a_variable_is_an_error_and_not_a_way_around_the_proxy() {
    let name = "proxies::a_slip_in_a_variable_is_an_error_and_not_a_way_around_the_proxy";
    behind_a_proxy_of_kind("htps://", name, &["HTTPS_PROXY"], &[], nothing_is_asked);
}

#[test]
fn a_desktops_socks_is_version_5() {
    let name = "proxies::a_desktops_socks_is_version_5";
    behind_a_proxy_of_kind("socks://", name, &["all_proxy"], &[], async || {
        let proxy = proxy().await;
        let upstream = Upstream::new("https://openrouter.invalid/api/v1").unwrap();
        let greeting = async {
            let (mut stream, _) = proxy.accept().await.expect("a connection");
            next(&mut stream).await
        };
        let (_, greeting) = within("both", async { tokio::join!(infer(&upstream), greeting) }).await;
        assert_eq!(greeting, [5, 1, 0]);
    });
}

#[test]
fn a_collector_in_clear_text_is_asked_by_its_whole_url() {
    let name = "proxies::a_collector_in_clear_text_is_asked_by_its_whole_url";
    behind_a_proxy_of_kind("http://user:pass@", name, &["HTTP_PROXY"], &[], async || {
        let proxy = proxy().await;
        let collector =
            Collector::new("http://collector.invalid/v1/traces", &[], Duration::from_secs(30)).unwrap();
        let serve = async {
            let (mut stream, _) = proxy.accept().await.expect("a connection");
            let asked = String::from_utf8(next(&mut stream).await).expect("text");
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.expect("answered");
            asked
        };
        let sending = collector.send(b"{}".to_vec());
        let (sent, asked) = within("both", async { tokio::join!(sending, serve) }).await;
        sent.expect("it was taken");
        assert!(asked.starts_with("POST http://collector.invalid/v1/traces HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains("proxy-authorization: Basic dXNlcjpwYXNz\r\n"), "{asked}");
    });
}

#[test]
fn what_is_excepted_goes_past_the_proxy() {
    let names = ["HTTPS_PROXY", "ALL_PROXY"];
    let except = [("NO_PROXY", "openrouter.invalid")];
    behind_a_proxy("proxies::what_is_excepted_goes_past_the_proxy", &names, &except, async || {
        let proxy = proxy().await;
        let upstream = Upstream::new("https://openrouter.invalid/api/v1").unwrap();
        tokio::select! {
            answer = infer(&upstream) => assert!(answer.is_err()),
            asked = first_line(&proxy) => panic!("the proxy was asked: {asked}"),
        }
    });
}

#[test]
fn this_machine_is_never_asked_through_a_proxy() {
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    behind_a_proxy("proxies::this_machine_is_never_asked_through_a_proxy", &names, &[], async || {
        let proxy = proxy().await;
        for host in ["127.0.0.1", "localhost"] {
            let here = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = here.local_addr().unwrap().port();
            let upstream = Upstream::new(&format!("http://{host}:{port}/api/v1")).unwrap();
            let asking = tokio::spawn(async move { infer(&upstream).await });
            tokio::select! {
                accepted = within("a request", here.accept()) => drop::<(TcpStream, _)>(accepted.unwrap()),
                asked = first_line(&proxy) => panic!("the proxy was asked for {host}: {asked}"),
            }
            assert!(within("the end", asking).await.unwrap().is_err());
        }
    });
}
