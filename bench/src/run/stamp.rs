//! What was run, from what, on what.

use std::path::Path;
use std::process::Command;

use sha2::{Digest as _, Sha256};

use crate::options::{Options, Run};

/// The lines above the tables.
pub(super) fn lines(options: &Options, run: &Run, seed: u64) -> Vec<String> {
    let own = std::env::current_exe().unwrap_or_default();
    let programs = [options.turnpike.as_path(), &options.simulator, &own];
    let hashes: Vec<String> = programs.iter().map(|program| hash(program)).collect();
    vec![
        format!(
            "{}, commit {}{}",
            said("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
            commit(),
            if run.quick { ", quick" } else { "" }
        ),
        format!("Executables (SHA-256): {}", hashes.join(", ")),
        format!("Kernel {}, {}, load average before {}", said("uname", &["-r"]), processor(), load()),
        format!(
            "Order of the turns from seed {seed}; load and simulator on core 0, what is measured on core 1"
        ),
    ]
}

fn hash(program: &Path) -> String {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    match std::fs::read(program) {
        Ok(bytes) => {
            let digest = Sha256::digest(bytes);
            let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            format!("{name} {hex}…")
        }
        Err(error) => format!("{name} ({error})"),
    }
}

fn commit() -> String {
    let hash = said("git", &["rev-parse", "--short", "HEAD"]);
    let changed = !said("git", &["status", "--porcelain", "--untracked-files=no"]).is_empty();
    if changed { format!("{hash} with changes") } else { hash }
}

fn processor() -> String {
    let table = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let mut names = table.lines().filter_map(|line| line.strip_prefix("model name"));
    let name = names.next().unwrap_or_default().trim_start_matches([' ', '\t', ':']);
    format!("{} cores ({name})", names.count() + 1)
}

fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// What a program prints.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
