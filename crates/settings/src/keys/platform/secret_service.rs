//! The Secret Service of the session bus: GNOME Keyring, KWallet, KeePassXC.
//!
//! The store of the keyring crates unlocks whatever it finds locked, which opens a window on the screen, and
//! waits for an answer without limit. So the lock is looked at beforehand, and opened when that is wanted, over a
//! connection that has a time limit and carries no secret.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use keyring_core::Entry;
use keyring_core::api::CredentialStoreApi as _;
use zbus::MatchRule;
use zbus::blocking::fdo::DBusProxy;
use zbus::blocking::{Connection, MessageIterator, connection};
use zbus::names::WellKnownName;
use zbus::zvariant::{DynamicType, ObjectPath, OwnedObjectPath, OwnedValue, Type};
use zbus_secret_service_keyring_store::Store;

use super::super::KEYCHAIN_SERVICE;
use super::super::error::KeyFault;
use super::{Keychain, Standing, fault};

/// What programs that show keychains call our item.
const LABEL: &str = "Turnpike: OpenRouter key";
const BUS_NAME: &str = "org.freedesktop.secrets";
const SERVICE_PATH: &str = "/org/freedesktop/secrets";
const SERVICE: &str = "org.freedesktop.Secret.Service";
const COLLECTION: &str = "org.freedesktop.Secret.Collection";
const PROMPT: &str = "org.freedesktop.Secret.Prompt";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// The path that stands for "none".
const NO_PATH: &str = "/";
/// How long a call may take that asks the user nothing.
const CALL_LIMIT: Duration = Duration::from_secs(5);

/// The Secret Service.
#[derive(Debug)]
pub(super) struct Native {
    account: String,
}

/// A connection to the session bus, to look and to unlock.
struct Session(Connection);

// === impl Native ===

impl Native {
    pub(super) fn new(account: String) -> Self {
        Self { account }
    }

    fn attributes(&self) -> HashMap<&str, &str> {
        HashMap::from([("service", KEYCHAIN_SERVICE), ("username", self.account.as_str())])
    }
}

impl Keychain for Native {
    fn look(&self, limit: Duration) -> Result<Standing, KeyFault> {
        let session = Session::connect(limit)?;
        let (open, locked) = session.items(&self.attributes())?;
        if !locked.is_empty() {
            return Ok(Standing::Locked);
        }
        let collection = session.default_collection()?;
        // Some services do not show what a locked collection holds.
        Ok(match collection {
            _ if !open.is_empty() => Standing::Open,
            None => Standing::NoCollection,
            Some(collection) if session.is_locked(&collection)? => Standing::Locked,
            Some(_) => Standing::Open,
        })
    }

    fn unlock(&self) -> Result<(), KeyFault> {
        let session = Session::connect(CALL_LIMIT)?;
        let (_, mut locked) = session.items(&self.attributes())?;
        if locked.is_empty() {
            locked.extend(session.default_collection()?);
        }
        session.unlock(&locked)
    }

    fn item(&self) -> Result<Entry, KeyFault> {
        let store = Store::new().map_err(|error| fault(&error))?;
        let modifiers = HashMap::from([("label", LABEL)]);
        store.build(KEYCHAIN_SERVICE, &self.account, Some(&modifiers)).map_err(|error| fault(&error))
    }
}

// === impl Session ===

impl Session {
    fn connect(limit: Duration) -> Result<Self, KeyFault> {
        let no_keychain = |error: zbus::Error| KeyFault::NoKeychain { reason: told(&error) };
        let builder = connection::Builder::session().map_err(no_keychain)?;
        Ok(Self(builder.method_timeout(limit).build().map_err(no_keychain)?))
    }

    /// Our items: those that can be read, and those that are locked.
    fn items(
        &self,
        attributes: &HashMap<&str, &str>,
    ) -> Result<(Vec<OwnedObjectPath>, Vec<OwnedObjectPath>), KeyFault> {
        self.call(SERVICE_PATH, SERVICE, "SearchItems", &(attributes,))
    }

    /// The collection that new items go to.
    fn default_collection(&self) -> Result<Option<OwnedObjectPath>, KeyFault> {
        let path: OwnedObjectPath = self.call(SERVICE_PATH, SERVICE, "ReadAlias", &("default",))?;
        Ok(Some(path).filter(|path| path.as_str() != NO_PATH))
    }

    fn is_locked(&self, collection: &ObjectPath<'_>) -> Result<bool, KeyFault> {
        let value: OwnedValue = self.call(collection, PROPERTIES, "Get", &(COLLECTION, "Locked"))?;
        value.try_into().map_err(|_| KeyFault::Other("it does not say whether it is locked".to_owned()))
    }

    /// Unlocks, and waits until the user has answered if the service has to ask.
    fn unlock(&self, objects: &[OwnedObjectPath]) -> Result<(), KeyFault> {
        let (_, prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) =
            self.call(SERVICE_PATH, SERVICE, "Unlock", &(objects,))?;
        if prompt.as_str() == NO_PATH {
            return Ok(());
        }
        let mut messages = self.listen(&prompt)?;
        let () = self.call(&prompt, PROMPT, "Prompt", &("",))?;
        let failed = |error| call_fault(&error);
        while let Some(message) = messages.next().transpose().map_err(failed)? {
            let header = message.header();
            match header.member().map(|member| member.as_str()) {
                Some("Completed") if header.path() == Some(&prompt) => {
                    let (dismissed, _): (bool, OwnedValue) = message.body().deserialize().map_err(failed)?;
                    return if dismissed { Err(KeyFault::Denied) } else { Ok(()) };
                }
                Some("NameOwnerChanged") if is_gone(&message) => break,
                _ => {}
            }
        }
        Err(KeyFault::Other("it ended while it asked".to_owned()))
    }

    /// Everything that comes in from now on, the prompt's answer and the service's end among it.
    fn listen(&self, prompt: &ObjectPath<'_>) -> Result<MessageIterator, KeyFault> {
        let failed = |error: zbus::Error| call_fault(&error);
        let messages = MessageIterator::from(&self.0);
        let bus = DBusProxy::new(&self.0).map_err(failed)?;
        let signals = || MatchRule::builder().msg_type(zbus::message::Type::Signal);
        let answer = signals().interface(PROMPT).and_then(|rule| rule.path(prompt)).map_err(failed)?.build();
        let end = signals().interface("org.freedesktop.DBus").and_then(|rule| rule.arg(0, BUS_NAME));
        for rule in [answer, end.map_err(failed)?.build()] {
            bus.add_match_rule(rule).map_err(|error| call_fault(&zbus::Error::FDO(Box::new(error))))?;
        }
        Ok(messages)
    }

    fn call<'p, P, A, R>(&self, path: P, interface: &str, method: &str, arguments: &A) -> Result<R, KeyFault>
    where
        P: TryInto<ObjectPath<'p>>,
        P::Error: Into<zbus::Error>,
        A: serde::Serialize + DynamicType,
        R: serde::de::DeserializeOwned + Type,
    {
        let reply = self
            .0
            .call_method(Some(BUS_NAME), path, Some(interface), method, arguments)
            .map_err(|error| call_fault(&error))?;
        reply.body().deserialize().map_err(|error| call_fault(&error))
    }
}

/// Whether the message says that the Secret Service has left the bus.
fn is_gone(message: &zbus::Message) -> bool {
    let body = message.body();
    let change = body.deserialize::<(WellKnownName<'_>, &str, &str)>();
    change.is_ok_and(|(name, _, new_owner)| name == BUS_NAME && new_owner.is_empty())
}

/// What a failed call means.
fn call_fault(error: &zbus::Error) -> KeyFault {
    match error {
        zbus::Error::InputOutput(error) if error.kind() == io::ErrorKind::TimedOut => {
            KeyFault::Hanging { writing: false }
        }
        zbus::Error::MethodError(name, text, _) => {
            let reason = text.clone().unwrap_or_else(|| name.to_string());
            let name = name.as_str().strip_prefix("org.freedesktop.DBus.Error.").unwrap_or_default();
            match name {
                "AccessDenied" => KeyFault::Denied,
                "NoReply" | "TimedOut" | "Timeout" => KeyFault::Hanging { writing: false },
                "ServiceUnknown" | "NameHasNoOwner" => KeyFault::NoKeychain { reason },
                _ if name.starts_with("Spawn.") => KeyFault::NoKeychain { reason },
                _ => KeyFault::Other(reason),
            }
        }
        other => KeyFault::Other(told(other)),
    }
}

/// The error with what caused it.
fn told(error: &zbus::Error) -> String {
    match error {
        zbus::Error::InputOutput(cause) => format!("no session bus: {cause}"),
        other => other.to_string(),
    }
}
