//! Homes as people have them, and what is found in each.

mod found;

use std::fs;
use std::path::Path;

use turnpike_api::SecretText;

use super::*;

const URL: &str = "http://127.0.0.1:4117";
const TOKEN: &str = "tp-0123456789abcdef0123456789abcdef0123456789";
/// Another's credential; no finding may repeat it.
const SECRET: &str = "sk-ant-api03-canary-canary-canary";

/// One home.
#[derive(Clone, Copy)]
struct Row {
    name: &'static str,
    /// Files below the folder that holds `home`, `work` and `etc`.
    files: &'static [(&'static str, &'static str)],
    /// Exported variables.
    environment: &'static [(&'static str, &'static str)],
    is_running: bool,
    /// What is found: subject, severity, and what the message and its fix say.
    finds: &'static [(&'static str, Severity, &'static str)],
}

fn world(folder: &Path, row: &Row) -> ClientWorld {
    for (name, text) in row.files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, filled(text)).unwrap();
    }
    let home = folder.join("home");
    let variable = |(name, value): &(&str, &str)| ((*name).to_owned(), filled(value));
    ClientWorld {
        config_dir: home.join(".claude"),
        project: Some(folder.join("work")),
        policy: folder.join("etc"),
        environment: Some(row.environment.iter().map(variable).collect()),
        programs: vec![home.join(".local/bin")],
        profiles: vec![home.join(".bashrc"), home.join(".config/fish/config.fish")],
        home,
    }
}

fn filled(text: &str) -> String {
    text.replace("{URL}", URL).replace("{TOKEN}", TOKEN).replace("{SECRET}", SECRET)
}

fn config() -> Config {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    fs::write(&path, "[[map]]\nname = \"fast\"\ntarget = \"openai/gpt-5.6-luna\"\n").unwrap();
    Config::load(&path).unwrap().config
}

fn findings(world: &ClientWorld, is_running: bool) -> Vec<Finding> {
    let variable = |(name, value): (&str, &str)| Variable {
        name: name.to_owned(),
        value: SecretText::new(value.to_owned()),
    };
    let variables = [
        ("ANTHROPIC_BASE_URL", URL),
        ("ANTHROPIC_AUTH_TOKEN", TOKEN),
        ("ANTHROPIC_API_KEY", ""),
        ("CLAUDE_CODE_AUTO_COMPACT_WINDOW", "200000"),
    ]
    .map(variable);
    client(world, &Expected { variables: &variables, is_running, config: &config() })
}

#[test]
fn each_home_has_its_findings_and_no_secret_is_told() {
    for row in found::ROWS {
        let folder = tempfile::tempdir().unwrap();
        let found = findings(&world(folder.path(), &row), row.is_running);
        let name = row.name;
        for (subject, severity, says) in row.finds {
            let is_there = found.iter().any(|finding| {
                let whole = format!("{} → {}", finding.message, finding.fix.as_deref().unwrap_or_default());
                finding.subject == *subject && finding.severity == *severity && whole.contains(says)
            });
            assert!(is_there, "{name}: no {subject} {severity:?} with {says:?} in {found:#?}");
        }
        // What is not expected is no more than said in passing.
        let troubles =
            found.iter().filter(|finding| finding.severity != Severity::Ok && finding.subject != "client");
        let expected = row
            .finds
            .iter()
            .filter(|(subject, severity, _)| *severity != Severity::Ok && *subject != "client");
        assert_eq!(troubles.count(), expected.count(), "{name}: {found:#?}");
        let all = format!("{found:?}");
        assert!(!all.contains("canary") && !all.contains(TOKEN), "{name}: {all}");
        assert!(
            found.iter().all(|finding| finding.severity == Severity::Ok || finding.fix.is_some()),
            "{name}"
        );
    }
}

#[test]
fn a_port_that_another_program_holds_is_told_apart_from_a_dead_one() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let folder = tempfile::tempdir().unwrap();
    let row = Row { name: "", files: &[], environment: &[], is_running: true, finds: &[] };
    let mut world = world(folder.path(), &row);
    world.environment = Some([("ANTHROPIC_BASE_URL".to_owned(), url.clone())].into());
    let of = |world: &ClientWorld| {
        findings(world, true).into_iter().find(|finding| finding.subject == "base URL").unwrap()
    };
    let held = of(&world);
    assert_eq!(held.severity, Severity::Warning, "{held:?}");
    assert!(held.message.contains(&url) && held.message.contains("process"), "{held:?}");
    drop(listener);
    let dead = of(&world);
    assert_eq!(dead.severity, Severity::Error, "{dead:?}");
    assert!(dead.message.contains("nobody listens"), "{dead:?}");
}

#[cfg(unix)]
#[test]
fn the_version_is_read_from_the_files_of_the_program() {
    use std::os::unix::fs::symlink;
    for (name, real, package, severity, says) in [
        (
            "npm",
            "lib/node_modules/@anthropic-ai/claude-code/cli.js",
            Some("2.1.329"),
            Severity::Ok,
            "2.1.329",
        ),
        (
            "an old one",
            "lib/node_modules/@anthropic-ai/claude-code/cli.js",
            Some("1.0.71"),
            Severity::Warning,
            "1.0.71",
        ),
        ("its own installer", "share/claude/versions/2.1.400", None, Severity::Ok, "2.1.400"),
        ("some other file", "opt/claude-bin", None, Severity::Ok, "claude --version"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let row = Row { name, files: &[], environment: &[], is_running: true, finds: &[] };
        let world = world(folder.path(), &row);
        let real = folder.path().join(real);
        fs::create_dir_all(real.parent().unwrap()).unwrap();
        fs::write(&real, "").unwrap();
        if let Some(version) = package {
            let text = format!("{{\"name\": \"@anthropic-ai/claude-code\", \"version\": \"{version}\"}}");
            fs::write(real.parent().unwrap().join("package.json"), text).unwrap();
        }
        fs::create_dir_all(&world.programs[0]).unwrap();
        symlink(&real, world.programs[0].join("claude")).unwrap();
        let found = version::finding(&world);
        assert_eq!(found.severity, severity, "{name}: {found:?}");
        assert!(found.message.contains(says), "{name}: {found:?}");
    }
}
