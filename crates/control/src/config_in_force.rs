//! The configuration in force, and how a change of the file comes into force.
//!
//! The file is looked at twice a second. A text that loads is in force at once; one that does not is refused, with
//! line and reason in the log and in the status, and the configuration before stays.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use turnpike_api::Event;
use turnpike_settings::{Config, ConfigError, ConfigFile, ConfigWatch, Loaded, Revision};

use crate::audit;
use crate::core::{Core, blocking};

/// How often the file is looked at.
const PERIOD: Duration = Duration::from_millis(500);

/// The configuration in force.
#[derive(Debug)]
pub(crate) struct ConfigInForce {
    file: ConfigFile,
    watch: Mutex<ConfigWatch>,
    now: Mutex<InForce>,
    /// Parts that were changed by hand since a service ran last.
    changed_since: Vec<&'static str>,
}

/// What is in force at a moment.
#[derive(Clone, Debug)]
pub(crate) struct InForce {
    pub(crate) config: Arc<Config>,
    pub(crate) revision: Revision,
    /// Why the file's present text is not it.
    pub(crate) refused: Option<String>,
    /// What people should know although it is.
    pub(crate) warnings: Vec<String>,
    /// Whether it asks for another log level than the one before. Else a level that a command has set stays.
    changed_level: bool,
}

/// What a look at the file brought.
#[derive(Debug, PartialEq, Eq)]
enum Look {
    Unchanged,
    /// Another text is in force. `by_hand`: what differs in it, when it was not written by a command of ours.
    Applied {
        revision: String,
        by_hand: Vec<&'static str>,
    },
    Refused {
        message: String,
    },
}

// === impl ConfigInForce ===

impl ConfigInForce {
    /// What the service starts with: the file, or the last copy of it that was good.
    ///
    /// # Errors
    /// When neither can be used.
    pub(crate) fn load(file: ConfigFile) -> Result<Self, ConfigError> {
        let watch = Mutex::new(ConfigWatch::new(file.clone()));
        let started = file.load_or_last_good()?;
        let refused = started.instead_of.map(|error| error.to_string());
        let mut changed_since = Vec::new();
        if refused.is_none() {
            let last = file.last_in_force();
            changed_since = last.map_or_else(Vec::new, |last| differing(&last, &started.loaded.config));
            keep(&file, &started.loaded);
        }
        let now = Mutex::new(InForce::of(&started.loaded, refused));
        Ok(Self { file, watch, now, changed_since })
    }

    /// What is in force.
    pub(crate) fn now(&self) -> InForce {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn file(&self) -> &ConfigFile {
        &self.file
    }

    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Looks at the file, and puts what is new there in force by `apply`. Who looks meanwhile waits until that is done: what
    /// was read first is applied first. Blocks on the disk.
    fn look(&self, apply: impl FnOnce(&InForce)) -> Look {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let polled = watch.poll();
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        match polled {
            None => Look::Unchanged,
            Some(Ok(loaded)) => {
                let is_same = loaded.revision == now.revision && now.refused.is_none();
                let next = InForce::after(&now, &loaded);
                let is_ours = self.file.wrote(&loaded.revision);
                let by_hand = if is_ours { Vec::new() } else { differing(&now.config, &next.config) };
                *now = next.clone();
                drop(now);
                keep(&self.file, &loaded);
                if is_same {
                    return Look::Unchanged;
                }
                apply(&next);
                Look::Applied { revision: loaded.revision.as_str().to_owned(), by_hand }
            }
            Some(Err(error)) => {
                let message = error.to_string();
                if now.refused.as_deref() == Some(&message) {
                    return Look::Unchanged;
                }
                now.refused = Some(message.clone());
                Look::Refused { message }
            }
        }
    }
}

// === impl InForce ===

impl InForce {
    fn of(loaded: &Loaded, refused: Option<String>) -> Self {
        Self {
            config: Arc::new(loaded.config.clone()),
            revision: loaded.revision.clone(),
            refused,
            warnings: loaded.warnings.iter().map(ToString::to_string).collect(),
            changed_level: false,
        }
    }

    /// The next configuration, with a word on what of it waits for the next start of the service.
    fn after(before: &Self, loaded: &Loaded) -> Self {
        let mut next = Self::of(loaded, None);
        let (old, new) = (&before.config, &next.config);
        next.changed_level = old.log.level != new.log.level;
        let waits = [
            ("proxy.listen", old.proxy.listen != new.proxy.listen),
            ("upstream.base_url", old.upstream.base_url != new.upstream.base_url),
        ];
        for (key, _) in waits.iter().filter(|(_, changed)| *changed) {
            next.warnings.push(format!("{key} was changed: it takes effect when the service is restarted"));
        }
        next
    }
}

/// Puts in force what is in the file now; for right after an edit of our own.
pub(crate) fn look_now(core: &Core) {
    let look = core.config.look(|in_force| {
        core.proxy.set_config(&in_force.config);
        if let Some(log) = core.log.as_ref().filter(|_| in_force.changed_level) {
            log.set_level(in_force.config.log.level);
        }
        in_force.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    });
    match look {
        Look::Unchanged => {}
        Look::Applied { revision, by_hand } => {
            tracing::info!(revision, "the changed configuration is in force");
            note_by_hand(core, &by_hand);
            core.tell(Event::ConfigApplied { revision });
            // The window that Claude Code is told depends on the maps.
            crate::claude::refresh(core, false);
        }
        Look::Refused { message } => {
            tracing::error!("the changed configuration is refused, the one before stays in force: {message}");
            core.tell(Event::ConfigRefused { message });
        }
    }
}

/// Remembers what is in force, so that the next start knows what was changed meanwhile.
fn keep(file: &ConfigFile, loaded: &Loaded) {
    if let Err(error) = file.keep_in_force(&loaded.text) {
        tracing::warn!(%error, "an edit by hand while no service runs will not be in the audit");
    }
}

/// Keeps in the audit that somebody has edited the file, and which parts of it.
fn note_by_hand(core: &Core, parts: &[&'static str]) {
    if parts.is_empty() {
        return;
    }
    let body = serde_json::json!({ "parts": parts }).to_string();
    if let Err(error) = audit::note(&core.data_dir.ledger(), audit::FILE, audit::BY_HAND, body.as_bytes()) {
        tracing::error!("an edit of the configuration is not in the audit: {error}");
    }
}

/// The parts of the configuration that are not the same, by the names they have in the file.
fn differing(old: &Config, new: &Config) -> Vec<&'static str> {
    let parts = [
        ("general", old.general != new.general),
        ("proxy", old.proxy != new.proxy),
        ("upstream", old.upstream != new.upstream),
        ("map", old.maps != new.maps),
        ("rule", old.rules != new.rules),
        ("retry", old.retry != new.retry),
        ("budget", old.budget != new.budget),
        ("project", old.projects != new.projects),
        ("client", old.clients != new.clients),
        ("claude", old.claude != new.claude),
        ("log", old.log != new.log),
        ("notify", old.notify != new.notify),
        ("repair", old.repair != new.repair),
        ("retention", old.retention != new.retention),
        ("metrics", old.metrics != new.metrics),
    ];
    parts.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

/// Looks at the file again and again until the service ends.
pub(crate) async fn watch(core: Arc<Core>) {
    let mut ending = core.ending();
    drop(blocking(&core, |core| note_by_hand(core, &core.config.changed_since)).await);
    loop {
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            () = ending.wait() => return,
        }
        drop(blocking(&core, look_now).await);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use turnpike_settings::ConfigEdit;

    use super::*;

    fn in_folder(text: &str) -> (tempfile::TempDir, ConfigInForce) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        let config = ConfigInForce::load(ConfigFile::new(path)).unwrap();
        (dir, config)
    }

    fn looked(config: &ConfigInForce) -> Look {
        config.look(|_| {})
    }

    #[test]
    fn whoever_looks_what_the_file_says_is_in_force_afterwards() {
        let (_dir, config) = in_folder("");
        let (applied, is_over) = (Mutex::new(None), AtomicBool::new(false));
        let look = || config.look(|in_force| *applied.lock().unwrap() = Some(in_force.revision.clone()));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Acquire) {
                    look();
                }
            });
            for number in 0..500 {
                let text = format!("[budget]\ndaily_usd = {number}\n");
                std::fs::write(config.path(), &text).unwrap();
                look();
                let revision = Some(config.file().load().unwrap().revision);
                let seen = (applied.lock().unwrap().clone(), Some(config.now().revision));
                if seen != (revision.clone(), revision) {
                    is_over.store(true, Ordering::Release);
                    panic!("{text}: {seen:?}");
                }
            }
            is_over.store(true, Ordering::Release);
        });
    }

    #[test]
    fn what_a_hand_has_changed_while_no_service_ran_is_known_at_the_next_start() {
        let (_dir, config) = in_folder("[log]\nlevel = \"warn\"\n");
        assert_eq!(config.changed_since, [""; 0], "nothing is known of before");
        let again = || ConfigInForce::load(ConfigFile::new(config.path().to_owned())).unwrap().changed_since;
        let write = |text: &str| std::fs::write(config.path(), text).unwrap();
        assert_eq!(again(), [""; 0]);
        write("[log]\nlevel = \"info\"\n[budget]\ndaily_usd = 6.00\n");
        assert_eq!(again(), ["budget", "log"]);
        assert_eq!(again(), [""; 0], "it is told once");
        let file = ConfigFile::new(config.path().to_owned());
        let set = |value: &str| ConfigEdit::Set { path: "log.level".to_owned(), value: value.into() };
        let edit = |value: &str| file.edit(&file.load().unwrap().revision, &set(value)).unwrap();
        edit("debug");
        assert_eq!(again(), [""; 0], "an edit of ours is kept with its command");
        write("[log]\nlevel = \"debug\"\n[budget]\ndaily_usd = 7.00\n");
        edit("warn");
        assert_eq!(again(), ["budget", "log"], "no edit of ours hides one by hand");
        write("[log\n");
        assert_eq!(again(), [""; 0], "what is refused is not in force");
    }

    #[test]
    fn a_good_change_is_in_force_and_a_bad_one_changes_nothing() {
        let (_dir, config) = in_folder("[log]\nlevel = \"warn\"\n");
        assert_eq!(looked(&config), Look::Unchanged);
        let before = config.now();

        std::fs::write(config.path(), "[log]\nlevel = \"shout\"\n").unwrap();
        let look = config.look(|_| panic!("it is not in force"));
        assert!(matches!(&look, Look::Refused { message } if message.contains("line 2")), "{look:?}");
        assert_eq!((config.now().config, config.now().revision), (before.config, before.revision));
        assert!(config.now().refused.is_some_and(|refused| refused.contains("level")));
        assert_eq!(looked(&config), Look::Unchanged, "told once");

        std::fs::write(config.path(), "[log]\nlevel = \"debug\"\n# good\n").unwrap();
        assert!(matches!(looked(&config), Look::Applied { .. }));
        assert_eq!(config.now().config.log.level.as_str(), "debug");
        assert_eq!(config.now().refused, None);
    }

    #[test]
    fn what_a_hand_has_changed_is_told_from_edits_of_ours() {
        let (_dir, config) = in_folder("[log]\nlevel = \"warn\"\n");
        let by_hand = |config: &ConfigInForce| match looked(config) {
            Look::Applied { by_hand, .. } => by_hand,
            look => panic!("{look:?}"),
        };
        std::fs::write(config.path(), "[budget]\ndaily_usd = 9\n[[map]]\nname = \"a\"\ntarget = \"b/c\"\n")
            .unwrap();
        assert_eq!(by_hand(&config), ["map", "budget", "log"]);
        std::fs::write(config.path(), "# a word\n[budget]\ndaily_usd = 9\n").unwrap();
        assert_eq!(by_hand(&config), ["map"]);
        std::fs::write(config.path(), "# another word\n[budget]\ndaily_usd = 9\n").unwrap();
        assert_eq!(by_hand(&config), [""; 0], "nothing that counts");
        let edit = ConfigEdit::Unset { path: "budget.daily_usd".to_owned() };
        config.file().edit(&config.now().revision, &edit).unwrap();
        assert_eq!(by_hand(&config), [""; 0], "an edit of ours is kept with its command");
    }

    #[test]
    fn what_waits_for_a_restart_is_said() {
        let (_dir, config) = in_folder("");
        std::fs::write(config.path(), "[proxy]\nlisten = \"127.0.0.1:5000\"\n").unwrap();
        assert!(matches!(looked(&config), Look::Applied { .. }));
        let warnings = config.now().warnings;
        assert!(
            warnings.iter().any(|warning| warning.starts_with("proxy.listen was changed")),
            "{warnings:?}"
        );
    }
}
