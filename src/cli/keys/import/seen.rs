//! Which keys of a file were there before: a few bytes for each, whatever it says.

use std::collections::{HashMap, HashSet};

use crate::document::{Node, Problems};
use crate::keys::digest;
use crate::model::{ApiKey, KeyHash};

/// How many slow hashes may begin alike: each is worked out for every text that begins so.
const MOST_ALIKE: u32 = 16;

/// What a key is recognised by in a store.
pub(super) struct Mark {
    pub(super) id: Box<str>,
    /// Nothing for slow hashes: the same text has another one each time.
    pub(super) digest: Option<[u8; 32]>,
}

impl Mark {
    pub(super) fn of(key: &ApiKey) -> Self {
        let newest = key.generations.first().map(|newest| &newest.hash);
        Self {
            id: key.id.clone(),
            digest: match newest {
                Some(KeyHash::Sha256(digest)) => Some(*digest),
                _ => None,
            },
        }
    }
}

/// The keys of a file so far.
#[derive(Default)]
pub(super) struct Seen {
    ids: HashSet<[u8; 16]>,
    hashes: HashSet<[u8; 16]>,
    /// How many slow hashes are of texts that begin like this.
    starts: HashMap<Box<str>, u32>,
}

impl Seen {
    /// Takes one more; what cannot be beside those before is a problem.
    pub(super) fn take(&mut self, key: &ApiKey, row: &Node, problems: &Problems) {
        let Some(newest) = key.generations.first() else {
            return;
        };
        let hash = match &newest.hash {
            KeyHash::Sha256(digest) => short(digest),
            KeyHash::Bcrypt(text) | KeyHash::Argon2(text) => short(&digest(text.as_bytes())),
        };
        if !self.hashes.insert(hash) {
            let node = row.at("hash").unwrap_or(row);
            problems.error(node, "another row of the file has this hash, too");
        } else if !self.ids.insert(short(&digest(key.id.as_bytes()))) {
            let node = row.at("id").unwrap_or(row);
            problems.error(node, "another row of the file has this id, too");
        }
        if !matches!(newest.hash, KeyHash::Sha256(_)) {
            let alike = self.starts.entry(newest.start.clone()).or_default();
            *alike += 1;
            if *alike == MOST_ALIKE + 1 {
                let node = row.at("key_prefix").or_else(|| row.at("start"));
                let message = "more than 16 keys with slow hashes begin like this";
                let help = "they could not be told apart; have most of them made anew";
                problems.error_with(node.unwrap_or(row), message, help);
            }
        }
    }
}

/// Enough of a digest to tell a million of them apart: its halves on top of each other.
fn short(digest: &[u8; 32]) -> [u8; 16] {
    let mut short = [0; 16];
    let (low, high) = digest.split_at(short.len());
    for (byte, (low, high)) in short.iter_mut().zip(low.iter().zip(high)) {
        *byte = low ^ high;
    }
    short
}
