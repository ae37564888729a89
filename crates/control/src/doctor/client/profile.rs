//! What shells' profiles export, as far as it stands there in plain words.

use std::path::Path;

use super::world::ClientWorld;

/// No profile is larger; what is, is none.
const MOST_BYTES: u64 = 4 * 1024 * 1024;
/// How an export begins, in the words of the shells.
const EXPORTS: [&str; 8] =
    ["export ", "declare -x ", "typeset -x ", "set -gx ", "set -Ux ", "set -x ", "$env.", "$env:"];

/// One line of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProfileLine {
    /// `line 7 of ~/.zshrc`
    pub(super) place: String,
    /// The line.
    pub(super) text: String,
}

/// The lines of all profiles that are no comments.
pub(super) fn read(world: &ClientWorld) -> Vec<ProfileLine> {
    world.profiles.iter().flat_map(|path| lines(world, path)).collect()
}

fn lines(world: &ClientWorld, path: &Path) -> Vec<ProfileLine> {
    let is_one = std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= MOST_BYTES);
    let bytes = if is_one { std::fs::read(path).unwrap_or_default() } else { Vec::new() };
    let text = String::from_utf8_lossy(&bytes);
    let shown = world.shown(path);
    let line = |(at, text): (usize, &str)| {
        let text = text.trim();
        let place = format!("line {} of {shown}", at + 1);
        (!text.is_empty() && !text.starts_with('#')).then(|| ProfileLine { place, text: text.to_owned() })
    };
    text.lines().enumerate().filter_map(line).collect()
}

// === impl ProfileLine ===

impl ProfileLine {
    /// The variable that the line exports, with its value; `None` for a value that only the shell knows.
    pub(super) fn export(&self) -> Option<(&str, Option<&str>)> {
        let rest = EXPORTS.iter().find_map(|begin| self.text.strip_prefix(begin))?.trim_start();
        let end = rest.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_')?;
        let (name, value) = rest.split_at(end);
        let value = value.trim_start().trim_start_matches('=').trim_start();
        let value = value.split(" #").next().unwrap_or_default().trim_end().trim_end_matches(';');
        let plain = value.trim_matches(['"', '\'']);
        Some((name, (!plain.contains(['$', '`'])).then_some(plain)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_are_read_in_the_words_of_each_shell() {
        for (text, export) in [
            ("export ANTHROPIC_BASE_URL=http://x", Some(("ANTHROPIC_BASE_URL", Some("http://x")))),
            ("export ANTHROPIC_BASE_URL=\"http://x\" # mine", Some(("ANTHROPIC_BASE_URL", Some("http://x")))),
            ("export A='';", Some(("A", Some("")))),
            ("set -gx ANTHROPIC_MODEL opus", Some(("ANTHROPIC_MODEL", Some("opus")))),
            ("$env.ANTHROPIC_MODEL = \"opus\"", Some(("ANTHROPIC_MODEL", Some("opus")))),
            ("$env:ANTHROPIC_MODEL = 'opus'", Some(("ANTHROPIC_MODEL", Some("opus")))),
            ("export ANTHROPIC_API_KEY=$(pass show key)", Some(("ANTHROPIC_API_KEY", None))),
            ("export PATH", None),
            ("echo export A=1", None),
            ("alias claude=ccr", None),
        ] {
            let line = ProfileLine { place: String::new(), text: text.to_owned() };
            assert_eq!(line.export(), export, "{text}");
        }
    }
}
