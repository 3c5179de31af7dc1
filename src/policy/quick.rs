//! Tables of names that only the policy file fills.
//!
//! Callers and tokens choose what is looked up in them but never what stands in them, so nobody can
//! make names collide on purpose and a quick hash will do.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// Values by name, matched exactly and with case.
pub(super) type Table<V> = HashMap<Box<str>, V, BuildHasherDefault<Quick>>;
/// Names, matched exactly and with case.
pub(super) type Names = HashSet<Box<str>, BuildHasherDefault<Quick>>;

/// Multiplies eight bytes at a time, and folds both halves of the product together.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Quick(u64);

impl Quick {
    fn mix(&mut self, word: u64) {
        // The golden ratio's fraction: odd, and without a pattern in its bits.
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15;
        let (low, high) = (product as u64, (product >> 64) as u64);
        self.0 = low ^ high.rotate_left(32);
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let (words, tail) = bytes.as_chunks();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        let tail = tail.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        self.mix(tail ^ (bytes.len() as u64) << 56);
    }

    /// What ends a text; its length is in the hash already.
    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::BuildHasher as _;

    fn hash(name: &str) -> u64 {
        BuildHasherDefault::<Quick>::default().hash_one(name)
    }

    #[test]
    fn names_alike_have_hashes_unlike() {
        let names = (0..10_000).map(|number| format!("thing{number}"));
        let short = ["", "a", "b", "aa", "\0", "\0\0", "abcdefgh", "abcdefgh\0"];
        let hashes: Vec<u64> = names.chain(short.map(String::from)).map(|name| hash(&name)).collect();
        for part in [|hash: u64| hash & 0xffff, |hash: u64| hash >> 48] {
            let mut parts: Vec<u64> = hashes.iter().map(|hash| part(*hash)).collect();
            parts.sort_unstable();
            parts.dedup();
            // What 10,000 random draws of 65,536 leave distinct, about.
            assert!(parts.len() > 9_000, "{}", parts.len());
        }
        let mut whole = hashes.clone();
        whole.sort_unstable();
        whole.dedup();
        assert_eq!(whole.len(), hashes.len());
    }
}
