//! Where a token in use is looked for: by a keyed hash of its end.
//!
//! The end is the signature, which nobody can choose; what is found is compared as a whole. The hash is
//! multilinear (Lemire and Kaser, "Strongly universal string hashing is fast"): two different ends
//! fall together once in 2^32 keys, and nobody sees the keys. It costs an eighth of SipHash.

use std::hash::{BuildHasher, RandomState};

/// How much is hashed, in bytes.
const HASHED: usize = 32;
const WORDS: usize = HASHED / 4;

/// A hash of its own for each worker.
pub(super) struct EndHash {
    offset: u64,
    factors: [u64; WORDS],
}

impl EndHash {
    /// With keys that nobody knows.
    pub(super) fn new() -> Self {
        let random = RandomState::new();
        Self {
            offset: random.hash_one(WORDS),
            factors: std::array::from_fn(|place| random.hash_one(place)),
        }
    }

    pub(super) fn hash(&self, token: &[u8]) -> u64 {
        let end = token.last_chunk().copied();
        let end = end.unwrap_or_else(|| padded(token));
        let (words, _) = end.as_chunks();
        let products = words.iter().zip(&self.factors).map(|(word, factor)| {
            let word = u64::from(u32::from_le_bytes(*word));
            word.wrapping_mul(*factor)
        });
        let sum = products.fold(self.offset, u64::wrapping_add);
        // Its upper half is the hash, and an index looks at the lower one.
        sum.rotate_left(32)
    }
}

/// No token is that short.
#[cold]
fn padded(text: &[u8]) -> [u8; HASHED] {
    let mut end = [0; HASHED];
    for (place, byte) in end.iter_mut().zip(text) {
        *place = *byte;
    }
    end
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn only_the_end_counts_and_all_of_it() {
        let hash = EndHash::new();
        let end = [b'x'; HASHED];
        let of = |start: &[u8]| hash.hash(&[start, &end].concat());
        assert_eq!(of(b""), of(b"anything"));
        for place in 0..HASHED {
            let mut other = end;
            other[place] = b'y';
            assert_ne!(hash.hash(&other), hash.hash(&end), "{place}");
        }
        assert_ne!(hash.hash(b"a"), hash.hash(b"b"));
    }

    #[test]
    fn ends_are_spread_over_the_lower_half() {
        let (hash, random) = (EndHash::new(), RandomState::new());
        let end = |number: u32| {
            let halves = [number, !number].map(|half| format!("{:016x}", random.hash_one(half)));
            halves.concat()
        };
        let lower = (0..10_000).map(|number| hash.hash(end(number).as_bytes()) as u16);
        // 10,000 random draws of 65,536 leave some 9,280 distinct.
        let distinct = lower.collect::<HashSet<_>>().len();
        assert!(distinct > 9_000, "{distinct}");
    }

    #[test]
    fn another_worker_has_other_hashes() {
        let end = [b'x'; HASHED];
        assert_ne!(EndHash::new().hash(&end), EndHash::new().hash(&end));
    }
}
