//! How many sessions of Claude Code run: they read their settings anew while they run.

/// Sessions of this user; `None` where that cannot be told.
#[cfg(target_os = "linux")]
pub(super) fn running() -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    let own = std::fs::metadata("/proc/self").ok()?.uid();
    let processes = std::fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    let sessions = processes
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| name.parse::<u32>().is_ok()))
        .filter(|entry| entry.metadata().is_ok_and(|metadata| metadata.uid() == own))
        .filter(|entry| std::fs::read(entry.path().join("cmdline")).is_ok_and(|line| is_session(&line)));
    u32::try_from(sessions.count()).ok()
}

/// Sessions of this user; `None` where that cannot be told.
#[cfg(not(target_os = "linux"))]
pub(super) fn running() -> Option<u32> {
    None
}

/// Whether that command line, its words ended by zero bytes, is Claude Code's: `claude`, which it calls itself too, or its
/// package run by an interpreter.
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux shows command lines as files"))]
fn is_session(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line);
    let mut words = line.split('\0').filter(|word| !word.is_empty());
    let Some(program) = words.next() else { return false };
    let name = program.split(' ').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let script = words.find(|word| !word.starts_with('-')).unwrap_or_default();
    let is_package = script.contains("/@anthropic-ai/claude-code/") || script.ends_with("/bin/claude");
    name == "claude" || (["node", "bun"].contains(&name) && is_package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_known_by_their_command_lines() {
        for (line, is_one) in [
            ("claude", true),
            ("claude\0", true),
            ("/home/me/.local/bin/claude\0-p\0hello", true),
            ("claude --resume\0\0\0", true),
            ("node\0--no-warnings\0/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js\0", true),
            ("/usr/bin/node\0/usr/local/bin/claude\0", true),
            ("node\0server.js\0/usr/local/bin/claude", false),
            ("claude-monitor\0", false),
            ("vim\0claude", false),
            ("turnpike\0run\0--\0claude", false),
            ("", false),
        ] {
            assert_eq!(is_session(line.as_bytes()), is_one, "{line:?}");
        }
    }
}
