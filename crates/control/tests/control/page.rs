//! How a browser is let in, and who is not.

use turnpike_api::ControlFile;
use turnpike_api::command::{OpenPage, PageLink};
use turnpike_control::{Service, StartError};

use crate::support::{Answer, World, end};

const JSON: (&str, &str) = ("content-type", "application/json");

/// A browser that logged in.
pub(crate) struct Browser {
    host: String,
    origin: String,
    cookie: String,
    token: String,
}

// === impl Browser ===

impl Browser {
    pub(crate) async fn logged_in(world: &World) -> Self {
        let code = code(world).await;
        let answer = login(world, &code).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let host = world.control_file().address;
        Self {
            origin: format!("http://{host}"),
            host,
            cookie: cookie(&answer),
            token: serde_json::from_str::<serde_json::Value>(&answer.body).expect("JSON")["token"]
                .as_str()
                .expect("a token")
                .to_owned(),
        }
    }

    /// What a browser sends with a command from our page.
    pub(crate) fn headers(&self) -> Vec<(&str, &str)> {
        vec![
            ("host", &self.host),
            ("origin", &self.origin),
            ("sec-fetch-site", "same-origin"),
            ("cookie", &self.cookie),
            ("x-turnpike-session", &self.token),
            JSON,
        ]
    }
}

async fn code(world: &World) -> String {
    let PageLink { url, .. } = world.call(OpenPage::default()).await.expect("a link");
    url.expose().split_once('#').expect("a code behind the #").1.to_owned()
}

async fn login(world: &World, code: &str) -> Answer {
    let host = world.control_file().address;
    let origin = format!("http://{host}");
    let headers = [("host", host.as_str()), ("origin", &origin), ("sec-fetch-site", "same-origin"), JSON];
    world.ask("POST /login", &headers, &format!("{{\"code\":\"{code}\"}}")).await
}

/// `name=value` of the cookie that was set.
fn cookie(answer: &Answer) -> String {
    let line = answer.head.lines().find_map(|line| line.strip_prefix("set-cookie: "));
    let line = line.expect("a cookie is set");
    assert!(line.contains("; httponly; samesite=strict; path=/"), "{line}");
    line.split(';').next().expect("a pair").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_lets_a_browser_in_once() {
    let world = World::new();
    let service = world.start().await;
    let browser = Browser::logged_in(&world).await;
    assert_eq!(world.ask("POST /api/status", &browser.headers(), "{}").await.status, 200);
    let code = code(&world).await;
    assert_eq!(login(&world, "made up").await.status, 401);
    assert_eq!(login(&world, &code).await.status, 200);
    let again = login(&world, &code).await;
    assert_eq!(again.status, 401, "{again:?}");
    assert!(again.body.contains("turnpike ui") && !again.head.contains("set-cookie"), "{again:?}");
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_halves_of_the_session_are_needed_for_commands_and_events() {
    let world = World::new();
    let service = world.start().await;
    let browser = Browser::logged_in(&world).await;
    let other = Browser::logged_in(&world).await;
    let ControlFile { secret, .. } = world.control_file();
    let without = |name: &str| -> Vec<(&str, &str)> {
        browser.headers().into_iter().filter(|(header, _)| *header != name).collect()
    };
    let with = |name: &'static str, value: &str| {
        let mut headers = without(name);
        headers.push((name, Box::leak(value.to_owned().into_boxed_str())));
        headers
    };
    let in_query =
        format!("?token={}&session={}&x-turnpike-session={}", browser.token, browser.token, browser.token);
    let secret_in_query = format!("?secret={0}&authorization=Bearer%20{0}", secret.expose());
    let rows = [
        ("no cookie", "", without("cookie")),
        ("no header token", "", without("x-turnpike-session")),
        ("the token of another session", "", with("x-turnpike-session", &other.token)),
        (
            "the cookie's own value as token",
            "",
            with("x-turnpike-session", browser.cookie.split_once('=').expect("a pair").1),
        ),
        ("an unknown cookie", "", with("cookie", "turnpike_session=1")),
        ("the token in the query", in_query.as_str(), without("x-turnpike-session")),
        ("the secret in the query", secret_in_query.as_str(), without("cookie")),
    ];
    for (name, query, headers) in rows {
        for line in ["POST /api/stop", "POST /api/key.clear", "GET /events", "POST /logout"] {
            let answer = world.ask(&format!("{line}{query}"), &headers, "{}").await;
            assert_eq!(answer.status, 401, "{name}, {line}: {answer:?}");
        }
    }
    assert_eq!(world.status().await.state, turnpike_api::command::ProxyState::Running, "nothing was stopped");
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_places_are_refused_even_with_both_halves() {
    let world = World::new();
    let service = world.start().await;
    let browser = Browser::logged_in(&world).await;
    let code = code(&world).await;
    let rows = [
        ("a foreign host", "host", "evil.example", ""),
        ("a rebound name with our port", "host", "evil.example:4118", ""),
        ("a foreign origin", "origin", "https://evil.example", ""),
        ("a page of another local port", "origin", "http://127.0.0.1:3000", ""),
        ("a page that hides its origin", "origin", "null", ""),
        ("a fetch from another port's page", "sec-fetch-site", "same-site", ""),
        ("a fetch from another site", "sec-fetch-site", "cross-site", ""),
        ("a command as navigation", "sec-fetch-site", "cross-site", "navigate"),
    ];
    for (name, header, value, mode) in rows {
        let mut headers = browser.headers();
        headers.retain(|(known, _)| *known != header);
        headers.push((header, value));
        if !mode.is_empty() {
            headers.extend([("sec-fetch-mode", mode), ("sec-fetch-dest", "document")]);
        }
        for line in ["POST /api/stop", "GET /events", "POST /login", "POST /logout", "GET /assets/x.js"] {
            let answer = world.ask(line, &headers, &format!("{{\"code\":\"{code}\"}}")).await;
            assert_eq!(answer.status, 403, "{name}, {line}: {answer:?}");
            assert!(!answer.head.contains("access-control"), "{name}: {}", answer.head);
        }
    }
    assert_eq!(login(&world, &code).await.status, 200, "the code was not used up");
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_opens_from_anywhere_and_cannot_be_framed() {
    let world = World::new();
    let service = world.start().await;
    let host = world.control_file().address;
    for path in ["/", "/login"] {
        let opened = |dest: &'static str, mode: &'static str| {
            vec![
                ("host", host.as_str()),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", mode),
                ("sec-fetch-dest", dest),
            ]
        };
        let line = format!("GET {path}");
        let page = world.ask(&line, &opened("document", "navigate"), "").await;
        assert_eq!(page.status, 200, "{page:?}");
        for wanted in [
            "content-security-policy: default-src 'self'",
            "frame-ancestors 'none'",
            "x-frame-options: deny",
            "referrer-policy: no-referrer",
            "x-content-type-options: nosniff",
            "cache-control: no-store",
        ] {
            assert!(page.head.contains(wanted), "{wanted}: {}", page.head);
        }
        assert!(!page.head.contains("unsafe-") && !page.head.contains("set-cookie"), "{}", page.head);
        for (dest, mode) in [("iframe", "navigate"), ("empty", "no-cors"), ("script", "no-cors")] {
            assert_eq!(world.ask(&line, &opened(dest, mode), "").await.status, 403, "{dest}");
        }
    }
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_outlives_a_restart_and_ends_with_logout() {
    // Any other program may take the port in between, but not each time.
    let mut tries = Vec::new();
    while tries.len() < 10 {
        match session_over_a_restart().await {
            Ok(()) => return,
            Err(taken) => tries.push(taken),
        }
    }
    panic!("{tries:?}");
}

/// Fails where the next run does not get the port of the one before.
async fn session_over_a_restart() -> Result<(), StartError> {
    let world = World::new();
    let service = world.start().await;
    let mut browser = Browser::logged_in(&world).await;
    let port = browser.host.rsplit(':').next().expect("a port").to_owned();
    end(service).await;
    let kept = std::fs::read_to_string(world.folder.path().join("sessions.json")).expect("kept");
    assert!(
        !kept.contains(&browser.token) && !kept.contains(browser.cookie.split_once('=').expect("a pair").1)
    );
    let mut options = world.options();
    options.control_listen = Some(([127, 0, 0, 1], port.parse().expect("a number")).into());
    let service = Service::start(options).await?;
    assert_eq!(world.ask("POST /api/status", &browser.headers(), "{}").await.status, 200);
    assert_eq!(world.ask("POST /logout", &browser.headers(), "").await.status, 200);
    assert_eq!(world.ask("POST /api/status", &browser.headers(), "{}").await.status, 401);
    browser = Browser::logged_in(&world).await;
    assert_eq!(world.ask("POST /api/status", &browser.headers(), "{}").await.status, 200);
    end(service).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_is_told_a_secret() {
    let world = World::new();
    let service = world.start().await;
    let browser = Browser::logged_in(&world).await;
    for name in ["token", "token.rotate", "environment", "page.open", "client.add", "client.rotate"] {
        let answer = world.ask(&format!("POST /api/{name}"), &browser.headers(), "{}").await;
        assert_eq!(answer.status, 403, "{name}: {answer:?}");
    }
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_file_is_the_owners_and_goes_with_the_login() {
    let world = World::new();
    let service = world.start().await;
    let link = world.call(OpenPage { redirect_file: true }).await.expect("a link");
    let path = link.redirect_file.expect("a file");
    let text = std::fs::read_to_string(&path).expect("read");
    assert!(text.contains(link.url.expose()), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&path).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let code = link.url.expose().split_once('#').expect("a code").1.to_owned();
    assert_eq!(login(&world, &code).await.status, 200);
    assert!(!std::path::Path::new(&path).exists(), "it leads nowhere any more");
    end(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_resumed_where_they_broke_off() {
    let world = World::new();
    let service = world.start().await;
    let mut events = world.events_after(None).await;
    world.call(turnpike_api::command::Stop::default()).await.expect("stopped");
    let first = events.id().await;
    world.call(turnpike_api::command::Start::default()).await.expect("started");
    let second = events.id().await;
    assert_eq!(world.events_after(Some(&first)).await.id().await, second, "the one that was missed");
    let lagged = world.events_after(Some("another-run-7")).await.line("event: ").await;
    assert_eq!(lagged, "lagged", "another run's number is no place to go on from");
    end(service).await;
}
