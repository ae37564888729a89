//! What was found in another tool's settings, in our words.

use serde_json::Value as Json;
use turnpike_settings::Secret;
use turnpike_settings::config::{InlineTable, NewTable, Value};

/// How OpenRouter's keys begin.
const KEY_BEGINS: &str = "sk-or-";

/// What one or several files held.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Maps and rules, in the order in which they are to be looked at.
    pub(crate) entries: Vec<Entry>,
    pub(crate) keys: Vec<FoundKey>,
    /// What has no counterpart, and what to know, each a sentence without its end.
    pub(crate) notices: Vec<String>,
}

/// A map or a rule to be.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) what: What,
    /// The target, and what is gone on with.
    pub(crate) targets: Vec<String>,
    /// Its other keys: `params`, `provider`.
    pub(crate) settings: Vec<(&'static str, Json)>,
    /// Where it stood, for sentences about it.
    pub(crate) place: String,
}

/// What an entry is for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// Requests for models of this name.
    Map(String),
    /// Requests of a kind.
    Rule { name: &'static str, when: Vec<(&'static str, Json)> },
}

/// A key, and where it was.
#[derive(Clone, Debug)]
pub(crate) struct FoundKey {
    pub(crate) key: Secret,
    pub(crate) place: String,
}

// === impl Found ===

impl Found {
    /// Adds an entry, if it has a target.
    pub(crate) fn entry(&mut self, what: What, targets: Vec<String>, place: &str) {
        if !targets.is_empty() {
            self.entries.push(Entry { what, targets, settings: Vec::new(), place: place.to_owned() });
        }
    }

    /// Takes what looks like OpenRouter's key; says so of what does not.
    pub(crate) fn key(&mut self, text: &str, place: &str) {
        let text = text.trim();
        if text.starts_with(KEY_BEGINS) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            let key = Secret::new(text.to_owned());
            self.keys.push(FoundKey { key, place: place.to_owned() });
        } else if !text.is_empty() {
            self.notice(format!("the key of {place} is not OpenRouter's (those begin with {KEY_BEGINS})"));
        }
    }

    pub(crate) fn notice(&mut self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        if !self.notices.contains(&sentence) {
            self.notices.push(sentence);
        }
    }

    /// Whether there is nothing to tell of.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.keys.is_empty() && self.notices.is_empty()
    }

    /// What another file held, behind this.
    pub(crate) fn and(&mut self, other: Self) {
        self.entries.extend(other.entries);
        self.keys.extend(other.keys);
        other.notices.into_iter().for_each(|notice| self.notice(notice));
    }
}

// === impl Entry ===

impl Entry {
    /// What it is for, for people.
    pub(crate) fn named(&self) -> String {
        match &self.what {
            What::Map(name) => format!("the map `{name}`"),
            What::Rule { name, .. } => format!("the rule `{name}`"),
        }
    }

    /// As it is written into the file.
    pub(crate) fn table(&self) -> NewTable {
        let mut table = InlineTable::new();
        let is_rule = match &self.what {
            What::Map(name) => {
                table.insert("name", name.as_str().into());
                false
            }
            What::Rule { name, when } => {
                table.insert("name", (*name).into());
                let conditions = when.iter().filter_map(|(key, json)| Some((*key, value(json)?)));
                table.insert("when", Value::from_iter(conditions));
                true
            }
        };
        let mut targets = self.targets.iter().map(String::as_str);
        table.insert("target", targets.next().unwrap_or_default().into());
        let fallback: Vec<&str> = targets.collect();
        if !fallback.is_empty() {
            table.insert("fallback", Value::from_iter(fallback));
        }
        for (key, json) in &self.settings {
            if let Some(value) = value(json) {
                table.insert(*key, value);
            }
        }
        NewTable { is_rule, table }
    }
}

/// A JSON value as config.toml writes it; TOML has no null.
fn value(json: &Json) -> Option<Value> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(is) => (*is).into(),
        Json::Number(number) => number.to_string().parse().ok()?,
        Json::String(text) => text.as_str().into(),
        Json::Array(list) => Value::from_iter(list.iter().filter_map(value)),
        Json::Object(fields) => {
            Value::from_iter(fields.iter().filter_map(|(key, json)| Some((key.as_str(), value(json)?))))
        }
    })
}

/// Whether a URL is OpenRouter's.
pub(crate) fn is_openrouter(url: &str) -> bool {
    let rest = url.trim().strip_prefix("https://").unwrap_or_default();
    let host = rest.split(['/', ':', '?', '#']).next().unwrap_or_default();
    host == "openrouter.ai" || host.ends_with(".openrouter.ai")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_openrouters_own_host_counts() {
        for (url, is_it) in [
            ("https://openrouter.ai/api/v1/chat/completions", true),
            ("https://openrouter.ai/api", true),
            ("https://eu.openrouter.ai/api/v1", true),
            ("http://openrouter.ai/api", false),
            ("https://openrouter.ai.example.com/api", false),
            ("https://notopenrouter.ai/api", false),
            ("https://openrouter.ai@example.com/", false),
            ("http://127.0.0.1:3456", false),
            ("", false),
        ] {
            assert_eq!(is_openrouter(url), is_it, "{url}");
        }
    }

    #[test]
    fn a_key_is_never_in_what_is_printed() {
        let mut found = Found::default();
        found.key("sk-or-v1-0123456789abcdefWXYZ", "OPENROUTER_API_KEY");
        found.key("sk-ant-something-else", "ANTHROPIC_AUTH_TOKEN");
        let shown = format!("{found:?}");
        assert!(shown.contains("WXYZ") && !shown.contains("0123456789abcdef"), "{shown}");
        assert!(!shown.contains("something-else"), "{shown}");
        assert_eq!(found.keys.len(), 1);
    }
}
