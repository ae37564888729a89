//! How a terminal calls this program, in every line that is offered for copying: by its name where that finds it, else by
//! its path.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::OnceLock;

use turnpike_settings::DataDir;

use crate::shell_profile::ProfileShell;

/// The program's name.
const NAME: &str = "turnpike";
/// What the system adds to the path of a program whose file was replaced, as by an upgrade.
const REPLACED: &str = " (deleted)";

/// This program: `turnpike` where the first one in `PATH` is its own file, else its path, quoted where a shell needs it.
/// Looked for once: what a terminal finds later does not change what runs.
#[must_use]
pub fn program() -> &'static str {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let own = std::env::current_exe();
        own.map_or_else(|_| NAME.to_owned(), |own| name(&own, std::env::var_os("PATH").as_deref()))
    })
}

/// The program for that data folder, which is named where it is not the default one.
#[must_use]
pub fn called(data_dir: &DataDir) -> String {
    if data_dir.is_default() { program().to_owned() } else { with_folder(data_dir.path()) }
}

/// The program on that folder.
#[must_use]
pub fn with_folder(folder: &Path) -> String {
    format!("{} --data-dir {}", program(), shown(folder))
}

/// A text with each command in it called so: `turnpike ` at the begin of a word becomes `program `, unless a folder is named.
#[must_use]
pub fn lines(text: &str, program: &str) -> String {
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("turnpike ") {
        let (before, after) = (&rest[..at], &rest[at + NAME.len()..]);
        // The mark that ends a block in a profile is no command.
        let is_mark = before.ends_with("<<< ");
        let is_word =
            !is_mark && !before.ends_with(|sign: char| sign.is_alphanumeric() || "/._-".contains(sign));
        told.push_str(before);
        told.push_str(if is_word && !after.starts_with(" --data-dir ") { program } else { NAME });
        rest = after;
    }
    told + rest
}

fn name(own: &Path, path: Option<&OsStr>) -> String {
    let text = own.to_string_lossy();
    let own = match text.strip_suffix(REPLACED) {
        Some(before) if !own.exists() => Path::new(before),
        _ => own,
    };
    let file = format!("{NAME}{}", std::env::consts::EXE_SUFFIX);
    let folders = path.into_iter().flat_map(std::env::split_paths);
    let found = folders.map(|folder| folder.join(&file)).find(|found| found.is_file());
    let is_own = found.is_some_and(|found| match (found.canonicalize(), own.canonicalize()) {
        (Ok(found), Ok(own)) => found == own,
        _ => false,
    });
    if is_own { NAME.to_owned() } else { shown(own) }
}

/// As a shell takes it. (Where a path cannot be quoted, people have to.)
fn shown(path: &Path) -> String {
    let is_plain =
        |text: &str| text.chars().all(|sign| sign.is_ascii_alphanumeric() || "/._-".contains(sign));
    match path.to_str() {
        Some(text) if is_plain(text) => text.to_owned(),
        _ => ProfileShell::Bash.quote(path).unwrap_or_else(|| path.display().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn its_name_is_told_where_a_terminal_finds_this_very_file_by_it() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        let file = |folder: &str| {
            let file = top.join(folder).join(format!("{NAME}{}", std::env::consts::EXE_SUFFIX));
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, folder).unwrap();
            file
        };
        let (own, other, odd) = (file("own"), file("other"), file("it's odd"));
        let path =
            |folders: &[&str]| std::env::join_paths(folders.iter().map(|name| top.join(name))).unwrap();
        let plain = shown(&own);
        let quoted = format!("'{}'", odd.to_str().unwrap().replace('\'', r"'\''"));
        let replaced = PathBuf::from(format!("{}{REPLACED}", own.display()));
        let rows: [(&str, &Path, Option<std::ffi::OsString>, &str); 9] = [
            ("in PATH", &own, Some(path(&["empty", "own"])), NAME),
            ("first in PATH", &own, Some(path(&["own", "other"])), NAME),
            ("behind another one", &own, Some(path(&["other", "own"])), &plain),
            ("not in PATH", &own, Some(path(&["other"])), &plain),
            ("an empty PATH", &own, Some(path(&[])), &plain),
            ("no PATH", &own, None, &plain),
            ("a path with spaces and a quote", &odd, None, &quoted),
            ("replaced by an upgrade", &replaced, Some(path(&["own"])), NAME),
            ("replaced, and not in PATH", &replaced, None, &plain),
        ];
        for (row, own, path, expected) in rows {
            assert_eq!(name(own, path.as_deref()), expected, "{row}");
        }
        fs::remove_file(other).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_path_to_this_file_counts() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("turnpike-0.1");
        fs::write(&own, "").unwrap();
        fs::create_dir(dir.path().join("bin")).unwrap();
        std::os::unix::fs::symlink(&own, dir.path().join("bin/turnpike")).unwrap();
        assert_eq!(name(&own, Some(dir.path().join("bin").as_os_str())), NAME);
    }

    #[test]
    fn commands_in_a_text_are_called_so_and_nothing_else() {
        let rows = [
            ("run `turnpike key set`", "run `/t key set`"),
            ("turnpike run -- claude", "/t run -- claude"),
            ("  turnpike demo\n  turnpike ui", "  /t demo\n  /t ui"),
            ("eval \"$(turnpike env)\"", "eval \"$(/t env)\""),
            ("see `turnpike --data-dir /x ui`", "see `turnpike --data-dir /x ui`"),
            ("/usr/bin/turnpike ui, my-turnpike ui", "/usr/bin/turnpike ui, my-turnpike ui"),
            ("a line `# <<< turnpike <<<` after it", "a line `# <<< turnpike <<<` after it"),
            ("Turnpike is stopped; turnpike: no", "Turnpike is stopped; turnpike: no"),
            ("", ""),
        ];
        for (text, expected) in rows {
            assert_eq!(lines(text, "/t"), expected);
            assert_eq!(lines(text, NAME), text);
        }
    }
}
