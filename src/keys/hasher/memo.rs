//! What came of slow hashes.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use moka::sync::Cache;
use sha2::{Digest, Sha256};

use crate::model::KeyHash;

/// How many texts are remembered, right ones and wrong ones each: 100 bytes apiece.
const MOST: u64 = 16_384;

/// How long wrong texts are remembered. They stay wrong, but there is no end of them.
const WRONG: Duration = Duration::from_secs(60);

/// A text and a hash, as a digest of both: nothing of either can be read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Question([u8; 32]);

/// Remembers results, which never change.
pub(super) struct Memo {
    /// Drawn by chance at every start, so that nobody can work out in advance what shares a place here.
    salt: [u8; 32],
    right: Cache<Question, ()>,
    wrong: Cache<Question, ()>,
}

impl Memo {
    pub(super) fn new() -> Self {
        let drawn = RandomState::new();
        let mut salt = [0; 32];
        for (part, bytes) in salt.chunks_exact_mut(8).enumerate() {
            bytes.copy_from_slice(&drawn.hash_one(part).to_ne_bytes());
        }
        Self {
            salt,
            right: Cache::new(MOST),
            wrong: Cache::builder()
                .max_capacity(MOST)
                .time_to_live(WRONG)
                .build(),
        }
    }

    /// The question whether this hash is of this text.
    pub(super) fn question(&self, hash: &KeyHash, text: &[u8]) -> Question {
        let stored: &[u8] = match hash {
            KeyHash::Sha256(digest) => digest,
            KeyHash::Bcrypt(hash) | KeyHash::Argon2(hash) => hash.as_bytes(),
        };
        let digest = Sha256::new()
            .chain_update(self.salt)
            .chain_update((stored.len() as u64).to_le_bytes())
            .chain_update(stored)
            .chain_update(text);
        Question(digest.finalize().into())
    }

    /// The answer, if it is remembered.
    pub(super) fn recall(&self, question: &Question) -> Option<bool> {
        let right = self.right.get(question).map(|()| true);
        right.or_else(|| self.wrong.get(question).map(|()| false))
    }

    pub(super) fn remember(&self, question: Question, is_right: bool) {
        let answers = if is_right { &self.right } else { &self.wrong };
        answers.insert(question, ());
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memo")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_is_of_one_text_and_one_hash() {
        let memo = Memo::new();
        let bcrypt = |text: &str| KeyHash::Bcrypt(text.into());
        let questions = [
            memo.question(&bcrypt("ab"), b"cd"),
            memo.question(&bcrypt("a"), b"bcd"),
            memo.question(&bcrypt("abc"), b"d"),
            memo.question(&bcrypt("ab"), b"ce"),
            memo.question(&bcrypt("ax"), b"cd"),
            Memo::new().question(&bcrypt("ab"), b"cd"),
        ];
        for (place, question) in questions.iter().enumerate() {
            let same = questions.iter().filter(|other| *other == question);
            assert_eq!(same.count(), 1, "{place}");
        }
    }

    #[test]
    fn answers_are_remembered_and_bounded() {
        let memo = Memo::new();
        let hash = KeyHash::Bcrypt("hash".into());
        let question = memo.question(&hash, b"text");
        assert_eq!(memo.recall(&question), None);
        memo.remember(question, true);
        assert_eq!(memo.recall(&question), Some(true));
        for number in 0_u32..40_000 {
            memo.remember(memo.question(&hash, &number.to_le_bytes()), false);
        }
        memo.wrong.run_pending_tasks();
        assert!(memo.wrong.entry_count() <= MOST);
        assert_eq!(
            memo.recall(&question),
            Some(true),
            "wrong ones push out no right one"
        );
    }
}
