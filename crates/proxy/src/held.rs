//! The bodies of requests that are held in memory, all together, and their bound.
//!
//! Each byte of a request is held in a few copies while it is read, translated and sent, so the bound on what came in
//! bounds the rest too. A share lives as long as the last piece of its body does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// Most that is held where nobody says otherwise.
const MOST: usize = 256 * 1024 * 1024;
/// The part of this program's memory that bodies may take where nobody says otherwise: one in so many bytes.
const PART: u64 = 8;

/// How much is held, and how much may be.
#[derive(Debug)]
pub(crate) struct Held {
    bytes: Arc<AtomicUsize>,
    /// What there is where the configuration does not say.
    usual: usize,
    most: AtomicUsize,
}

/// What one body takes of it; given back by a drop.
#[derive(Debug)]
pub(crate) struct Share {
    held: Arc<AtomicUsize>,
    bytes: usize,
}

/// No more may be held now.
#[derive(Debug)]
pub(crate) struct Full;

/// A body together with its share.
struct Body {
    bytes: Bytes,
    _share: Share,
}

// === impl Held ===

impl Held {
    /// `memory`: what this program may take in bytes, where that is known; `configured`: the bound in MiB.
    pub(crate) fn new(memory: Option<u64>, configured: Option<u32>) -> Self {
        let part = memory.and_then(|memory| usize::try_from(memory / PART).ok());
        let usual = part.map_or(MOST, |part| part.min(MOST));
        let held = Self { bytes: Arc::default(), usual, most: AtomicUsize::new(usual) };
        held.set(configured);
        held
    }

    /// Takes another bound, in MiB; what is held already stays.
    pub(crate) fn set(&self, configured: Option<u32>) {
        let mebibytes = configured.and_then(|mebibytes| usize::try_from(mebibytes).ok());
        let most = mebibytes.map_or(self.usual, |mebibytes| mebibytes.saturating_mul(1024 * 1024));
        self.most.store(most, Ordering::Relaxed);
    }

    /// The bound, in bytes.
    pub(crate) fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    /// A share of nothing yet.
    pub(crate) fn share(&self) -> Share {
        Share { held: Arc::clone(&self.bytes), bytes: 0 }
    }

    /// Takes so many bytes more for a body.
    pub(crate) fn grow(&self, share: &mut Share, bytes: usize) -> Result<(), Full> {
        let most = self.most();
        let grown = |held: usize| held.checked_add(bytes).filter(|held| *held <= most);
        let taken = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown);
        taken.map_err(|_| Full)?;
        share.bytes += bytes;
        Ok(())
    }
}

// === impl Share ===

impl Share {
    /// Binds the share to its body: it is given back with the last piece of it.
    pub(crate) fn of(self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(Body { bytes, _share: self })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

// === impl Body ===

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    #[test]
    fn the_bound_is_a_part_of_the_memory_unless_somebody_says_otherwise() {
        for (name, memory, configured, most) in [
            ("nothing is known", None, None, 256 * MIB),
            ("much memory", Some(64 << 30), None, 256 * MIB),
            ("a small machine", Some(1 << 30), None, 128 * MIB),
            ("a small container", Some(64 << 20), None, 8 * MIB),
            ("a word of the user's", Some(64 << 20), Some(48), 48 * MIB),
        ] {
            assert_eq!(Held::new(memory, configured).most(), most, "{name}");
        }
        let held = Held::new(None, Some(1));
        held.set(None);
        assert_eq!(held.most(), 256 * MIB, "the word was taken back");
    }

    #[test]
    fn a_share_is_given_back_with_the_last_piece_of_its_body() {
        let held = Held::new(None, Some(1));
        let mut share = held.share();
        held.grow(&mut share, MIB).expect("there is room");
        let body = share.of(Bytes::from(vec![0; MIB]));
        let piece = body.slice(10..20);
        drop(body);
        let mut other = held.share();
        assert!(held.grow(&mut other, 1).is_err(), "a piece is still held");
        drop(piece);
        held.grow(&mut other, MIB).expect("all is given back");
        assert!(held.grow(&mut other, usize::MAX).is_err(), "an absurd length overflows nothing");
    }
}
