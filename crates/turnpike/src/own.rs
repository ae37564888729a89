//! How the terminal that has called this program calls it again: in each line that is printed for copying.

use std::path::Path;
use std::sync::OnceLock;

use turnpike_control::called;

static CALLED: OnceLock<String> = OnceLock::new();

/// Takes over the folder that was named on the command line. One of the environment needs no name: it stays there.
pub(crate) fn called_with(data_dir: Option<&Path>) {
    let called = data_dir.map_or_else(|| called::program().to_owned(), called::with_folder);
    // Only `main` tells it.
    let _ = CALLED.set(called);
}

/// A text with each command in it called so.
pub(crate) fn lines(text: &str) -> String {
    called::lines(text, CALLED.get().map_or_else(called::program, String::as_str))
}
