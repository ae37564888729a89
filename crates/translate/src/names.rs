//! Names of tools.
//!
//! The Messages API allows longer names than chat completions (64 characters of `[a-zA-Z0-9_-]`), and MCP
//! servers use the room. A name that does not fit is shortened to its beginning plus a hash of the whole;
//! the answer's names are mapped back. Moonshot and Google also refuse names that do not begin with a letter.

use std::borrow::Cow;
use std::collections::HashMap;

/// Longest name that chat completions takes.
const MAX: usize = 64;
/// Hex digits of the hash, and the underscore before them.
const TAIL: usize = 17;

/// The names of one request that had to be changed, for the way back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolNames {
    original: HashMap<String, String>,
}

// === impl ToolNames ===

impl ToolNames {
    /// The name for the upstream; the change, if any, is remembered.
    pub fn to_upstream<'n>(&mut self, name: &'n str) -> Cow<'n, str> {
        let fitted = fit(name);
        if let Cow::Owned(short) = &fitted {
            self.original.entry(short.clone()).or_insert_with(|| name.to_owned());
        }
        fitted
    }

    /// The client's own name again.
    #[must_use]
    pub fn to_client<'n>(&'n self, name: &'n str) -> &'n str {
        self.original.get(name).map_or(name, String::as_str)
    }
}

/// The name, shortened if chat completions would refuse it; the same name always gives the same result.
fn fit(name: &str) -> Cow<'_, str> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if begins && name.len() <= MAX && name.bytes().all(allowed) && !is_hashed(name) {
        return Cow::Borrowed(name);
    }
    let letters = name.chars().map(|c| if c.is_ascii() && allowed(c as u8) { c } else { '_' });
    let before = if begins { "" } else { "t" };
    let mut short: String = before.chars().chain(letters).take(MAX - TAIL).collect();
    short.push('_');
    short.push_str(&format!("{:016x}", fnv1a(name.as_bytes())));
    Cow::Owned(short)
}

/// Whether a name looks like a shortened one: two names must never become one.
fn is_hashed(name: &str) -> bool {
    name.len() >= TAIL
        && name.bytes().rev().take(TAIL).enumerate().all(|(at, b)| match at + 1 {
            TAIL => b == b'_',
            _ => b.is_ascii_digit() || (b'a'..=b'f').contains(&b),
        })
}

/// FNV-1a, 64 bits: short, stable over versions and platforms; nothing here needs to resist an attacker.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_fit_stay() {
        let exactly = "x".repeat(64);
        for name in ["Bash", "mcp__github__create_issue", exactly.as_str()] {
            assert_eq!(ToolNames::default().to_upstream(name), name);
        }
    }

    #[test]
    fn two_long_names_with_one_beginning_stay_apart() {
        let mut names = ToolNames::default();
        let (one, two) = (format!("{}_one", "m".repeat(70)), format!("{}_two", "m".repeat(70)));
        let (a, b) = (names.to_upstream(&one).into_owned(), names.to_upstream(&two).into_owned());
        assert_ne!(a, b);
        assert_eq!((names.to_client(&a), names.to_client(&b)), (one.as_str(), two.as_str()));
    }

    proptest::proptest! {
        #[test]
        fn every_name_fits_and_comes_back(name in "\\PC{0,90}") {
            let mut names = ToolNames::default();
            let short = names.to_upstream(&name).into_owned();
            proptest::prop_assert!((1..=64).contains(&short.len()));
            proptest::prop_assert!(short.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'));
            proptest::prop_assert!(short.starts_with(|c: char| c.is_ascii_alphabetic()));
            proptest::prop_assert_eq!(names.to_client(&short), name.as_str());
        }

        #[test]
        fn two_names_never_become_one(one in "[a-c_0-9]{1,3}(_[0-9a-f]{16})?", two in "[a-c_0-9]{1,3}(_[0-9a-f]{16})?") {
            let mut names = ToolNames::default();
            let first = names.to_upstream(&one).into_owned();
            // A name that is what another was shortened to.
            for other in [two, first.clone()] {
                let second = names.to_upstream(&other).into_owned();
                proptest::prop_assert_eq!(first == second, one == other, "{} {}", first, second);
                proptest::prop_assert_eq!(names.to_client(&second), other.as_str());
            }
        }
    }
}
