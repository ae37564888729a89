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

    /// The line for the clipboard: it asks `program` for the environment and so holds no token itself.
    #[must_use]
    pub fn line(self, program: &str) -> String {
        let single = |quote: &str| program.replace('\'', quote);
        match self {
            Self::Posix => format!("eval \"$('{}' env --shell sh)\"", single("'\\''")),
            Self::Fish => format!("'{}' env --shell fish | source", single("\\'")),
            // Nushell's raw strings know no escapes at all.
            Self::Nushell => format!("^r#'{program}'# env --shell nu | from nuon | load-env"),
            Self::PowerShell => {
                format!("& '{}' env --shell pwsh | Out-String | Invoke-Expression", single("''"))
            }
            Self::Cmd => format!("for /f \"delims=\" %i in ('\"{program}\" env --shell cmd') do %i"),
        }
    }
}
