//! GNOME Keyring as a child of the test.

use std::collections::HashMap;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};

use zbus::blocking::Connection;
use zbus::blocking::fdo::DBusProxy;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

const NAME: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const SERVICE: &str = "org.freedesktop.Secret.Service";
const INTERNAL: &str = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface";
const PASSWORD: &str = "pw";
const INSTALL: &str = "install it: scripts/install-debian-packages.sh";

/// The daemon, which ends with this.
pub(crate) struct Keyring {
    daemon: Child,
    bus: Connection,
}

// === impl Keyring ===

impl Keyring {
    /// With its login keyring open.
    pub(crate) fn unlocked() -> Self {
        Self::start(&["--unlock", "--foreground", "--components=secrets"])
    }

    /// As it is before anybody has logged in: with no keyring.
    pub(crate) fn fresh() -> Self {
        Self::start(&["--start", "--foreground", "--components=secrets"])
    }

    fn start(arguments: &[&str]) -> Self {
        let bus = Connection::session().unwrap();
        let names = DBusProxy::new(&bus).unwrap();
        let mut changes = names.receive_name_owner_changed_with_args(&[(0, NAME)]).unwrap();
        let mut daemon = Command::new("gnome-keyring-daemon")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("gnome-keyring-daemon: {error}; {INSTALL}"));
        daemon.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
        let came = changes.find(|change| change.args().is_ok_and(|change| change.new_owner.is_some()));
        assert!(came.is_some(), "the bus ended");
        Self { daemon, bus }
    }

    /// The items with these attributes, names and values in turn.
    pub(crate) fn items(&self, attributes: &[&str]) -> Vec<OwnedObjectPath> {
        let attributes: HashMap<_, _> = attributes.chunks(2).map(|pair| (pair[0], pair[1])).collect();
        let (mut items, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
            self.call("SearchItems", &(attributes,));
        items.extend(locked);
        items
    }

    /// Locks the keyring that new items go to.
    pub(crate) fn lock(&self) {
        let collection: OwnedObjectPath = self.call("ReadAlias", &("default",));
        let (locked, _): (Vec<OwnedObjectPath>, OwnedObjectPath) = self.call("Lock", &(vec![&collection],));
        assert_eq!(locked, [collection]);
    }

    /// Unlocks it without a question, by the daemon's own interface for that.
    pub(crate) fn unlock(&self) {
        let collection: OwnedObjectPath = self.call("ReadAlias", &("default",));
        let (_, session): (OwnedValue, OwnedObjectPath) =
            self.call("OpenSession", &("plain", Value::from("")));
        let password = (session, Vec::<u8>::new(), PASSWORD.as_bytes(), "text/plain");
        let arguments = (collection, password);
        self.bus
            .call_method(Some(NAME), PATH, Some(INTERNAL), "UnlockWithMasterPassword", &arguments)
            .unwrap();
    }

    /// Sends the daemon a signal.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.daemon.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status().expect("kill of procps starts");
        assert!(status.success());
    }

    /// Kills the daemon and waits until the bus knows.
    pub(crate) fn kill(mut self) {
        let names = DBusProxy::new(&self.bus).unwrap();
        let mut changes = names.receive_name_owner_changed_with_args(&[(0, NAME)]).unwrap();
        self.daemon.kill().unwrap();
        let went = changes.find(|change| change.args().is_ok_and(|change| change.new_owner.is_none()));
        assert!(went.is_some(), "the bus ended");
    }

    fn call<A, R>(&self, method: &str, arguments: &A) -> R
    where
        A: serde::Serialize + zbus::zvariant::DynamicType,
        R: serde::de::DeserializeOwned + zbus::zvariant::Type,
    {
        let reply = self.bus.call_method(Some(NAME), PATH, Some(SERVICE), method, arguments).unwrap();
        reply.body().deserialize().unwrap()
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// Runs `secret-tool` with that input. Gives what it printed if it succeeded.
pub(crate) fn secret_tool(arguments: &[&str], input: &str) -> Option<String> {
    let mut tool = Command::new("secret-tool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("secret-tool: {error}; {INSTALL}"));
    // It may have ended without reading.
    let _ = tool.stdin.take().unwrap().write_all(input.as_bytes());
    let output = tool.wait_with_output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}
