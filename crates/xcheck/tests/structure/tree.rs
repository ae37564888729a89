//! The tracked files of this checkout, and their text.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The top folder of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("crates/xcheck stands two folders below the top").to_path_buf()
}

/// Paths (relative to [`root`], with `/`) of all tracked files that are on disk.
///
/// Tracked, not merely present: a file somebody is still writing is nobody's fault yet.
pub(crate) fn tracked() -> Vec<String> {
    let listing = Command::new("git")
        // The checkout of a container is often another user's.
        .args(["-c", "safe.directory=*", "ls-files", "-z"])
        .current_dir(root())
        .output()
        .expect("these tests read the list of files from git: run them in a git checkout");
    assert!(listing.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listing.stderr));
    let names = String::from_utf8(listing.stdout).expect("tracked file names are UTF-8");
    let files: Vec<String> =
        names.split('\0').filter(|n| !n.is_empty() && root().join(n).is_file()).map(str::to_owned).collect();
    assert!(files.iter().any(|f| f == "Cargo.toml"), "git ls-files listed no Cargo.toml in {:?}", root());
    files
}

/// Text of a tracked file; `None` when it is not UTF-8 (an icon, a fixture of bytes).
pub(crate) fn text(path: &str) -> Option<String> {
    String::from_utf8(std::fs::read(root().join(path)).expect("a tracked file can be read")).ok()
}

/// The part of a path after the last dot of its name, or `""`.
pub(crate) fn extension(path: &str) -> &str {
    Path::new(path).extension().and_then(|e| e.to_str()).unwrap_or("")
}

/// The last part of a path.
pub(crate) fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Text of a file that may be missing.
pub(crate) fn text_if_there(path: &str) -> Option<String> {
    std::fs::read_to_string(root().join(path)).ok()
}
