//! What a click asks for.

/// What a click asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Serve requests.
    Start,
    /// Answer each request that Turnpike is stopped.
    Stop,
    /// Start the service itself again.
    StartService,
    /// End one running request.
    Cancel {
        /// Number of its row.
        id: i64,
    },
    /// Let a role's model be that one.
    SetTarget {
        /// The role, as the API names it.
        role: String,
        /// The model's slug.
        target: String,
    },
    /// Put a preset in force.
    SetPreset {
        /// Its name, as the API names it.
        name: String,
    },
    /// Open a view of the page.
    Open {
        /// Its name; empty for the first one.
        view: &'static str,
    },
    /// Raise the budget that a notice was about, until its period ends, by as much as it is.
    RaiseBudget {
        /// The notice's subject.
        subject: String,
    },
    /// Connect Claude Code, after showing what that changes.
    ConnectClaude,
    /// Disconnect Claude Code.
    DisconnectClaude,
    /// Copy the line that sets the environment up.
    CopyEnvironment(EnvironmentShell),
    /// Run the demo.
    TryDemo,
    /// Start the tray at login, or no longer.
    SetAutostart(bool),
    /// End the tray, and the service with it if a tray has started it.
    Quit,
}

/// A shell, in whose words the environment is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvironmentShell {
    /// bash and zsh.
    Posix,
    /// fish.
    Fish,
    /// Nushell.
    Nushell,
    /// PowerShell.
    PowerShell,
    /// cmd.
    Cmd,
}

// === impl EnvironmentShell ===

impl EnvironmentShell {
    /// All of them, in the menu's order.
    pub const ALL: [Self; 5] = [Self::Posix, Self::Fish, Self::Nushell, Self::PowerShell, Self::Cmd];

    /// What the menu calls it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Posix => "bash/zsh",
            Self::Fish => "fish",
            Self::Nushell => "nushell",
            Self::PowerShell => "PowerShell",
            Self::Cmd => "cmd",
        }
    }

    /// The line for the clipboard: it asks `program` for the environment and so holds no token itself. `data_dir` is named where
    /// it is not the one that the program takes by itself.
    #[must_use]
    pub fn line(self, program: &str, data_dir: Option<&str>) -> String {
        let quoted = |text: &str| self.quoted(text);
        let folder = data_dir.map_or_else(String::new, |folder| format!(" --data-dir {}", quoted(folder)));
        let call = format!("{}{folder}", quoted(program));
        match self {
            Self::Posix => format!("eval \"$({call} env --shell sh)\""),
            Self::Fish => format!("{call} env --shell fish | source"),
            Self::Nushell => format!("^{call} env --shell nu | from nuon | load-env"),
            Self::PowerShell => format!("& {call} env --shell pwsh | Out-String | Invoke-Expression"),
            // The outer pair is taken off by the shell that `for` starts, and keeps it from taking others.
            Self::Cmd => format!("for /f \"delims=\" %i in ('\"{call} env --shell cmd\"') do %i"),
        }
    }

    fn quoted(self, text: &str) -> String {
        match self {
            Self::Posix => format!("'{}'", text.replace('\'', r"'\''")),
            Self::Fish => format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'")),
            Self::Nushell => format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\"")),
            Self::PowerShell => format!("'{}'", text.replace('\'', "''")),
            // No file of Windows has that sign in its name.
            Self::Cmd => format!("\"{text}\""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_for_the_clipboard_ask_the_program_and_quote_its_path() {
        let rows = [
            (EnvironmentShell::Posix, r#"eval "$('/opt/it'\''s/turnpike' env --shell sh)""#),
            (EnvironmentShell::Fish, r"'/opt/it\'s/turnpike' env --shell fish | source"),
            (EnvironmentShell::Nushell, r#"^"/opt/it's/turnpike" env --shell nu | from nuon | load-env"#),
            (
                EnvironmentShell::PowerShell,
                "& '/opt/it''s/turnpike' env --shell pwsh | Out-String | Invoke-Expression",
            ),
            (
                EnvironmentShell::Cmd,
                r#"for /f "delims=" %i in ('""/opt/it's/turnpike" env --shell cmd"') do %i"#,
            ),
        ];
        for (shell, line) in rows {
            assert_eq!(shell.line("/opt/it's/turnpike", None), line);
        }
    }

    #[test]
    fn lines_for_the_clipboard_name_a_folder_that_is_not_the_default() {
        let rows = [
            (EnvironmentShell::Posix, r#"eval "$('/t' --data-dir '/my "data"' env --shell sh)""#),
            (EnvironmentShell::Fish, r#"'/t' --data-dir '/my "data"' env --shell fish | source"#),
            (
                EnvironmentShell::Nushell,
                r#"^"/t" --data-dir "/my \"data\"" env --shell nu | from nuon | load-env"#,
            ),
            (
                EnvironmentShell::PowerShell,
                r#"& '/t' --data-dir '/my "data"' env --shell pwsh | Out-String | Invoke-Expression"#,
            ),
        ];
        for (shell, line) in rows {
            assert_eq!(shell.line("/t", Some(r#"/my "data""#)), line);
        }
        let line = EnvironmentShell::Cmd.line(r"C:\t.exe", Some(r"D:\my data"));
        assert_eq!(
            line,
            r#"for /f "delims=" %i in ('""C:\t.exe" --data-dir "D:\my data" env --shell cmd"') do %i"#
        );
    }
}
