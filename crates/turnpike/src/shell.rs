//! Variables in the words of each shell.

use std::ffi::OsStr;
use std::path::Path;

use clap::ValueEnum;
use turnpike_api::command::Variable;
use turnpike_control::shell_profile::ProfileShell;

/// A shell whose words we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// POSIX shells.
    Sh,
    /// GNU bash.
    Bash,
    /// Z shell.
    Zsh,
    /// fish.
    Fish,
    /// Nushell: a record for `from nuon | load-env`.
    Nu,
    /// PowerShell.
    #[value(alias = "powershell")]
    Pwsh,
    /// The command prompt of Windows.
    Cmd,
}

/// A value that a shell has no way to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} holds a character that {shell} cannot be given: choose another shell with --shell")]
pub(crate) struct Unwritable {
    /// The variable.
    pub(crate) name: String,
    /// The shell.
    pub(crate) shell: &'static str,
}

// === impl Shell ===

impl Shell {
    /// The user's shell, as far as `SHELL` tells.
    pub(crate) fn of_user(variable: Option<&OsStr>) -> Self {
        let fallback = if cfg!(windows) { Self::Pwsh } else { Self::Sh };
        let Some(name) = variable.and_then(|path| Path::new(path).file_stem()?.to_str()) else {
            return fallback;
        };
        match name {
            "bash" => Self::Bash,
            "zsh" => Self::Zsh,
            "fish" => Self::Fish,
            "nu" => Self::Nu,
            "pwsh" | "powershell" => Self::Pwsh,
            _ => fallback,
        }
    }

    /// The shell whose profile can be changed; `None` for those that have none.
    pub(crate) const fn profile(self) -> Option<ProfileShell> {
        match self {
            Self::Bash => Some(ProfileShell::Bash),
            Self::Zsh => Some(ProfileShell::Zsh),
            Self::Fish => Some(ProfileShell::Fish),
            Self::Nu => Some(ProfileShell::Nu),
            Self::Pwsh => Some(ProfileShell::Pwsh),
            Self::Sh | Self::Cmd => None,
        }
    }

    /// The lines that set the variables, to be evaluated by the shell.
    pub(crate) fn export(self, variables: &[Variable]) -> Result<String, Unwritable> {
        let mut text = String::new();
        for variable in variables {
            let value = variable.value.expose();
            let unwritable = || Unwritable { name: variable.name.clone(), shell: self.name() };
            if value.contains('\0') || !is_name(&variable.name) {
                return Err(unwritable());
            }
            let quoted = self.quote(value).ok_or_else(unwritable)?;
            text.push_str(&self.assignment(&variable.name, &quoted));
            text.push('\n');
        }
        Ok(if self == Self::Nu { format!("{{\n{text}}}\n") } else { text })
    }

    fn assignment(self, name: &str, quoted: &str) -> String {
        match self {
            Self::Sh | Self::Bash | Self::Zsh => format!("export {name}={quoted}"),
            Self::Fish => format!("set -gx {name} {quoted}"),
            Self::Nu => format!("  {name}: {quoted}"),
            Self::Pwsh => format!("$env:{name} = {quoted}"),
            Self::Cmd => format!("set \"{name}={quoted}\""),
        }
    }

    /// A value as one word of the shell; `None` where it has no way to write it.
    pub(crate) fn quote(self, value: &str) -> Option<String> {
        match self {
            Self::Sh | Self::Bash | Self::Zsh => Some(format!("'{}'", value.replace('\'', r"'\''"))),
            Self::Fish => Some(format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))),
            Self::Nu => Some(format!("\"{}\"", value.chars().map(nuon).collect::<String>())),
            Self::Pwsh => Some(format!("'{}'", value.chars().map(powershell).collect::<String>())),
            // Inside the quotes of `set "…"` these would end the quotes, the line, or stand for something else.
            Self::Cmd => (!value.contains(['"', '%', '!', '\n', '\r'])).then(|| value.to_owned()),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sh => "sh",
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Nu => "nu",
            Self::Pwsh => "PowerShell",
            Self::Cmd => "cmd",
        }
    }
}

/// Whether every shell takes it as a variable's name.
fn is_name(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(is_word) && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// A character within double quotes of Nushell's own notation.
fn nuon(c: char) -> String {
    match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        c if c.is_control() => format!("\\u{{{:x}}}", u32::from(c)),
        c => c.to_string(),
    }
}

/// A character within single quotes of PowerShell, for which typographic quotes are quotes too.
fn powershell(c: char) -> String {
    match c {
        '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' => format!("{c}{c}"),
        c => c.to_string(),
    }
}

#[cfg(test)]
mod tests;
