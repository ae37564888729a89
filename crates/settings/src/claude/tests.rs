//! Settings files as people have them: what connecting does to each, and that the way back leads to where it began.

mod flows;
mod refused;
mod there_and_back;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::text::{Wanted, value_of};
use super::{ConnectOptions, Connections, Done, SettingsError, SettingsPlace, Standing};
use crate::DataDir;

const URL: &str = "http://127.0.0.1:4117";
const TOKEN: &str = "tp-0123456789abcdef0123456789abcdef";

/// A home and a data folder.
struct World {
    folder: tempfile::TempDir,
    connections: Connections,
    url: String,
    token: String,
    options: ConnectOptions,
}

// === impl World ===

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("home")).unwrap();
        let connections = Connections::new(&DataDir::open(&folder.path().join("data")).unwrap());
        let options = ConnectOptions::default();
        Self { folder, connections, url: URL.to_owned(), token: TOKEN.to_owned(), options }
    }

    /// With that text in the settings file.
    fn with(text: &str) -> Self {
        let world = Self::new();
        world.write(text);
        world
    }

    fn home(&self, name: &str) -> PathBuf {
        self.folder.path().join("home").join(name)
    }

    fn settings(&self) -> PathBuf {
        self.home(".claude/settings.json")
    }

    fn place(&self) -> SettingsPlace {
        SettingsPlace::new(self.settings())
    }

    fn record(&self) -> PathBuf {
        self.folder.path().join("data/claude.json")
    }

    fn write(&self, text: &str) {
        fs::create_dir_all(self.home(".claude")).unwrap();
        fs::write(self.settings(), text).unwrap();
    }

    fn text(&self) -> Option<String> {
        fs::read_to_string(self.settings()).ok()
    }

    /// Some other program changes the file.
    fn edit(&self, from: &str, to: &str) {
        let text = self.text().unwrap();
        assert!(text.contains(from), "{from:?} is not in {text}");
        self.write(&text.replacen(from, to, 1));
    }

    fn value(&self) -> Value {
        value_of(&self.text().unwrap()).unwrap()
    }

    fn wanted(&self) -> Vec<Wanted> {
        let mut wanted = vec![
            Wanted::new(&["env", "ANTHROPIC_BASE_URL"], self.url.as_str()),
            Wanted::new(&["env", "ANTHROPIC_AUTH_TOKEN"], self.token.as_str()),
            Wanted::new(&["env", "ANTHROPIC_API_KEY"], ""),
            Wanted::new(&["env", "CLAUDE_CODE_GATEWAY_HINT_HEADERS"], "1"),
        ];
        if self.options.default_mode {
            wanted.push(Wanted::new(&["permissions", "defaultMode"], "default"));
        }
        if self.options.status_line {
            let line = serde_json::json!({"type": "command", "command": "turnpike statusline"});
            wanted.push(Wanted::new(&["statusLine"], line));
        }
        wanted
    }

    fn connect_if(&self, revision: Option<&str>) -> Result<Done, SettingsError> {
        self.connections.connect(&self.place(), self.options, revision, |_| self.wanted())
    }

    fn connect(&self) -> Done {
        self.connect_if(None).unwrap()
    }

    fn disconnect(&self) -> Done {
        self.connections.disconnect(&self.place(), None).unwrap()
    }

    fn look(&self) -> Standing {
        self.connections.look(&self.place()).unwrap()
    }

    /// What the service does at its start.
    fn resume(&self) -> Done {
        self.connections.refresh(&self.place(), true, |_, _| self.wanted()).unwrap()
    }

    fn assert_connected(&self, name: &str) {
        let all = self.value();
        for one in self.wanted() {
            let there = one.path.iter().fold(&all, |at, key| &at[key]);
            assert_eq!(there, &one.value, "{name}: {all}");
        }
    }

    #[cfg(unix)]
    fn mode(&self) -> Option<u32> {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(self.settings()).ok().map(|file| file.permissions().mode() & 0o777)
    }

    #[cfg(unix)]
    fn set_mode(&self, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(self.settings(), fs::Permissions::from_mode(mode)).unwrap();
    }
}
