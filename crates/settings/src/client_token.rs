//! Tokens of clients: made here, told once, and kept as their SHA-256 alone.
//!
//! A token holds 256 random bits, so a fast hash without salt is enough: there is nothing to guess.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::Secret;
use crate::token::{self, TokenError};

/// SHA-256 of a client's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

/// A token that was just made. It is told once; after that only its hash is known.
#[derive(Debug)]
pub struct ClientToken {
    /// What the client shows.
    pub secret: Secret,
    /// What `config.toml` keeps.
    pub hash: TokenHash,
}

// === impl ClientToken ===

impl ClientToken {
    /// A new token.
    ///
    /// # Errors
    /// [`TokenError::NoRandom`].
    pub fn generate() -> Result<Self, TokenError> {
        let secret = token::generate()?;
        let hash = TokenHash::of(secret.expose().as_bytes());
        Ok(Self { secret, hash })
    }
}

// === impl TokenHash ===

impl TokenHash {
    /// The hash of what somebody shows.
    #[must_use]
    pub fn of(shown: &[u8]) -> Self {
        Self(Sha256::digest(shown).into())
    }

    /// Reads 64 hex digits.
    #[must_use]
    pub fn parse(hex: &str) -> Option<Self> {
        let mut bytes = [0_u8; 32];
        if hex.len() != 2 * bytes.len() || !hex.is_ascii() {
            return None;
        }
        for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// 64 hex digits.
    #[must_use]
    pub fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether it is the same, in a time that tells nothing of where they differ.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_hash_alone() {
        let (one, other) = (ClientToken::generate().unwrap(), ClientToken::generate().unwrap());
        let shown = one.secret.expose().as_bytes();
        assert!(one.secret.expose().starts_with("tp-") && shown.len() == 3 + 43, "{} signs", shown.len());
        assert!(TokenHash::of(shown).matches(&one.hash) && !TokenHash::of(shown).matches(&other.hash));
        assert!(!format!("{one:?}").contains(&one.secret.expose()[3..20]), "nothing prints it");
    }

    #[test]
    fn a_hash_is_64_hex_digits() {
        // From FIPS 180-2.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(TokenHash::of(b"abc").to_hex(), abc);
        assert_eq!(TokenHash::parse(abc), Some(TokenHash::of(b"abc")));
        assert_eq!(TokenHash::parse(&abc.to_uppercase()), Some(TokenHash::of(b"abc")));
        for bad in ["", "abc", &abc[1..], &format!("{abc}0"), &abc.replace('b', "x"), &"é".repeat(32)] {
            assert_eq!(TokenHash::parse(bad), None, "{bad}");
        }
    }
}
