//! What a token is looked up by when its text is not kept: 256 bits of its whole text under a key of
//! this process.
//!
//! The hash is NH of UMAC (Black et al., CRYPTO 1999, section 4) with words of 64 bits as in VMAC, made
//! twice with keys that have nothing in common. What could an attacker do with it? To be taken for
//! somebody else, he needs a token with the tag of one that is remembered. Theorem: for any two texts
//! that differ, the share of keys under which both sums agree is at most 2^-64 for each of the two, so
//! 2^-128 for both, however cleverly the texts are chosen and whatever computer chooses them. With a
//! million tokens remembered, one attempt succeeds with 2^-108. The theorem asks for texts that are
//! chosen without knowledge of the key, and nothing tells of it: tags are neither shown nor logged
//! (the fingerprint is a keyed hash of one), a failed attempt says only that no tag was equal, and tags are
//! found through a keyed table and compared without an early end.
//!
//! It takes no instructions that a processor might lack: two multiplications for 16 bytes.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use super::id_token::MAX_TOKEN;

/// Bytes that one step takes.
const STEP: usize = 16;
/// One key word for each message word, for two sums.
type Step = [u64; 4];

/// The key: the first step is for the length, the rest for the text.
struct Key {
    length: Step,
    text: Box<[Step]>,
}

static KEY: LazyLock<Option<Key>> = LazyLock::new(|| {
    let mut bytes = vec![0; (1 + MAX_TOKEN / STEP) * size_of::<Step>()];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    let (words, _) = bytes.as_chunks::<8>();
    let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
    let (steps, _) = words.as_chunks::<4>();
    let (length, text) = steps.split_first()?;
    Some(Key {
        length: *length,
        text: text.into(),
    })
});

/// The tag of one token.
#[derive(Clone, Copy)]
pub(super) struct Tag([u64; 4]);

impl fmt::Debug for Tag {
    /// Tells nothing: tags are not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tag")
    }
}

impl PartialEq for Tag {
    fn eq(&self, other: &Self) -> bool {
        let words = self.0.iter().zip(&other.0);
        words.fold(0, |difference, (one, other)| difference | (one ^ other)) == 0
    }
}

impl Eq for Tag {}

impl Hash for Tag {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.iter().for_each(|word| state.write_u64(*word));
    }
}

impl Tag {
    /// The tag of a text of at most 16 KiB; nothing for a longer one, or when the system gave no
    /// randomness for the key.
    pub(super) fn of(token: &[u8]) -> Option<Self> {
        KEY.as_ref()?.tag(token)
    }

    /// The tag as bytes, for a digest that may be shown.
    pub(super) fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        let (words, _) = bytes.as_chunks_mut::<8>();
        for (bytes, word) in words.iter_mut().zip(self.0) {
            *bytes = word.to_le_bytes();
        }
        bytes
    }
}

impl Key {
    fn tag(&self, text: &[u8]) -> Option<Tag> {
        let (steps, rest) = text.as_chunks::<STEP>();
        let length = u64::try_from(text.len()).ok()?;
        let mut sums = Sums::default();
        sums.add(u128::from(length), &self.length);
        let mut keys = self.text.iter();
        for step in steps {
            sums.add(u128::from_le_bytes(*step), keys.next()?);
        }
        if !rest.is_empty() {
            // The length, which is part of the tag, tells these zeros from a text that has them.
            let mut last = [0; STEP];
            last.iter_mut()
                .zip(rest)
                .for_each(|(last, byte)| *last = *byte);
            sums.add(u128::from_le_bytes(last), keys.next()?);
        }
        Some(sums.into_tag())
    }
}

/// Two sums of NH.
#[derive(Default)]
struct Sums(u128, u128);

impl Sums {
    fn add(&mut self, message: u128, &[a, b, c, d]: &Step) {
        let (low, high) = halves(message);
        let product = |one: u64, other: u64| {
            u128::from(low.wrapping_add(one)) * u128::from(high.wrapping_add(other))
        };
        self.0 = self.0.wrapping_add(product(a, b));
        self.1 = self.1.wrapping_add(product(c, d));
    }

    fn into_tag(self) -> Tag {
        let ((a, b), (c, d)) = (halves(self.0), halves(self.1));
        Tag([a, b, c, d])
    }
}

/// The low and the high half.
fn halves(value: u128) -> (u64, u64) {
    (value as u64, (value >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(mut word: impl FnMut() -> u64) -> Key {
        let mut step = || [word(), word(), word(), word()];
        Key {
            length: step(),
            text: (0..8).map(|_| step()).collect(),
        }
    }

    /// NH as the paper writes it, word by word.
    fn by_the_book(key: &Key, text: &[u8], first: usize) -> u128 {
        let mut words = vec![text.len() as u64, 0];
        let mut padded = text.to_vec();
        padded.resize(text.len().next_multiple_of(16), 0);
        words.extend(
            padded
                .chunks(8)
                .map(|word| u64::from_le_bytes(word.try_into().unwrap())),
        );
        let keys = std::iter::once(&key.length).chain(&key.text);
        words.chunks(2).zip(keys).fold(0, |sum, (pair, key)| {
            let factor = |at: usize| u128::from(pair[at].wrapping_add(key[first + at]));
            sum.wrapping_add(factor(0).wrapping_mul(factor(1)))
        })
    }

    #[test]
    fn tag_is_two_sums_of_the_paper() {
        let mut seed = 1_u64;
        let key = key(|| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            seed
        });
        for length in 0..=128 {
            let text: Vec<u8> = (0..length).map(|at| (at * 7) as u8).collect();
            let tag = key.tag(&text).unwrap();
            let [first, second] = [0, 2].map(|first| by_the_book(&key, &text, first));
            let wanted = [halves(first), halves(second)];
            assert_eq!(tag.0, [wanted[0].0, wanted[0].1, wanted[1].0, wanted[1].1]);
        }
        assert!(key.tag(&[0; 129]).is_none());
    }

    #[test]
    fn every_change_changes_both_halves() {
        let text = "x".repeat(650);
        let tag = Tag::of(text.as_bytes()).unwrap();
        assert!(tag == Tag::of(text.as_bytes()).unwrap());
        let mut others: Vec<String> = (0..650)
            .map(|at| format!("{}y{}", "x".repeat(at), "x".repeat(649 - at)))
            .collect();
        others.extend((600..650).map(|length| "x".repeat(length)));
        others.extend((1..20).map(|zeros| format!("{text}{}", "\0".repeat(zeros))));
        for other in others {
            let other = Tag::of(other.as_bytes()).unwrap();
            assert!(tag.0[..2] != other.0[..2] && tag.0[2..] != other.0[2..]);
        }
    }

    #[test]
    fn longest_token_has_a_tag_and_a_longer_one_has_none() {
        assert!(Tag::of(&[b'x'; MAX_TOKEN]).is_some());
        assert!(Tag::of(&[b'x'; MAX_TOKEN + 1]).is_none());
    }
}
