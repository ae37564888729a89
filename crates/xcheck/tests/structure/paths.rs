//! Nothing in the repository knows the machine it was written on.

use std::path::Path;

use crate::tree;

/// Home folders that examples and fixtures may use, because they are nobody's.
const NOBODY: &[&str] = &["me", "user", "you", "dev", "ada", "name", "$user", "<you>"];

/// The folder that a line's home path belongs to, when it is somebody's.
fn somebodys_home(line: &str) -> Option<&str> {
    ["/home/", "/Users/", "\\Users\\"].iter().find_map(|prefix| {
        let (before, rest) = line.split_once(prefix)?;
        if before.ends_with(|c: char| c.is_alphanumeric() || c == '.' || c == '~' || c == '}') {
            return None; // the middle of a longer path: a URL, a folder below another one
        }
        let owner = rest.split(['/', '\\', '"', '\'', '`', ' ', ')']).next().unwrap_or_default();
        let known = NOBODY.contains(&owner.to_lowercase().as_str());
        (!owner.is_empty() && !known).then_some(owner)
    })
}

/// Absolute paths of this checkout and of whoever runs the test.
fn this_machine() -> Vec<String> {
    let home = std::env::var("HOME").ok();
    let root = tree::root().canonicalize().ok();
    let folders = root.iter().map(|p| p.display().to_string()).chain(home);
    folders.filter(|p| Path::new(p).components().count() > 1).map(|p| format!("{p}/")).collect()
}

#[test]
fn no_file_holds_a_path_of_somebodys_machine() {
    let machine = this_machine();
    let mut wrong = Vec::new();
    for path in tree::tracked() {
        let Some(text) = tree::text(&path) else { continue };
        for (number, line) in text.lines().enumerate() {
            let ours = machine.iter().find(|folder| line.contains(folder.as_str()));
            let found = ours.map(String::as_str).or_else(|| somebodys_home(line));
            if let Some(found) = found.filter(|_| path != "crates/xcheck/tests/structure/paths.rs") {
                wrong.push(format!("{path}:{}: names {found}", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn somebodys_home_is_told_from_nobodys() {
    let rows = [
        ("Primary working directory: /home/me/src/app", None),
        ("include /home/klaus/lib", Some("klaus")),
        ("C:\\Users\\Dev\\AppData", None),
        ("\"/Users/maria\"", Some("maria")),
        ("GET /api/home/page", None),
    ];
    for (line, expected) in rows {
        assert_eq!(somebodys_home(line), expected, "{line}");
    }
}
