//! Keys that do not come from a store: listed in the policy, a file, a variable or a folder.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::model::{ApiKey, KeyHash, Reason};

use super::hash::{LONGEST_TEXT, digest};
use super::{Finding, Hasher, Known};

/// The fixed keys of one set, found as quickly as stored ones.
///
/// A text is found by its SHA-256, so that how long it takes says nothing of how much of it is right. Only
/// texts that begin like a key with a slow hash cost that hash; how a text begins is no secret. Of two keys
/// with one text, the first counts.
#[derive(Debug)]
pub struct Fixed {
    keys: usize,
    /// By the SHA-256 of the text.
    quick: HashMap<[u8; 32], Arc<Known>>,
    /// By how the text begins.
    slow: HashMap<Box<[u8]>, Vec<Arc<Known>>>,
    /// The lengths, in bytes, of what they begin with.
    lengths: BTreeSet<usize>,
}

impl Fixed {
    /// These keys.
    pub fn new(keys: Vec<ApiKey>) -> Self {
        let mut fixed = Self {
            keys: keys.len(),
            quick: HashMap::with_capacity(keys.len()),
            slow: HashMap::new(),
            lengths: BTreeSet::new(),
        };
        for key in keys {
            fixed.add(&Arc::new(key));
        }
        fixed
    }

    fn add(&mut self, key: &Arc<ApiKey>) {
        for (index, generation) in key.generations.iter().enumerate() {
            let known = Arc::new(Known::new(Arc::clone(key), index, false));
            let start = generation.start.as_bytes();
            match &generation.hash {
                KeyHash::Sha256(digest) => {
                    self.quick.entry(*digest).or_insert(known);
                }
                KeyHash::Bcrypt(_) | KeyHash::Argon2(_) => {
                    self.lengths.insert(start.len());
                    self.slow.entry(start.into()).or_default().push(known);
                }
            }
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.keys
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys == 0
    }

    /// How many slow hashes one text may cost at most: a stranger who knows how keys begin has them worked
    /// out. Keys whose beginning is not known cost theirs for every text.
    pub fn slow_at_most(&self) -> usize {
        let with = |start: &[u8]| {
            let starts = self
                .lengths
                .iter()
                .filter_map(|length| start.get(..*length));
            let keys = starts.filter_map(|start| self.slow.get(start));
            keys.map(Vec::len).sum()
        };
        self.slow.keys().map(|start| with(start)).max().unwrap_or(0)
    }

    /// The key that has this text. Waits only for slow hashes.
    pub async fn find(&self, text: &[u8], hasher: &Hasher) -> Finding {
        if text.is_empty() || text.len() > LONGEST_TEXT {
            return Finding::Unknown;
        }
        match self.quick.get(&digest(text)) {
            Some(known) => Finding::Known(Arc::clone(known)),
            None => self.find_slow(text, hasher).await,
        }
    }

    async fn find_slow(&self, text: &[u8], hasher: &Hasher) -> Finding {
        let starts = self.lengths.iter().filter_map(|length| text.get(..*length));
        for known in starts.filter_map(|start| self.slow.get(start)).flatten() {
            let Some(generation) = known.key().generations.get(known.generation()) else {
                continue;
            };
            match hasher.matches(&generation.hash, text).await {
                Ok(true) => return Finding::Known(Arc::clone(known)),
                Ok(false) => {}
                Err(_) => return Finding::Unavailable(Reason::Overloaded),
            }
        }
        Finding::Unknown
    }
}

#[cfg(test)]
mod tests {
    use argon2::{Algorithm, Version};

    use super::*;
    use crate::keys::parse_hash;
    use crate::keys::sample::{argon2_of, bcrypt_of, key, with_hash};

    fn slow(hash: &str, start: &str) -> ApiKey {
        with_hash("partners", parse_hash(hash).unwrap(), start)
    }

    async fn find(fixed: &Fixed, text: &[u8]) -> Option<Box<str>> {
        match fixed.find(text, &Hasher::new(1, 8)).await {
            Finding::Known(known) => {
                assert!(!known.is_stored());
                Some(known.key().id.clone())
            }
            Finding::Unknown => None,
            Finding::Unavailable(reason) => panic!("{reason}"),
        }
    }

    #[tokio::test]
    async fn key_is_found_by_each_of_its_texts_and_no_other() {
        let mut two = key("partners", b"new-text-of-a-key");
        two.id = "two".into();
        two.generations
            .extend(key("partners", b"old-text-of-a-key").generations);
        let fixed = Fixed::new(vec![two, key("partners", b"another-key")]);
        assert_eq!((fixed.len(), fixed.is_empty()), (2, false));
        for text in [b"new-text-of-a-key", b"old-text-of-a-key"] {
            assert_eq!(find(&fixed, text).await.as_deref(), Some("two"));
        }
        let Finding::Known(old) = fixed.find(b"old-text-of-a-key", &Hasher::new(1, 1)).await else {
            panic!("not found");
        };
        assert_eq!(old.generation(), 1);
        for text in [
            b"".as_slice(),
            b"new-text-of-a-ke",
            b"new-text-of-a-key\n",
            b"another",
            &[b'a'; 600],
        ] {
            assert_eq!(find(&fixed, text).await, None);
        }
        // The text of a hash opens nothing.
        assert_eq!(find(&fixed, &digest(b"another-key")).await, None);
    }

    #[tokio::test]
    async fn slow_keys_are_found_by_starts_of_any_length() {
        let argon2 = argon2_of(Algorithm::Argon2id, Version::V0x13, b"sk_live_two");
        let fixed = Fixed::new(vec![
            slow(&bcrypt_of(b"sk_live_one"), "sk_live_"),
            slow(&argon2, "sk_l"),
            slow(&bcrypt_of(b"anything"), ""),
            slow(&bcrypt_of(b"sk_live_four"), "other_st"),
        ]);
        for text in [b"sk_live_one".as_slice(), b"sk_live_two", b"anything"] {
            assert!(find(&fixed, text).await.is_some());
        }
        for text in [b"sk_live_four".as_slice(), b"sk", b"sk_live_", b"x"] {
            assert_eq!(find(&fixed, text).await, None);
        }
        assert_eq!(fixed.slow_at_most(), 3);
    }

    #[tokio::test]
    async fn of_two_keys_with_one_text_the_first_counts() {
        let mut first = key("partners", b"text-of-two-keys");
        first.id = "first".into();
        let fixed = Fixed::new(vec![first, key("partners", b"text-of-two-keys")]);
        assert_eq!(
            find(&fixed, b"text-of-two-keys").await.as_deref(),
            Some("first")
        );
    }

    #[tokio::test]
    async fn flood_of_slow_texts_is_refused_and_quick_ones_are_found() {
        let hasher = Hasher::new(1, 1);
        let costly = crate::keys::sample::bcrypt_with_cost(b"sk_live_one", 10);
        let fixed = Fixed::new(vec![slow(&costly, "sk_live_"), key("partners", b"quick")]);
        let texts: Vec<_> = (0..20).map(|number| format!("sk_live_{number}")).collect();
        let flood = texts
            .iter()
            .map(|text| fixed.find(text.as_bytes(), &hasher));
        let flood = futures_util::future::join_all(flood);
        let quick = async {
            tokio::task::yield_now().await;
            assert!(matches!(
                fixed.find(b"quick", &hasher).await,
                Finding::Known(_)
            ));
        };
        let (flood, ()) = tokio::join!(flood, quick);
        let overloaded =
            |finding: &&Finding| matches!(finding, Finding::Unavailable(Reason::Overloaded));
        assert!(flood.iter().filter(overloaded).count() >= 17);
    }
}
