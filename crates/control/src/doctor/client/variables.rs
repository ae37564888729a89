//! Which variable has which value, and what says so.

use std::collections::BTreeMap;

use serde_json::Value;

use super::profile::ProfileLine;
use super::settings::{Owner, SettingsFile};
use super::world::ClientWorld;

/// Proxies, which count for every program.
const PROXIES: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
const NO_PROXIES: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// A value, and what sets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// The value; `None` where only the shell knows it.
    pub(super) value: Option<String>,
    /// What sets it, for people.
    pub(super) source: String,
    /// Whose file it is; `None` for the environment.
    pub(super) owner: Option<Owner>,
}

/// All that Claude Code would look at, the winner of each first.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    by_name: BTreeMap<String, Vec<Setting>>,
}

// === impl Variables ===

impl Variables {
    pub(super) fn collect(world: &ClientWorld, files: &[SettingsFile], lines: &[ProfileLine]) -> Self {
        let mut all = Self::default();
        for file in files {
            let env = file.value.get("env").and_then(Value::as_object);
            for (name, value) in env.into_iter().flatten() {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let source = format!("`env.{name}` in {}", file.shown);
                all.add(name, Setting { value: Some(value), source, owner: Some(file.owner) });
            }
        }
        for (name, value) in world.environment.iter().flatten() {
            // Which profile has exported it, if one has.
            let line = lines.iter().find(|line| line.export().is_some_and(|(exported, _)| exported == name));
            let source = line.map_or_else(
                || format!("{name} in the environment"),
                |line| format!("{name} in the environment, from {}", line.place),
            );
            all.add(name, Setting { value: Some(value.clone()), source, owner: None });
        }
        for line in lines {
            if let Some((name, value)) = line.export()
                && world.environment.as_ref().is_none_or(|known| !known.contains_key(name))
            {
                let source = format!("{name} for new terminals, from {}", line.place);
                all.add(name, Setting { value: value.map(str::to_owned), source, owner: None });
            }
        }
        all
    }

    fn add(&mut self, name: &str, setting: Setting) {
        let is_ours = ["ANTHROPIC_", "CLAUDE_"].iter().any(|begin| name.starts_with(begin));
        if is_ours || PROXIES.contains(&name) || NO_PROXIES.contains(&name) {
            self.by_name.entry(name.to_owned()).or_default().push(setting);
        }
    }

    /// All settings of that name, the one that counts first.
    pub(super) fn all(&self, name: &str) -> &[Setting] {
        self.by_name.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The one that counts.
    pub(super) fn get(&self, name: &str) -> Option<&Setting> {
        self.all(name).first()
    }

    /// The one that counts, unless it is empty, which is as good as none.
    pub(super) fn set(&self, name: &str) -> Option<&Setting> {
        self.get(name).filter(|setting| setting.value.as_deref() != Some(""))
    }

    /// A proxy that requests to this machine would go through, too.
    pub(super) fn proxy(&self) -> Option<&Setting> {
        let excepted = NO_PROXIES.iter().filter_map(|name| self.set(name)?.value.as_deref()).any(|hosts| {
            hosts
                .split(',')
                .any(|host| matches!(host.trim(), "127.0.0.1" | "localhost" | "*" | "127.0.0.0/8"))
        });
        PROXIES.iter().find_map(|name| self.set(name)).filter(|_| !excepted)
    }
}

// === impl Setting ===

impl Setting {
    /// How it is taken away.
    pub(super) fn removal(&self) -> String {
        match self.owner {
            Some(Owner::Policy) => format!("ask your administrator to take out {}", self.source),
            Some(_) => format!("take out {}", self.source),
            None => format!("unset {}", self.source),
        }
    }
}
