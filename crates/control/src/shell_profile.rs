//! The line in a shell's profile that sets the environment of clients: one marked block, which holds no token but calls
//! the program. It is replaced, never repeated, and removed whole: then every byte is as it was.

use std::io;
use std::path::{Path, PathBuf};

use turnpike_settings::{DataDir, atomic};

/// How the block begins, ends, and what stands between for the reader of the file.
const BEGIN: &str = "# >>> turnpike";
const END: &str = "# <<< turnpike <<<";
/// What its first line says when something had to be added before it, so that it can be taken back.
const PLAIN: &str = " >>>";
const NEWLINE_ADDED: &str = " (newline added) >>>";
const FILE_ADDED: &str = " (file added) >>>";
/// No profile is larger; what is, is none.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// A shell that reads a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileShell {
    /// GNU bash.
    Bash,
    /// Z shell.
    Zsh,
    /// fish.
    Fish,
    /// Nushell.
    Nu,
    /// PowerShell.
    Pwsh,
}

/// Where profiles are.
#[derive(Clone, Debug)]
pub struct Home {
    /// The user's home folder.
    pub folder: PathBuf,
    /// `XDG_CONFIG_HOME`, when it is set.
    pub config: Option<PathBuf>,
    /// `ZDOTDIR`, when it is set.
    pub zsh: Option<PathBuf>,
}

/// The program that the block calls.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its path.
    pub path: PathBuf,
    /// The data folder, where it is not the default one.
    pub data_dir: Option<PathBuf>,
}

/// Why a profile was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// There is no home folder.
    #[error("there is no home folder to find a profile in: set HOME")]
    NoHome,
    /// It cannot be read or written.
    #[error("{} cannot be changed ({source}): make it readable and writable for you", path.display())]
    Unusable {
        /// The profile.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The block has a begin and no end, so nobody knows what belongs to it.
    #[error("{} has a line `{BEGIN}` without a line `{END}` after it: remove what is Turnpike's by hand", path.display())]
    Damaged {
        /// The profile.
        path: PathBuf,
    },
    /// The program's path cannot be written in this shell.
    #[error("the path of the program or of its data folder has a character that no shell takes: move it")]
    Unwritable,
}

// === impl ProfileShell ===

impl ProfileShell {
    /// Every shell, the commonest first.
    pub const ALL: [Self; 5] = [Self::Bash, Self::Zsh, Self::Fish, Self::Nu, Self::Pwsh];

    /// As it is written for `--shell`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Nu => "nu",
            Self::Pwsh => "pwsh",
        }
    }

    /// The shell of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shell| shell.as_str() == name)
    }

    /// The file that each interactive session reads.
    #[must_use]
    pub fn profile(self, home: &Home) -> PathBuf {
        let config = || home.config.clone().unwrap_or_else(|| home.folder.join(".config"));
        match self {
            Self::Bash if cfg!(target_os = "macos") => home.folder.join(".bash_profile"),
            Self::Bash => home.folder.join(".bashrc"),
            Self::Zsh => home.zsh.as_ref().unwrap_or(&home.folder).join(".zshrc"),
            Self::Fish => config().join("fish/config.fish"),
            Self::Nu => config().join("nushell/config.nu"),
            Self::Pwsh => config().join("powershell/Microsoft.PowerShell_profile.ps1"),
        }
    }

    /// The line between the marks. A program that is gone is passed over in silence.
    ///
    /// # Errors
    /// [`ProfileError::Unwritable`] for a path that cannot be quoted.
    pub fn line(self, program: &Program) -> Result<String, ProfileError> {
        let quoted = |path: &Path| self.quote(path).ok_or(ProfileError::Unwritable);
        let name = quoted(&program.path)?;
        let data_dir = program.data_dir.as_deref().map(quoted).transpose()?;
        let data_dir = data_dir.map(|path| format!(" --data-dir {path}")).unwrap_or_default();
        let call = format!("{name}{data_dir} env --shell {}", self.as_str());
        Ok(match self {
            Self::Bash | Self::Zsh => format!("[ -x {name} ] && eval \"$({call} 2>/dev/null)\""),
            Self::Fish => format!("test -x {name}; and {call} 2>/dev/null | source"),
            Self::Nu => {
                format!("if ({name} | path exists) {{ ^{call} err> /dev/null | from nuon | load-env }}")
            }
            Self::Pwsh => {
                format!("if (Test-Path {name}) {{ & {call} 2>$null | Out-String | Invoke-Expression }}")
            }
        })
    }

    pub(crate) fn quote(self, path: &Path) -> Option<String> {
        let text = path.to_str().filter(|text| !text.contains(['\n', '\r', '\0']))?;
        Some(match self {
            Self::Bash | Self::Zsh => format!("'{}'", text.replace('\'', r"'\''")),
            Self::Fish => format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'")),
            Self::Nu => format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\"")),
            Self::Pwsh => format!("'{}'", text.replace('\'', "''")),
        })
    }
}

// === impl Home ===

impl Home {
    /// This process's user's.
    ///
    /// # Errors
    /// [`ProfileError::NoHome`].
    pub fn of_process() -> Result<Self, ProfileError> {
        let folder = std::env::home_dir().filter(|home| home.is_absolute()).ok_or(ProfileError::NoHome)?;
        let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        Ok(Self { folder, config: variable("XDG_CONFIG_HOME"), zsh: variable("ZDOTDIR") })
    }
}

// === impl Program ===

impl Program {
    /// This program, on that data folder.
    ///
    /// # Errors
    /// When the system does not tell the program's path.
    pub fn of_process(data_dir: &DataDir) -> io::Result<Self> {
        let data_dir = (!data_dir.is_default()).then(|| data_dir.path().to_owned());
        Ok(Self { path: std::env::current_exe()?, data_dir })
    }

    /// A command line for `sh` that calls the program with that command; `None` for a path that cannot be quoted.
    #[must_use]
    pub fn call(&self, command: &str) -> Option<String> {
        let quoted = |path: &Path| ProfileShell::Bash.quote(path);
        let name = quoted(&self.path)?;
        let data_dir = match &self.data_dir {
            Some(path) => format!(" --data-dir {}", quoted(path)?),
            None => String::new(),
        };
        Some(format!("{name}{data_dir} {command}"))
    }
}

/// The line of the block in that profile; `None` when there is no block. Blocks on the disk.
///
/// # Errors
/// [`ProfileError`].
pub fn installed(path: &Path) -> Result<Option<String>, ProfileError> {
    let text = read(path)?.unwrap_or_default();
    let Some(block) = find(&text, path)? else { return Ok(None) };
    let inside = String::from_utf8_lossy(&text[block.begin..block.end]).into_owned();
    Ok(Some(inside.lines().filter(|line| !line.starts_with("# ")).collect::<Vec<_>>().join("\n")))
}

/// Puts the block into the profile, or its new line into the block that is there. Blocks on the disk.
///
/// # Errors
/// [`ProfileError`]; the profile is as it was then.
pub fn install(path: &Path, line: &str) -> Result<(), ProfileError> {
    let before = read(path)?;
    let text = before.clone().unwrap_or_default();
    let after = if let Some(block) = find(&text, path)? {
        let first = block.first_line(&text);
        [&text[..block.begin], format!("{first}\n{line}\n{END}\n").as_bytes(), &text[block.end..]].concat()
    } else {
        let (gap, how) = match &before {
            None => ("", FILE_ADDED),
            Some(text) if text.is_empty() || text.ends_with(b"\n") => ("", PLAIN),
            Some(_) => ("\n", NEWLINE_ADDED),
        };
        [text.as_slice(), format!("{gap}{BEGIN}{how}\n{line}\n{END}\n").as_bytes()].concat()
    };
    write(path, &after)
}

/// Takes the block out of the profile, and what was added for it. Blocks on the disk.
///
/// # Errors
/// [`ProfileError`]; the profile is as it was then.
pub fn remove(path: &Path) -> Result<(), ProfileError> {
    let Some(text) = read(path)? else { return Ok(()) };
    let Some(block) = find(&text, path)? else { return Ok(()) };
    let first = block.first_line(&text);
    let is_newline_ours = first.ends_with(NEWLINE_ADDED) && text[..block.begin].ends_with(b"\n");
    let begin = block.begin - usize::from(is_newline_ours);
    let after = [&text[..begin], &text[block.end..]].concat();
    if after.is_empty() && first.ends_with(FILE_ADDED) {
        return std::fs::remove_file(path).map_err(|source| unusable(path, source));
    }
    write(path, &after)
}

/// Where the block stands: whole lines, their ends included.
struct Block {
    begin: usize,
    end: usize,
}

// === impl Block ===

impl Block {
    fn first_line(&self, text: &[u8]) -> String {
        let block = &text[self.begin..self.end];
        let line = block.split(|byte| *byte == b'\n').next().unwrap_or_default();
        String::from_utf8_lossy(line).trim_end().to_owned()
    }
}

fn find(text: &[u8], path: &Path) -> Result<Option<Block>, ProfileError> {
    let (mut begin, mut at) = (None, 0);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let next = at + line.len();
        if begin.is_none() && line.starts_with(BEGIN.as_bytes()) {
            begin = Some(at);
        } else if let Some(begin) = begin
            && line.trim_ascii_end() == END.as_bytes()
        {
            return Ok(Some(Block { begin, end: next }));
        }
        at = next;
    }
    if begin.is_some() { Err(ProfileError::Damaged { path: path.to_owned() }) } else { Ok(None) }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, ProfileError> {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(unusable(path, source)),
    };
    if !metadata.is_file() || metadata.len() > MOST_BYTES {
        return Err(unusable(path, io::Error::other("it is no profile")));
    }
    std::fs::read(path).map(Some).map_err(|source| unusable(path, source))
}

/// Replaces the file in one step; who may read it stays as it was.
fn write(path: &Path, bytes: &[u8]) -> Result<(), ProfileError> {
    let changed = || {
        let permissions = std::fs::metadata(path).map(|metadata| metadata.permissions()).ok();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        if permissions.as_ref().is_some_and(std::fs::Permissions::readonly) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
        }
        atomic::write(path, bytes)?;
        permissions.map_or(Ok(()), |permissions| std::fs::set_permissions(path, permissions))
    };
    changed().map_err(|source| unusable(path, source))
}

fn unusable(path: &Path, source: io::Error) -> ProfileError {
    ProfileError::Unusable { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
