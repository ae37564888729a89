//! Names under which Claude Code's model picker accepts other vendors' models.
//!
//! The picker keeps only ids that match `/claude|anthropic/i`, so each slug is listed below a prefix that
//! does, and accepted back with or without it.

/// Stands before a slug in `/v1/models`.
pub const ALIAS_PREFIX: &str = "claude-via-openrouter/";

/// The id to list for a slug.
#[must_use]
pub fn to_alias(slug: &str) -> String {
    format!("{ALIAS_PREFIX}{slug}")
}

/// The name without the alias prefix; Claude Code's `[1m]` suffix for large windows is taken off too.
#[must_use]
pub fn from_alias(name: &str) -> &str {
    let name = name.strip_prefix(ALIAS_PREFIX).unwrap_or(name);
    name.strip_suffix("[1m]").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_comes_back_as_its_slug() {
        assert_eq!(from_alias(&to_alias("qwen/qwen3-coder")), "qwen/qwen3-coder");
        assert_eq!(from_alias("claude-opus-5[1m]"), "claude-opus-5");
        assert_eq!(from_alias("claude-opus-5"), "claude-opus-5");
    }
}
