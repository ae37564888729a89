//! Lock files name versions and checksums, never the address of somebody's registry.

use crate::tree;

/// The one address cargo itself writes, whichever mirror the crates came from.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What is wrong with a lock file, or `None`.
fn fault(path: &str, text: &str) -> Option<String> {
    let line = match tree::name(path) {
        "package-lock.json" => text.lines().find(|l| l.contains("\"resolved\"")),
        "Cargo.lock" => text.lines().find(|l| {
            l.trim_start()
                .strip_prefix("source = ")
                .is_some_and(|source| source.trim_matches('"') != CRATES_IO)
        }),
        name if name.starts_with("requirements") && name.ends_with(".txt") => text
            .lines()
            .find(|l| l.contains("://") || l.contains("--index-url") || l.contains("--find-links")),
        _ => None,
    }?;
    Some(format!("{path} holds an address: {}", line.trim()))
}

#[test]
fn lock_files_hold_no_registry_addresses() {
    let mut seen = 0;
    for path in tree::tracked() {
        let text = tree::text(&path).unwrap_or_default();
        assert_eq!(fault(&path, &text), None);
        seen += usize::from(tree::name(&path) == "Cargo.lock");
    }
    assert!(seen > 0, "Cargo.lock is tracked: the pins are part of the project");
}

#[test]
fn an_address_in_a_lock_file_is_found() {
    let rows = [
        ("ui/package-lock.json", r#"  "resolved": "https://registry.example/a.tgz","#),
        ("Cargo.lock", r#"source = "sparse+https://mirror.example/index/""#),
        ("Cargo.lock", r#"source = "git+https://example.org/a.git#0123""#),
        ("tests/e2e/requirements.txt", "--index-url https://pypi.example/simple"),
    ];
    for (path, line) in rows {
        assert!(fault(path, line).is_some(), "{path}: {line}");
    }
    let plain = format!("source = \"{CRATES_IO}\"");
    assert_eq!(fault("Cargo.lock", &plain), None);
}

#[test]
fn npm_pins_are_exact_and_locked() {
    for path in tree::tracked().iter().filter(|p| tree::name(p) == "package.json") {
        let lock = path.replace("package.json", "package-lock.json");
        assert!(tree::text_if_there(&lock).is_some(), "{path} has no package-lock.json beside it");
        let rc = tree::text_if_there(&path.replace("package.json", ".npmrc")).unwrap_or_default();
        assert!(
            rc.contains("omit-lockfile-registry-resolved=true"),
            "{path}: the .npmrc beside it must say omit-lockfile-registry-resolved=true"
        );
        let text = tree::text(path).unwrap_or_default();
        for (number, line) in text.lines().enumerate() {
            let ranged =
                [": \"^", ": \"~", ": \"*\"", ": \"latest\""].iter().any(|range| line.contains(range));
            assert!(!ranged, "{path}:{}: pin the exact version: {}", number + 1, line.trim());
        }
    }
}
