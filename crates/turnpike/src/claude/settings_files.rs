//! The settings files that Claude Code reads by itself: is there another token in them?

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::TOKEN_VARIABLE;

/// The settings files of a user in a folder.
#[derive(Clone, Debug)]
pub(crate) struct SettingsFiles {
    paths: Vec<PathBuf>,
}

// === impl SettingsFiles ===

impl SettingsFiles {
    /// Those of this process's user, for a session in this process's folder.
    pub(crate) fn of_process() -> Self {
        let home = std::env::home_dir();
        let user = std::env::var_os("CLAUDE_CONFIG_DIR")
            .filter(|folder| !folder.is_empty())
            .map(PathBuf::from)
            .or_else(|| home.map(|home| home.join(".claude")));
        let here = std::env::current_dir().ok();
        Self::new(user.as_deref(), here.as_deref(), managed())
    }

    fn new(user: Option<&Path>, project: Option<&Path>, managed: PathBuf) -> Self {
        let user = user.map(|folder| folder.join("settings.json"));
        // Claude Code takes the folder it is started in; looking in those above too does no harm.
        let projects = project.into_iter().flat_map(Path::ancestors).flat_map(|folder| {
            let folder = folder.join(".claude");
            [folder.join("settings.json"), folder.join("settings.local.json")]
        });
        Self { paths: user.into_iter().chain(projects).chain([managed]).collect() }
    }

    /// The first that names a token of its own. A file that is no JSON names nothing: Claude Code refuses it too.
    pub(crate) fn with_token(&self) -> Option<&Path> {
        self.paths.iter().map(PathBuf::as_path).find(|path| {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            let settings: Value = serde_json::from_str(&text).unwrap_or_default();
            settings.get("env").and_then(|env| env.get(TOKEN_VARIABLE)).is_some()
        })
    }
}

/// Where an administrator puts a policy.
fn managed() -> PathBuf {
    let folder = if cfg!(target_os = "macos") {
        "/Library/Application Support/ClaudeCode"
    } else if cfg!(windows) {
        "C:\\ProgramData\\ClaudeCode"
    } else {
        "/etc/claude-code"
    };
    Path::new(folder).join("managed-settings.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_token_is_found_wherever_it_is_set() {
        let rows = [
            ("nowhere", "user/other.json", r#"{"env":{"ANTHROPIC_AUTH_TOKEN":"x"}}"#, false),
            ("user", "user/settings.json", r#"{"env":{"ANTHROPIC_AUTH_TOKEN":"x"}}"#, true),
            ("empty is set too", "user/settings.json", r#"{"env":{"ANTHROPIC_AUTH_TOKEN":""}}"#, true),
            ("another variable", "user/settings.json", r#"{"env":{"ANTHROPIC_BASE_URL":"x"}}"#, false),
            ("no env", "user/settings.json", r#"{"model":"opus"}"#, false),
            ("no JSON", "user/settings.json", "ANTHROPIC_AUTH_TOKEN", false),
            ("project", "work/deep/.claude/settings.json", r#"{"env":{"ANTHROPIC_AUTH_TOKEN":"x"}}"#, true),
            (
                "local",
                "work/deep/.claude/settings.local.json",
                r#"{"env":{"ANTHROPIC_AUTH_TOKEN":"x"}}"#,
                true,
            ),
            ("above", "work/.claude/settings.local.json", r#"{"env":{"ANTHROPIC_AUTH_TOKEN":"x"}}"#, true),
            ("policy", "etc/managed-settings.json", r#"{"env":{"ANTHROPIC_AUTH_TOKEN":"x"}}"#, true),
        ];
        for (name, file, text, is_found) in rows {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            let files = SettingsFiles::new(
                Some(&dir.path().join("user")),
                Some(&dir.path().join("work/deep")),
                dir.path().join("etc/managed-settings.json"),
            );
            assert_eq!(files.with_token(), is_found.then_some(path.as_path()), "{name}");
        }
    }
}
