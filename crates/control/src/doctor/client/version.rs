//! Which Claude Code there is. Nothing is started: its files say it.

use std::path::{Path, PathBuf};

use serde_json::Value;
use turnpike_api::command::{Finding, Severity};

use super::ok;
use super::world::ClientWorld;

const SUBJECT: &str = "client";
const PACKAGE: &str = "@anthropic-ai/claude-code";
/// The release that everything here was tried with, and the oldest that says what kind of request it sends.
const TRIED: &str = "2.1.329";
const OLDEST: (u64, u64) = (2, 1);
/// Programs' names.
const NAMES: &[&str] = if cfg!(windows) { &["claude.exe", "claude.cmd"] } else { &["claude"] };

/// Whether there is one, and whether it is new enough.
pub(super) fn finding(world: &ClientWorld) -> Finding {
    let programs = world.programs.iter().flat_map(|folder| NAMES.iter().map(move |name| folder.join(name)));
    let Some(program) = programs.into_iter().find(|program| program.is_file()) else {
        let message = "Claude Code is not in PATH".to_owned();
        let fix = "install it with `npm install -g @anthropic-ai/claude-code`, unless you use another client";
        return warning(message, fix);
    };
    let shown = world.shown(&program);
    let Some(version) = version_of(&program) else {
        return ok(SUBJECT, format!("Claude Code is {shown}; `claude --version` says which"));
    };
    let mut numbers = version.split('.').map(|part| part.parse::<u64>().unwrap_or_default());
    let release = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    if release < OLDEST {
        let message = format!("Claude Code {version} ({shown}) is older than what was tried ({TRIED})");
        return warning(message, "update it with `claude update`");
    }
    ok(SUBJECT, format!("Claude Code {version}: {shown}"))
}

fn warning(message: String, fix: &str) -> Finding {
    super::finding(SUBJECT, Severity::Warning, message, Some(fix))
}

/// The version: of the package that the program lies in, or as its installer names files.
fn version_of(program: &Path) -> Option<String> {
    let real = program.canonicalize().ok()?;
    let packages = real.ancestors().skip(1).take(4).map(|folder| folder.join("package.json"));
    packages.into_iter().find_map(|path| package_version(&path)).or_else(|| {
        let name = real.file_name()?.to_str()?;
        let is_version = name.split('.').count() == 3 && name.starts_with(|sign: char| sign.is_ascii_digit());
        is_version.then(|| name.to_owned())
    })
}

fn package_version(path: &PathBuf) -> Option<String> {
    let package: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let name = package.get("name")?.as_str()?;
    name.starts_with(PACKAGE).then(|| package.get("version")?.as_str().map(str::to_owned)).flatten()
}
