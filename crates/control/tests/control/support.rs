//! A service for the length of a test, its client, and HTTP by hand.

use std::future::pending;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use turnpike_api::command::Status;
use turnpike_api::{Client, ClientError, Command, ControlFile, Event};
use turnpike_control::log::{Log, LogFolder, LogWriter, Mirror};
use turnpike_control::{KeyChoice, Pace, RunningService, ServeOptions, Service, StartError};
use turnpike_settings::config::LogLevel;
use turnpike_settings::{BaseUrl, DataDir, Secret};
use turnpike_sim::{Sim, SimConfig, SimHandle};

/// Made up, and shaped like a key of OpenRouter.
pub(crate) const KEY: &str = "sk-or-v1-test-test-test-test-test-test-test-test-test-test-test-0000";

/// How long a test waits for something that must come.
const DEADLINE: Duration = Duration::from_secs(20);

/// A data folder and a simulator; services start and end on them.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) sim: SimHandle,
}

/// An answer of the control plane.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// The events of a service, as they come.
pub(crate) struct Events {
    lines: tokio::io::Lines<BufReader<TcpStream>>,
}

// === impl World ===

impl World {
    pub(crate) fn new() -> Self {
        let config = SimConfig { generation_lag: 0, ..SimConfig::default() };
        Self { folder: tempfile::tempdir().expect("a folder"), sim: Sim::start(config).expect("a simulator") }
    }

    pub(crate) fn data_dir(&self) -> DataDir {
        DataDir::open(self.folder.path()).expect("a data folder")
    }

    pub(crate) fn options(&self) -> ServeOptions {
        ServeOptions {
            data_dir: self.data_dir(),
            listen: Some(free_port()),
            allow_remote: false,
            upstream: Some(BaseUrl::parse(&self.sim.base_url()).expect("a URL")),
            control_listen: Some(free_port()),
            is_stopped: false,
            key: KeyChoice::Fixed(Secret::new(KEY.to_owned())),
            traces: None,
            log: None,
            pace: unhurried(),
        }
    }

    pub(crate) async fn start(&self) -> RunningService {
        Service::start(self.options()).await.expect("a service")
    }

    /// Why a service with these options does not start.
    pub(crate) async fn refused(&self, options: ServeOptions) -> StartError {
        match Service::start(options).await {
            Ok(_) => panic!("it started"),
            Err(error) => error,
        }
    }

    pub(crate) fn write_config(&self, text: &str) {
        // Written aside and moved: the service, which looks on, never reads half a file.
        let aside = self.folder.path().join("config.toml.aside");
        std::fs::write(&aside, text).expect("written");
        std::fs::rename(aside, self.data_dir().config()).expect("moved");
    }

    pub(crate) fn config(&self) -> String {
        std::fs::read_to_string(self.data_dir().config()).expect("read")
    }

    pub(crate) fn control_file(&self) -> ControlFile {
        ControlFile::read(&self.data_dir().control()).expect("control.json")
    }

    /// Sends a command as the command line does.
    pub(crate) async fn call<C>(&self, command: C) -> Result<C::Reply, ClientError>
    where
        C: Command + Send + 'static,
        C::Reply: Send + 'static,
    {
        let path = self.data_dir().control();
        let called = tokio::task::spawn_blocking(move || Client::connect(&path)?.call(&command));
        called.await.expect("no panic")
    }

    pub(crate) async fn status(&self) -> turnpike_api::command::StatusReply {
        self.call(Status::default()).await.expect("a status")
    }

    /// A request to the control plane by hand, with the headers given and no others but the length.
    pub(crate) async fn ask(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = self.send(line, headers, body).await;
        let mut text = String::new();
        within("the answer's end", stream.read_to_string(&mut text)).await.expect("text");
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    /// Listens to what happens from now on.
    pub(crate) async fn events(&self) -> Events {
        self.events_after(None).await
    }

    /// Listens to what happens from behind the event of that id on.
    pub(crate) async fn events_after(&self, last: Option<&str>) -> Events {
        let file = self.control_file();
        let bearer = format!("Bearer {}", file.secret.expose());
        let mut headers = vec![("host", file.address.as_str()), ("authorization", &bearer)];
        headers.extend(last.map(|id| ("last-event-id", id)));
        let stream = self.send("GET /events", &headers, "").await;
        let mut lines = BufReader::new(stream).lines();
        let first = within("the head of the events", lines.next_line()).await.expect("a line");
        assert_eq!(first.as_deref(), Some("HTTP/1.1 200 OK"));
        Events { lines }
    }

    async fn send(&self, line: &str, headers: &[(&str, &str)], body: &str) -> TcpStream {
        let address = self.control_file().address;
        let mut stream = TcpStream::connect(&address).await.expect("a connection");
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let text = format!(
            "{line} HTTP/1.1\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(text.as_bytes()).await.expect("sent");
        stream
    }

    /// A plain request to the data plane with the local token: its status and its body.
    pub(crate) async fn message(&self, service: &RunningService, model: &str) -> (u16, String) {
        self.says(service, "/v1/messages", model, "Hello").await
    }

    /// The same with the token of a client.
    pub(crate) async fn message_as(
        &self,
        service: &RunningService,
        token: &str,
        model: &str,
    ) -> (u16, String) {
        self.ask_as(service, token, ("/v1/messages", model, "Hello")).await
    }

    /// The same with other words, to another path.
    pub(crate) async fn says(
        &self,
        service: &RunningService,
        path: &str,
        model: &str,
        words: &str,
    ) -> (u16, String) {
        self.ask_as(service, service.token().secret().expose(), (path, model, words)).await
    }

    async fn ask_as(
        &self,
        service: &RunningService,
        token: &str,
        (path, model, words): (&str, &str, &str),
    ) -> (u16, String) {
        let url = format!("{}{path}", service.data_plane_url());
        let token = token.to_owned();
        let body = serde_json::json!({
            "model": model, "max_tokens": 50, "messages": [{"role": "user", "content": words}],
        });
        let asked = tokio::task::spawn_blocking(move || {
            let agent =
                ureq::Agent::config_builder().proxy(None).http_status_as_error(false).build().new_agent();
            let request = agent.post(url).header("authorization", format!("Bearer {token}"));
            let answer = request.content_type("application/json").send(body.to_string()).expect("an answer");
            let status = answer.status().as_u16();
            (status, answer.into_body().read_to_string().expect("text"))
        });
        asked.await.expect("no panic")
    }
}

// === impl Events ===

impl Events {
    /// The next event that `pick` takes.
    pub(crate) async fn until<T>(&mut self, mut pick: impl FnMut(Event) -> Option<T>) -> T {
        let found = async {
            while let Some(line) = self.lines.next_line().await.expect("a line") {
                let event = line.strip_prefix("data: ").and_then(|json| serde_json::from_str(json).ok());
                if let Some(found) = event.and_then(&mut pick) {
                    return found;
                }
            }
            panic!("the events ended")
        };
        within("an event", found).await
    }

    /// What follows the next line that begins so.
    pub(crate) async fn line(&mut self, begin: &str) -> String {
        let found = async {
            while let Some(line) = self.lines.next_line().await.expect("a line") {
                if let Some(rest) = line.strip_prefix(begin) {
                    return rest.to_owned();
                }
            }
            panic!("the events ended")
        };
        within("a line of the events", found).await
    }

    /// The id of the next event.
    pub(crate) async fn id(&mut self) -> String {
        self.line("id: ").await
    }

    /// Whether the stream has come to its end.
    pub(crate) async fn end(&mut self) {
        let ended = async { while self.lines.next_line().await.expect("a line").is_some() {} };
        within("the end of the events", ended).await;
    }
}

/// Ends a service in order.
pub(crate) async fn end(service: RunningService) {
    within("the service's end", service.end(pending())).await;
}

pub(crate) async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, work).await.unwrap_or_else(|_| panic!("waited {DEADLINE:?} for {what}"))
}

/// A service's, with time for a busy disk.
pub(crate) fn unhurried() -> Pace {
    Pace { flush: DEADLINE, ..Pace::default() }
}

/// A configuration by whose zone it is about noon: no day, week or month of it ends while a test runs.
pub(crate) fn at_noon() -> String {
    // The names of these zones count westwards.
    let zone = match seconds() / 3_600 % 24 {
        12 => "UTC".to_owned(),
        hour @ 13.. => format!("Etc/GMT+{}", hour - 12),
        hour => format!("Etc/GMT-{}", 12 - hour),
    };
    format!("[general]\ntimezone = \"{zone}\"\n")
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock that goes").as_secs()
}

/// Runs a test that counts by days of UTC, and once more where it failed and another day has begun meanwhile.
pub(crate) async fn in_one_day<F: Future<Output = ()> + Send + 'static>(test: impl Fn() -> F) {
    let day = || seconds() / 86_400;
    let begun = day();
    match tokio::spawn(test()).await {
        Ok(()) => {}
        Err(_) if day() != begun => test().await,
        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
    }
}

pub(crate) fn free_port() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

/// A log for a service; its lines go nowhere, since another test of the process may have the subscriber.
pub(crate) fn log(folder: &Path) -> (Log, LogWriter) {
    let folder = LogFolder::new(folder.join("logs"));
    let (log, _subscriber, writer) = Log::open(folder, LogLevel::Info, Mirror::None).expect("a log");
    (log, writer)
}
