//! Where a text is remembered: its set and its digest.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::keys::digest;

/// A text of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    set: u32,
    pub(super) digest: [u8; 32],
}

/// The sets that were asked for so far, numbered. As many as policies have named.
#[derive(Debug, Default)]
pub(super) struct Sets(ArcSwap<HashMap<Box<str>, u32>>);

impl Sets {
    /// The place of a text.
    pub(super) fn place(&self, set: &str, text: &[u8]) -> Place {
        self.place_of_digest(set, digest(text))
    }

    /// The place of the text with this digest.
    pub(super) fn place_of_digest(&self, set: &str, digest: [u8; 32]) -> Place {
        let known = self.0.load().get(set).copied();
        let set = known.unwrap_or_else(|| self.add(set));
        Place { set, digest }
    }

    fn add(&self, set: &str) -> u32 {
        self.0.rcu(|sets| {
            let mut sets = HashMap::clone(sets);
            let next = u32::try_from(sets.len()).unwrap_or(u32::MAX);
            sets.entry(set.into()).or_insert(next);
            Arc::new(sets)
        });
        self.0.load().get(set).copied().unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_a_place_of_its_own_in_every_set() {
        let sets = Sets::default();
        let places = [
            sets.place("a", b"text"),
            sets.place("b", b"text"),
            sets.place("a", b"other"),
        ];
        assert_ne!(places[0], places[1]);
        assert_ne!(places[0], places[2]);
        assert_eq!(places[0], sets.place("a", b"text"));
    }
}
