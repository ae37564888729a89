//! The tray among the programs that a desktop starts (Desktop Application Autostart Specification). The tray's own switch writes
//! and removes the same file. Linux only: elsewhere the tray's switch is the way.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use turnpike_settings::{DataDir, atomic};

use super::AtLoginError;

/// The tray's program, which lies beside this one.
const PROGRAM: &str = "turnpike-tray";
/// The process that a tray has started last stands there.
const STARTED: &str = "tray-started.pid";

/// The file of the tray, and the program that it starts.
#[derive(Debug)]
pub(super) struct Entry {
    file: PathBuf,
    program: PathBuf,
}

/// Whether a tray has started this very process.
pub(super) fn runs_this_service(data_dir: &DataDir) -> bool {
    let started = fs::read_to_string(data_dir.path().join(STARTED)).ok();
    started.and_then(|text| text.trim().parse().ok()) == Some(std::process::id())
}

// === impl Entry ===

impl Entry {
    /// That of this user; `None` where there is no tray beside this program.
    pub(super) fn of_process() -> Result<Option<Self>, AtLoginError> {
        if !cfg!(target_os = "linux") {
            return Ok(None);
        }
        let own = std::env::current_exe().map_err(AtLoginError::NoProgram)?;
        // An AppImage is mounted anew with each start; its own file is what stays.
        let image = std::env::var_os("APPIMAGE").map(PathBuf::from).filter(|image| image.is_absolute());
        let beside = own.with_file_name(PROGRAM);
        if !beside.is_file() {
            return Ok(None);
        }
        let home = std::env::home_dir().filter(|home| home.is_absolute()).ok_or(AtLoginError::NoHome)?;
        Ok(Some(Self::new(&home, image.unwrap_or(beside))))
    }

    fn new(home: &Path, program: PathBuf) -> Self {
        Self { file: home.join(".config/autostart/Turnpike.desktop"), program }
    }

    pub(super) fn file(&self) -> &PathBuf {
        &self.file
    }

    pub(super) fn is_there(&self) -> bool {
        self.file.exists()
    }

    pub(super) fn write(&self) -> Result<(), AtLoginError> {
        let content = self.content().ok_or_else(|| AtLoginError::Unwritable(self.program.clone()))?;
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder).map_err(|error| self.unusable("written", error))?;
        }
        atomic::write(&self.file, content.as_bytes()).map_err(|error| self.unusable("written", error))
    }

    pub(super) fn remove(&self) -> Result<(), AtLoginError> {
        fs::remove_file(&self.file).map_err(|error| self.unusable("removed", error))
    }

    fn unusable(&self, done: &'static str, source: io::Error) -> AtLoginError {
        AtLoginError::Unusable { file: self.file.clone(), done, source }
    }

    fn content(&self) -> Option<String> {
        let program = quoted(super::unit::plain(&self.program)?);
        Some(format!(
            "[Desktop Entry]\nType=Application\nVersion=1.0\nName=Turnpike\nComment=Claude Code on any OpenRouter model\n\
             Exec={program}\nStartupNotify=false\nTerminal=false\n"
        ))
    }
}

/// A word of `Exec`: first quoted for the command line, then as a string of the file (Desktop Entry Specification, "The Exec key").
fn quoted(text: &str) -> String {
    let mut word = String::from("\"");
    for sign in text.chars() {
        if matches!(sign, '"' | '`' | '$' | '\\') {
            word.push('\\');
        }
        word.push(sign);
        if sign == '%' {
            word.push('%');
        }
    }
    word.push('"');
    word.replace('\\', "\\\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_quoted_as_a_desktop_reads_it() {
        let rows = [
            ("/opt/turnpike/turnpike-tray", r#""/opt/turnpike/turnpike-tray""#),
            ("/opt/my tools/turnpike-tray", r#""/opt/my tools/turnpike-tray""#),
            (r#"/opt/50% & "more"/t"#, r#""/opt/50%% & \\"more\\"/t""#),
            (r"/opt/a\b$c/t", r#""/opt/a\\\\b\\$c/t""#),
        ];
        for (path, expected) in rows {
            let content = Entry::new(Path::new("/home/ada"), PathBuf::from(path)).content().unwrap();
            assert!(content.contains(&format!("\nExec={expected}\n")), "{path}: {content}");
        }
        assert_eq!(Entry::new(Path::new("/home/ada"), PathBuf::from("/opt/a\nExec=sh")).content(), None);
    }

    #[test]
    fn the_file_comes_and_goes() {
        let home = tempfile::tempdir().unwrap();
        let entry = Entry::new(home.path(), PathBuf::from("/opt/turnpike-tray"));
        assert!(!entry.is_there());
        entry.write().unwrap();
        assert!(entry.is_there() && entry.file().ends_with(".config/autostart/Turnpike.desktop"));
        entry.remove().unwrap();
        assert!(!entry.is_there());
        assert!(matches!(entry.remove(), Err(AtLoginError::Unusable { done: "removed", .. })));
    }
}
