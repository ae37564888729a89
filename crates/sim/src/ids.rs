//! Ids in the upstream's shapes: `gen-<unix>-<20 alnum>`, `toolu_…`, `rs_…`, unique within a simulator.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A source of ids that never repeat.
#[derive(Debug)]
pub(crate) struct Ids {
    seed: u64,
    count: AtomicU64,
}

// === impl Ids ===

impl Ids {
    pub(crate) fn new() -> Self {
        Self { seed: RandomState::new().hash_one(clock::monotonic_nanos()), count: AtomicU64::new(0) }
    }

    /// Twenty letters and digits.
    pub(crate) fn token(&self) -> String {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        token_of(self.seed.wrapping_add(count))
    }

    /// `gen-1786403070-P09zUfOhE2qt2A6q4btq`.
    pub(crate) fn generation(&self) -> String {
        format!("gen-{}-{}", clock::unix_seconds(), self.token())
    }
}

/// The first eleven characters write one mixed 64-bit number in full, so distinct numbers give distinct
/// tokens; the other nine are there because the real ids have them.
fn token_of(number: u64) -> String {
    let mixed = mix(number);
    let mut token = String::with_capacity(20);
    for (mut rest, length) in [(mixed, 11), (mix(mixed ^ number), 9)] {
        for _ in 0..length {
            let digit = usize::try_from(rest % 62).unwrap_or_default();
            token.push(char::from(ALPHABET[digit]));
            rest /= 62;
        }
    }
    token
}

/// SplitMix64's finisher: one-to-one on 64 bits.
const fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn generation_ids_have_the_upstreams_shape_and_never_repeat() {
        let ids = Ids::new();
        let mut seen = HashSet::new();
        for _ in 0..10_000 {
            let id = ids.generation();
            let (stamp, token) = id.strip_prefix("gen-").unwrap().split_once('-').unwrap();
            assert!(stamp.parse::<u64>().is_ok(), "{id}");
            assert!(token.len() == 20 && token.bytes().all(|b| b.is_ascii_alphanumeric()), "{id}");
            assert!(seen.insert(id));
        }
    }
}
