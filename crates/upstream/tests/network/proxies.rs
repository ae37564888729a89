//! The variables that name a proxy: the upstream is reached through it, this machine never is.

use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use turnpike_upstream::Upstream;

use crate::again::{KEY, infer, with_variables, within};

/// Ports that the variables name: chosen by the outer process, told to the inner one.
const ADDRESS: &str = "TURNPIKE_TEST_PROXY";

/// What a proxy was asked first.
async fn first_line(listener: &TcpListener) -> String {
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let mut asked = vec![0; 4096];
    let length = stream.read(&mut asked).await.expect("a request");
    let text = String::from_utf8_lossy(&asked[..length]).into_owned();
    assert!(!text.contains(KEY), "the key is for the upstream alone: {text}");
    text.lines().next().unwrap_or_default().to_owned()
}

/// Takes the proxy's port again, which the outer process has let go.
async fn proxy() -> TcpListener {
    TcpListener::bind(std::env::var(ADDRESS).unwrap()).await.expect("the port is free")
}

/// Runs the body with each of these variables set to a proxy of this machine.
fn behind_a_proxy(test: &str, names: &[&str], more: &[(&str, &str)], body: impl AsyncFnOnce()) {
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap().to_string();
    drop(held);
    let url = format!("http://{address}");
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
        let (answer, asked) =
            within("both", async { tokio::join!(infer(&upstream), first_line(&proxy)) }).await;
        assert_eq!(asked, "CONNECT openrouter.invalid:443 HTTP/1.1");
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
