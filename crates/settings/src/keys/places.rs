//! The places of a key that come before the keychain: two environment variables.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::api_key::{ApiKey, KeyTextError};
use super::error::KeyFault;
use super::state::{KeySource, KeyWarning};
use super::{KEY_FILE_VARIABLE, KEY_VARIABLE};
use crate::origin::Origin;
use crate::permissions;
use crate::secret::Secret;

/// Bytes that are read of a key file. More is no key.
const MOST_BYTES: u64 = 4_096;
/// Permission bits that a key file may have.
const PRIVATE: u32 = 0o600;

/// What the environment says about the key, as it was when the store was opened.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    key: Option<Secret>,
    file: Option<PathBuf>,
}

/// A key, and where it was.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) key: ApiKey,
    pub(super) source: KeySource,
    pub(super) warnings: Vec<KeyWarning>,
}

// === impl Places ===

impl Places {
    /// What this process was started with. An empty variable is as good as none.
    pub(super) fn of_process() -> Self {
        Self::of(|name| std::env::var_os(name))
    }

    pub(super) fn of(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let value = |name| variable(name).filter(|value| !value.is_empty());
        // What is not UTF-8 gets characters that no key has, and is refused as such.
        let key = value(KEY_VARIABLE).map(|value| Secret::new(value.to_string_lossy().into_owned()));
        Self { key, file: value(KEY_FILE_VARIABLE).map(PathBuf::from) }
    }

    /// The key for `origin`, when the environment names one. What it names wrongly is an error and no reason
    /// to look elsewhere: another key than the chosen one would be used unasked.
    pub(super) fn find(&self, origin: &Origin) -> Result<Option<Found>, KeyFault> {
        if let Some(key) = &self.key {
            let key = parse(key.expose(), origin, KeySource::Environment)?;
            return Ok(Some(Found { key, source: KeySource::Environment, warnings: Vec::new() }));
        }
        let Some(path) = &self.file else { return Ok(None) };
        let (content, warning) = read_file(path)
            .map_err(|error| KeyFault::File { path: path.clone(), reason: error.to_string() })?;
        let text = String::from_utf8_lossy(&content);
        let key = parse(&text, origin, KeySource::File)?;
        Ok(Some(Found { key, source: KeySource::File, warnings: warning.into_iter().collect() }))
    }
}

fn parse(text: &str, origin: &Origin, place: KeySource) -> Result<ApiKey, KeyFault> {
    ApiKey::parse(text, origin.clone()).map_err(|error: KeyTextError| KeyFault::Malformed { place, error })
}

/// The file's beginning, and a word when others than its owner may do anything with it.
fn read_file(path: &Path) -> io::Result<(Zeroizing<Vec<u8>>, Option<KeyWarning>)> {
    // Looked at before it is opened: opening a pipe that nobody writes to would wait for ever.
    let metadata = path.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no ordinary file"));
    }
    let file = File::open(path)?;
    let mut content = Zeroizing::new(Vec::with_capacity(8_192));
    file.take(MOST_BYTES).read_to_end(&mut content)?;
    let open = permissions::mode(&metadata).filter(|mode| mode & !PRIVATE != 0);
    let warning = open.map(|mode| KeyWarning::OpenFile { path: path.to_owned(), mode });
    Ok((content, warning))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(key: Option<&str>, file: Option<&Path>) -> Places {
        Places::of(|name| match name {
            KEY_VARIABLE => key.map(OsString::from),
            KEY_FILE_VARIABLE => file.map(OsString::from),
            other => panic!("it has no business with {other}"),
        })
    }

    #[test]
    fn the_variable_comes_before_the_file_and_empty_is_unset() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        std::fs::write(&file, "sk-or-v1-file\n").unwrap();
        let (file, none) = (Some(file.as_path()), Some(Path::new("")));
        for (case, key, file, expected) in [
            ("both", Some("sk-or-v1-env"), file, Some(("sk-or-v1-env", KeySource::Environment))),
            ("variable", Some(" sk-or-v1-env\n"), None, Some(("sk-or-v1-env", KeySource::Environment))),
            ("file", None, file, Some(("sk-or-v1-file", KeySource::File))),
            ("empty variable", Some(""), file, Some(("sk-or-v1-file", KeySource::File))),
            ("both empty", Some(""), none, None),
            ("neither", None, None, None),
        ] {
            let found = places(key, file).find(&Origin::default()).unwrap();
            let found = found.as_ref().map(|found| (found.key.secret().expose(), found.source));
            assert_eq!(found, expected, "{case}");
        }
    }

    #[test]
    fn such_a_key_is_for_the_host_in_use() {
        let origin = Origin::parse("https://gateway.example").unwrap();
        let found = places(Some("sk-gateway"), None).find(&origin).unwrap().unwrap();
        assert_eq!(found.key.origin(), &origin);
    }

    #[test]
    fn a_wrong_choice_is_told_and_not_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            std::fs::write(dir.path().join(name), bytes).unwrap();
            dir.path().join(name)
        };
        let good = write("good", b"sk-or-v1-file");
        for (case, key, file, told) in [
            ("two words", Some("sk or"), good.clone(), "OPENROUTER_API_KEY: character 3"),
            ("blank", Some("  "), good, "OPENROUTER_API_KEY: the key is empty"),
            ("no file", None, "/no-such/key".into(), "/no-such/key"),
            ("a folder", None, dir.path().to_owned(), "no ordinary file"),
            ("empty file", None, write("empty", b""), "OPENROUTER_API_KEY_FILE names: the key is empty"),
            ("not text", None, write("binary", b"\xff\xfe"), "character 1 "),
            ("huge", None, write("huge", &[b'k'; 9_000]), "more than 512"),
        ] {
            let fault = places(key, Some(&file)).find(&Origin::default()).unwrap_err().to_string();
            assert!(fault.contains(told), "{case}: {fault}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_use_is_told() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        std::fs::write(&path, "sk-or-v1-file").unwrap();
        for (mode, told) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true), (0o444, true)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let found = places(None, Some(&path)).find(&Origin::default()).unwrap().unwrap();
            let expected = told.then(|| KeyWarning::OpenFile { path: path.clone(), mode });
            assert_eq!(found.warnings.first(), expected.as_ref(), "{mode:o}");
        }
    }
}
