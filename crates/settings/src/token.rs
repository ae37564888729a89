//! The local token: what a client on this machine shows to be let in.

use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::{Secret, atomic, permissions};

/// How a token of ours begins, so that it is recognised in a settings file or a secret scan.
const PREFIX: &str = "tp-";
/// Random bytes in a token.
const RANDOM_BYTES: usize = 32;
/// A token written by hand must be at least this long, and at most that.
const LENGTHS: std::ops::RangeInclusive<usize> = 32..=512;

/// The local token of a data folder, kept in the file `token` (0600).
#[derive(Clone, Debug)]
pub struct LocalToken {
    secret: Secret,
    was_open: bool,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file can be neither read nor made.
    #[error("{} cannot be used ({source}): make it and its folder readable and writable for you", path.display())]
    Unusable {
        /// The token file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds no token.
    #[error("{} holds no token ({problem}): run `turnpike token rotate`", path.display())]
    Damaged {
        /// The token file.
        path: PathBuf,
        /// What is wrong with its text.
        problem: &'static str,
    },
    /// The system has no random numbers to give.
    #[error("the system gave no random numbers for a token ({0}): restart the machine if this stays")]
    NoRandom(getrandom::Error),
}

// === impl LocalToken ===

impl LocalToken {
    /// The token in the file, made when the file is missing. Two processes that start at once get the same.
    ///
    /// A file that others could read or write is closed to them, and [`LocalToken::was_open`] tells.
    ///
    /// # Errors
    /// [`TokenError`], with the remedy.
    pub fn load_or_create(path: &Path) -> Result<Self, TokenError> {
        let unusable = |source| TokenError::Unusable { path: path.to_owned(), source };
        match std::fs::symlink_metadata(path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Whoever comes first makes it; both read it back.
                atomic::create(path, line(&generate()?).as_bytes()).map_err(unusable)?;
            }
            Err(error) => return Err(unusable(error)),
        }
        Self::load(path)
    }

    /// The token in the file.
    ///
    /// # Errors
    /// Also when there is no such file.
    pub fn load(path: &Path) -> Result<Self, TokenError> {
        let unusable = |source| TokenError::Unusable { path: path.to_owned(), source };
        let mode = permissions::mode(&std::fs::metadata(path).map_err(unusable)?);
        let was_open = mode.is_some_and(|mode| mode & 0o077 != 0);
        if was_open {
            permissions::make_private(path).map_err(unusable)?;
        }
        let text = Zeroizing::new(std::fs::read(path).map_err(unusable)?);
        let damaged = |problem| TokenError::Damaged { path: path.to_owned(), problem };
        let text = std::str::from_utf8(&text).map_err(|_| damaged("it is not text"))?.trim();
        if !LENGTHS.contains(&text.len()) {
            return Err(damaged("its length is wrong"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(damaged("it holds spaces or other signs that no header can carry"));
        }
        Ok(Self { secret: Secret::new(text.to_owned()), was_open })
    }

    /// Replaces the token in the file by a new one; the old one lets nobody in from here on.
    ///
    /// # Errors
    /// The old token stays when the new one cannot be written.
    pub fn rotate(path: &Path) -> Result<Self, TokenError> {
        let secret = generate()?;
        atomic::write(path, line(&secret).as_bytes())
            .map_err(|source| TokenError::Unusable { path: path.to_owned(), source })?;
        Ok(Self { secret, was_open: false })
    }

    /// The token itself.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Whether a request showed this token; takes the same time for every wrong one of a length.
    #[must_use]
    pub fn admits(&self, shown: &[u8]) -> bool {
        self.secret.matches(shown)
    }

    /// Whether other users could read the file until now: the token should then be rotated.
    #[must_use]
    pub fn was_open(&self) -> bool {
        self.was_open
    }
}

/// A new token: 256 random bits behind our prefix.
pub(crate) fn generate() -> Result<Secret, TokenError> {
    let mut random = Zeroizing::new([0_u8; RANDOM_BYTES]);
    getrandom::fill(&mut *random).map_err(TokenError::NoRandom)?;
    let mut text = PREFIX.to_owned();
    URL_SAFE_NO_PAD.encode_string(*random, &mut text);
    Ok(Secret::new(text))
}

fn line(secret: &Secret) -> Zeroizing<String> {
    Zeroizing::new(format!("{}\n", secret.expose()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(dir: &tempfile::TempDir) -> PathBuf {
        dir.path().join("token")
    }

    #[test]
    fn a_token_is_made_once_and_read_by_all() {
        let dir = tempfile::tempdir().unwrap();
        let first = LocalToken::load_or_create(&path(&dir)).unwrap();
        let second = LocalToken::load_or_create(&path(&dir)).unwrap();
        assert!(second.admits(first.secret().expose().as_bytes()));
        let text = first.secret().expose();
        assert!(text.starts_with("tp-") && text.len() == 3 + 43, "{} signs", text.len());
        assert_eq!(std::fs::read_to_string(path(&dir)).unwrap(), format!("{text}\n"));
    }

    #[test]
    fn starters_at_the_same_moment_agree() {
        let dir = tempfile::tempdir().unwrap();
        let tokens: Vec<String> = std::thread::scope(|scope| {
            let starters: Vec<_> =
                (0..8).map(|_| scope.spawn(|| LocalToken::load_or_create(&path(&dir)).unwrap())).collect();
            starters.into_iter().map(|s| s.join().unwrap().secret().expose().to_owned()).collect()
        });
        assert!(tokens.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn rotation_shuts_the_old_token_out() {
        let dir = tempfile::tempdir().unwrap();
        let old = LocalToken::load_or_create(&path(&dir)).unwrap();
        let new = LocalToken::rotate(&path(&dir)).unwrap();
        assert!(!new.admits(old.secret().expose().as_bytes()));
        let read = LocalToken::load(&path(&dir)).unwrap();
        assert!(read.admits(new.secret().expose().as_bytes()));
    }

    #[test]
    fn nothing_that_prints_shows_the_token() {
        let dir = tempfile::tempdir().unwrap();
        let token = LocalToken::load_or_create(&path(&dir)).unwrap();
        let hidden = &token.secret().expose()[..token.secret().expose().len() - 4];
        assert!(!format!("{token:?}").contains(hidden));
    }

    #[test]
    fn a_damaged_file_is_told_with_the_remedy() {
        for (case, text) in [
            ("empty", &b""[..]),
            ("short", b"tp-abc\n"),
            ("two lines", b"tp-0123456789012345678901234567890\ntp-012345678901234567"),
            ("not text", b"tp-\xff\xfe45678901234567890123456789012345"),
            ("huge", &[b'a'; 600]),
        ] {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(path(&dir), text).unwrap();
            let told = LocalToken::load_or_create(&path(&dir)).unwrap_err();
            assert!(matches!(told, TokenError::Damaged { .. }), "{case}: {told}");
            assert!(told.to_string().contains("turnpike token rotate"), "{case}: {told}");
            LocalToken::rotate(&path(&dir)).unwrap();
            LocalToken::load(&path(&dir)).unwrap();
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_private_and_is_made_so_again() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let mode = || std::fs::metadata(path(&dir)).unwrap().permissions().mode() & 0o777;
        assert!(!LocalToken::load_or_create(&path(&dir)).unwrap().was_open());
        assert_eq!(mode(), 0o600);
        std::fs::set_permissions(path(&dir), std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(LocalToken::load_or_create(&path(&dir)).unwrap().was_open());
        assert_eq!(mode(), 0o600);
        assert!(!LocalToken::load_or_create(&path(&dir)).unwrap().was_open());
    }
}
