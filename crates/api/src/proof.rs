//! How a server proves that it knows the secret of `control.json`, before the secret is shown to it.
//!
//! A port that Turnpike held once may be somebody else's by now. So the client sends a random number, and the
//! server answers `HMAC-SHA256(secret, domain ‖ address ‖ nonce)`. The address is part of it so that whoever sits on
//! an old port cannot pass the question on to the real server and the answer back.

use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// Sets these digests apart from any other use of the secret.
const DOMAIN: &[u8] = b"turnpike control proof 1\n";
/// Random bytes in a nonce.
const NONCE_BYTES: usize = 32;

/// What the client asks: `POST /proof`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Random, hex.
    pub nonce: String,
}

/// What the server answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// HMAC-SHA256, hex.
    pub proof: String,
}

/// The system gave no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("the system gave no random numbers ({0}): restart the machine if this stays")]
pub struct NoRandom(getrandom::Error);

// === impl Challenge ===

impl Challenge {
    /// A question that was never asked before.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new() -> Result<Self, NoRandom> {
        Ok(Self { nonce: random_hex::<NONCE_BYTES>()? })
    }

    /// The answer of a server that listens on `address` (`127.0.0.1:4118`) and knows the secret.
    #[must_use]
    pub fn answer(&self, secret: &str, address: &str) -> Proof {
        Proof { proof: hex(&self.mac(secret, address).finalize().into_bytes()) }
    }

    /// Whether the proof is right, in constant time.
    #[must_use]
    pub fn is_answered_by(&self, proof: &Proof, secret: &str, address: &str) -> bool {
        let Some(bytes) = unhex(&proof.proof) else { return false };
        self.mac(secret, address).verify_slice(&bytes).is_ok()
    }

    fn mac(&self, secret: &str, address: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
            .unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
        mac.update(DOMAIN);
        mac.update(address.as_bytes());
        mac.update(b"\n");
        mac.update(self.nonce.as_bytes());
        mac
    }
}

/// `N` random bytes in hex.
///
/// # Errors
/// When the system has no random numbers.
pub fn random_hex<const N: usize>() -> Result<String, NoRandom> {
    let mut random = [0_u8; N];
    getrandom::fill(&mut random).map_err(NoRandom)?;
    Ok(hex(&random))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let nibbles: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let nibbles = nibbles.filter(|nibbles| nibbles.len() % 2 == 0)?;
    Some(nibbles.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "the secret of the file";
    const ADDRESS: &str = "127.0.0.1:4118";

    #[test]
    fn only_the_secret_and_the_address_give_the_proof() {
        let asked = Challenge::new().unwrap();
        let other = Challenge::new().unwrap();
        assert_ne!(asked, other);
        let right = asked.answer(SECRET, ADDRESS);
        let cut = Proof { proof: right.proof[..62].to_owned() };
        let rows = [
            ("right", right, true),
            ("another secret", asked.answer("guessed", ADDRESS), false),
            ("another address", asked.answer(SECRET, "127.0.0.1:5000"), false),
            ("another nonce", other.answer(SECRET, ADDRESS), false),
            ("cut", cut, false),
            ("no hex", Proof { proof: "zz".repeat(32) }, false),
            ("odd", Proof { proof: "abc".to_owned() }, false),
            ("empty", Proof { proof: String::new() }, false),
        ];
        for (name, proof, is_right) in rows {
            assert_eq!(asked.is_answered_by(&proof, SECRET, ADDRESS), is_right, "{name}");
        }
    }

    #[test]
    fn the_proof_is_hmac_sha256() {
        // printf 'turnpike control proof 1\n127.0.0.1:4118\n00ff' | openssl dgst -sha256 -hmac k
        let asked = Challenge { nonce: "00ff".to_owned() };
        assert_eq!(asked.answer("k", ADDRESS).proof, EXPECTED);
    }

    const EXPECTED: &str = "f4e4b7c6d8c424a0c59f991addfffae3e96fb3fc0468432f59f659b949ea7da5";
}
