//! Tables of names that only the policy file fills.
//!
//! Callers and tokens choose what is looked up in them but never what stands in them, so nobody can
//! make names collide on purpose and a quick hash will do. A few names are compared one by one, which
//! is quicker still.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The most names that are compared one by one.
const FEW: usize = 4;

/// Values by name, matched exactly and with case.
#[derive(Debug)]
pub(super) struct Table<V> {
    /// All of them, while there are few.
    few: Vec<(Box<str>, V)>,
    /// All of them, once there are many.
    many: HashMap<Box<str>, V, BuildHasherDefault<Quick>>,
}

/// Names, matched exactly and with case.
pub(super) type Names = Table<()>;

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self {
            few: Vec::new(),
            many: HashMap::default(),
        }
    }
}

impl<V> Table<V> {
    pub(super) fn is_empty(&self) -> bool {
        self.few.is_empty() && self.many.is_empty()
    }

    pub(super) fn get(&self, name: &str) -> Option<&V> {
        for (known, value) in &self.few {
            if **known == *name {
                return Some(value);
            }
        }
        // Once there are many, there are no few.
        if self.many.is_empty() {
            return None;
        }
        self.many.get(name)
    }

    /// All names, in their order as texts.
    pub(super) fn sorted(&self) -> Vec<&str> {
        let few = self.few.iter().map(|(name, _)| name.as_ref());
        let mut names: Vec<&str> = few.chain(self.many.keys().map(AsRef::as_ref)).collect();
        names.sort_unstable();
        names
    }

    /// All of them, in no order that means anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        let few = self.few.iter().map(|(name, value)| (name, value));
        few.chain(&self.many)
            .map(|(name, value)| (name.as_ref(), value))
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

impl<V: Default> Table<V> {
    /// The value of a name, which is added if it is not there.
    pub(super) fn or_default(&mut self, name: &str) -> &mut V {
        let mut at = self.few.iter().position(|(known, _)| **known == *name);
        if at.is_none() && self.many.is_empty() && self.few.len() < FEW {
            at = Some(self.few.len());
            self.few.push((name.into(), V::default()));
        } else if at.is_none() {
            self.many.extend(self.few.drain(..));
        }
        match at.and_then(|at| self.few.get_mut(at)) {
            Some((_, value)) => value,
            None => self.many.entry(name.into()).or_default(),
        }
    }
}

impl<N: AsRef<str>> Extend<N> for Names {
    fn extend<T: IntoIterator<Item = N>>(&mut self, names: T) {
        for name in names {
            self.or_default(name.as_ref());
        }
    }
}

impl<N: AsRef<str>> FromIterator<N> for Names {
    fn from_iter<T: IntoIterator<Item = N>>(names: T) -> Self {
        let mut set = Self::default();
        set.extend(names);
        set
    }
}

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
        let tail = tail
            .iter()
            .fold(0, |word, byte| word << 8 | u64::from(*byte));
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
    fn few_and_many_names_are_found_alike() {
        let mut table = Table::default();
        for count in 0..3 * FEW {
            for number in 0..3 * FEW {
                let found = table.get(&format!("n{number}")).copied();
                assert_eq!(found, (number < count).then_some(number));
            }
            *table.or_default(&format!("n{count}")) = count;
            *table.or_default("n0") = 0;
        }
        let names: Names = ["a", "b", "a"].into_iter().collect();
        assert!(names.contains("a") && names.contains("b") && !names.contains("ab"));
        assert!(Names::default().is_empty() && !names.is_empty());
    }

    #[test]
    fn names_alike_have_hashes_unlike() {
        let names = (0..10_000).map(|number| format!("thing{number}"));
        let short = ["", "a", "b", "aa", "\0", "\0\0", "abcdefgh", "abcdefgh\0"];
        let hashes: Vec<u64> = names
            .chain(short.map(String::from))
            .map(|name| hash(&name))
            .collect();
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
