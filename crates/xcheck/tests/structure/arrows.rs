//! Which crate may know which. Arrows never turn back; the table is the picture in ARCHITECTURE.md.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

use crate::tree;

/// One crate: the workspace crates it may use, and those that only its tests may use.
struct Row {
    who: &'static str,
    may_use: &'static [&'static str],
    in_tests: &'static [&'static str],
}

const fn row(who: &'static str, may_use: &'static [&'static str], in_tests: &'static [&'static str]) -> Row {
    Row { who, may_use, in_tests }
}

const ARROWS: &[Row] = &[
    row("turnpike-wire", &[], &[]),
    row("turnpike-translate", &["turnpike-wire"], &[]),
    row("turnpike-routing", &["turnpike-wire"], &[]),
    row("turnpike-budget", &["turnpike-wire"], &[]),
    row("turnpike-ledger", &["turnpike-wire"], &[]),
    row("turnpike-settings", &["turnpike-routing", "turnpike-wire"], &[]),
    row("turnpike-sim", &["turnpike-wire"], &[]),
    row("turnpike-upstream", &["turnpike-wire"], &["turnpike-sim"]),
    row(
        "turnpike-proxy",
        &[
            "turnpike-budget",
            "turnpike-ledger",
            "turnpike-routing",
            "turnpike-settings",
            "turnpike-translate",
            "turnpike-upstream",
            "turnpike-wire",
        ],
        &["turnpike-sim"],
    ),
    row("turnpike-api", &[], &[]),
    row("turnpike-tray-core", &["turnpike-api", "turnpike-wire"], &[]),
    row(
        "turnpike-control",
        &[
            "turnpike-api",
            "turnpike-budget",
            "turnpike-ledger",
            "turnpike-proxy",
            "turnpike-routing",
            "turnpike-settings",
            "turnpike-upstream",
            "turnpike-wire",
        ],
        &["turnpike-sim"],
    ),
    row(
        "turnpike",
        &[
            "turnpike-api",
            "turnpike-budget",
            "turnpike-control",
            "turnpike-ledger",
            "turnpike-proxy",
            "turnpike-routing",
            "turnpike-settings",
            "turnpike-sim",
            "turnpike-upstream",
            "turnpike-wire",
        ],
        &["turnpike-tray-core"],
    ),
    row("turnpike-tray", &["turnpike-api", "turnpike-tray-core"], &[]),
    row("turnpike-xcheck", &[], &[]),
    row("turnpike-bench", &[], &["turnpike-sim"]),
    row("turnpike-fuzz", &["turnpike-translate", "turnpike-wire"], &[]),
];

/// Crates that do no I/O, keep no clock and await nothing, and what would bring those in.
const PURE: &[&str] = &["turnpike-wire", "turnpike-translate", "turnpike-routing"];
const IMPURE: &[&str] = &[
    "async-trait",
    "axum",
    "futures",
    "futures-util",
    "hyper",
    "hyper-rustls",
    "hyper-util",
    "jiff",
    "keyring-core",
    "libc",
    "reqwest",
    "rusqlite",
    "rustls",
    "sysinfo",
    "tokio",
    "tracing-subscriber",
];

fn manifest(path: &str) -> Metadata {
    MetadataCommand::new()
        .manifest_path(tree::root().join(path))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .unwrap_or_else(|error| panic!("cargo metadata of {path}: {error}"))
}

/// The workspace's packages, and the tray and the fuzz targets, which are workspaces of their own.
fn packages() -> Vec<Package> {
    let mut all = manifest("Cargo.toml").packages;
    for other in ["src-tauri/Cargo.toml", "fuzz/Cargo.toml"] {
        if tree::root().join(other).is_file() {
            all.extend(manifest(other).packages);
        }
    }
    all
}

/// What is wrong with one package's arrows, as sentences.
fn wrong_arrows(package: &Package) -> Vec<String> {
    let Some(row) = ARROWS.iter().find(|row| row.who == package.name.as_str()) else {
        return vec![format!(
            "{} is not in the table of arrows: decide whom it may know, there and in ARCHITECTURE.md",
            package.name
        )];
    };
    let ours = package.dependencies.iter().filter(|d| d.path.is_some() || d.name.starts_with("turnpike"));
    ours.filter_map(|edge| {
        let name = edge.name.as_str();
        let only_in_tests = edge.kind == DependencyKind::Development;
        let allowed = row.may_use.contains(&name) || (only_in_tests && row.in_tests.contains(&name));
        (!allowed).then(|| {
            let how = if only_in_tests { "in its tests" } else { "at all" };
            format!("{} must not know {name} {how}: move what both need further down", row.who)
        })
    })
    .collect()
}

#[test]
fn crates_know_only_whom_they_may_know() {
    let wrong: Vec<String> = packages().iter().flat_map(wrong_arrows).collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn the_table_of_arrows_has_no_circle() {
    // Rows stand below everything they use, so a name is always defined by an earlier row.
    for (place, row) in ARROWS.iter().enumerate() {
        for used in row.may_use.iter().chain(row.in_tests) {
            assert!(
                ARROWS[..place].iter().any(|earlier| earlier.who == *used),
                "{} uses {used}, which the table names later or not at all",
                row.who
            );
        }
    }
}

#[test]
fn pure_crates_stay_pure() {
    for package in packages().iter().filter(|p| PURE.contains(&p.name.as_str())) {
        for edge in package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal) {
            assert!(
                !IMPURE.contains(&edge.name.as_str()),
                "{} is pure (no I/O, no clock, no async) and must not use {}",
                package.name,
                edge.name
            );
        }
    }
}

#[test]
fn only_the_tray_names_tauri() {
    for path in tree::tracked() {
        let manifest = matches!(tree::name(&path), "Cargo.toml" | "package.json");
        let source = matches!(tree::extension(&path), "rs" | "ts" | "js" | "mjs" | "svelte");
        if path.starts_with("src-tauri/") || path.starts_with("crates/xcheck/") || !(manifest || source) {
            continue;
        }
        let text = tree::text(&path).unwrap_or_default();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_start();
            let names_it = line.contains("@tauri-apps")
                || (manifest && line.starts_with("tauri"))
                || (source && line.contains("tauri::"));
            assert!(!names_it, "{path}:{}: only src-tauri may name tauri", number + 1);
        }
    }
}
