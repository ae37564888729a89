//! Signatures of simulated thinking: they prove that a client sent the thinking back unchanged.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// How every simulated signature starts, so that others are told apart.
const PREFIX: &str = "SimSig";

/// The signature of a thinking text.
pub(crate) fn sign(thinking: &str) -> String {
    let digest = Sha256::new().chain_update(b"simulated thinking\0").chain_update(thinking).finalize();
    format!("{PREFIX}{}", STANDARD.encode(digest))
}

/// Whether a signature is the text's own; `None` when it is not one of ours.
pub(crate) fn verify(thinking: &str, signature: &str) -> Option<bool> {
    signature.starts_with(PREFIX).then(|| signature == sign(thinking))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_text_is_found() {
        let signature = sign("2 + 2");
        assert_eq!(verify("2 + 2", &signature), Some(true));
        assert_eq!(verify("2 + 3", &signature), Some(false));
        assert_eq!(verify("2 + 2", "EqoBCkgIARABGAI="), None);
    }
}
