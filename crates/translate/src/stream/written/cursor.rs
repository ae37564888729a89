//! Reading text that may not be whole yet.

use crate::json::JsonProgress;

/// Why nothing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Miss {
    /// What follows decides.
    More,
    /// It is something else, whatever follows.
    Never,
}

/// A place in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'t> {
    pub(super) rest: &'t str,
    /// Nothing follows the text.
    pub(super) ended: bool,
}

// === impl Cursor ===

impl<'t> Cursor<'t> {
    /// What is missing at the end of the text.
    pub(super) const fn missing(&self) -> Miss {
        if self.ended { Miss::Never } else { Miss::More }
    }

    pub(super) fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Takes the token if it stands here.
    pub(super) fn eat(&mut self, token: &str) -> Result<bool, Miss> {
        if let Some(rest) = self.rest.strip_prefix(token) {
            self.rest = rest;
            return Ok(true);
        }
        if token.starts_with(self.rest) && !self.ended { Err(Miss::More) } else { Ok(false) }
    }

    /// Takes the token if it stands here, white space before it or not.
    pub(super) fn next(&mut self, token: &str) -> Result<bool, Miss> {
        self.skip_space();
        self.eat(token)
    }

    /// Takes the token, which must stand here.
    pub(super) fn expect(&mut self, token: &str) -> Result<(), Miss> {
        if self.eat(token)? { Ok(()) } else { Err(Miss::Never) }
    }

    /// Takes the token that closes; where the text has ended it may be missing.
    pub(super) fn close(&mut self, token: &str) -> Result<(), Miss> {
        self.skip_space();
        if self.ended && self.rest.is_empty() { Ok(()) } else { self.expect(token) }
    }

    /// The text up to a token, which is taken too.
    pub(super) fn until(&mut self, token: &str) -> Result<&'t str, Miss> {
        let (before, after) = self.rest.split_once(token).ok_or(self.missing())?;
        self.rest = after;
        Ok(before)
    }

    /// The text up to the first `closer` behind which one of `followers` stands: text may hold the closer itself.
    pub(super) fn value(&mut self, closer: &str, followers: &[&str]) -> Result<&'t str, Miss> {
        let whole = self.rest;
        for (at, _) in whole.match_indices(closer) {
            let after = &whole[at + closer.len()..];
            let next = after.trim_start();
            let follows = followers.iter().any(|follower| next.starts_with(follower));
            if follows || (self.ended && next.is_empty()) {
                self.rest = after;
                return Ok(&whole[..at]);
            }
            if !self.ended && followers.iter().any(|follower| follower.starts_with(next)) {
                return Err(Miss::More);
            }
        }
        Err(self.missing())
    }

    /// A JSON object.
    pub(super) fn object(&mut self) -> Result<&'t str, Miss> {
        self.skip_space();
        if self.rest.is_empty() {
            return Err(self.missing());
        }
        if !self.rest.starts_with('{') {
            return Err(Miss::Never);
        }
        let mut progress = JsonProgress::default();
        let size = progress.feed(self.rest);
        if progress != JsonProgress::Complete {
            return Err(self.missing());
        }
        let (object, rest) = self.rest.split_at(size);
        serde_json::from_str::<serde::de::IgnoredAny>(object).map_err(|_| Miss::Never)?;
        self.rest = rest;
        Ok(object)
    }
}
