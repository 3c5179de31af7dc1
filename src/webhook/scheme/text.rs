//! The text that is signed, while it comes: what each key makes of it.

use crate::webhook::candidates::Candidates;
use crate::webhook::public::{Hashed, Hasher, PublicKey};

use super::Declared;
use super::hash::{Hash, Sum};
use super::key_form::KeyForm;
use super::primitive::{MOST_SECRETS, Primitive};

/// A text that is signed, as far as it is known.
#[derive(Debug)]
pub(in crate::webhook) struct Text {
    /// By the numbers of the secrets, what they make of it.
    secrets: Vec<(usize, Sum)>,
    /// What public keys verify.
    public: Option<Verified>,
    /// What tells it from other texts; nothing where that does not matter.
    unique: Option<Sum>,
    /// Which part of the template comes next.
    pub(super) next: usize,
}

/// What public keys verify of a text.
#[derive(Debug)]
enum Verified {
    /// A digest of it.
    Digest(Hasher),
    /// All of it, at once.
    Message(Vec<u8>),
}

/// What keys make of a whole text.
pub(super) struct Made {
    /// By the numbers of the secrets.
    pub(super) secrets: Vec<(usize, Vec<u8>)>,
    public: Option<Verifiable>,
    pub(super) unique: Option<Vec<u8>>,
}

/// The same, now that it is whole.
enum Verifiable {
    Digest(Hashed),
    Message(Vec<u8>),
}

impl Text {
    /// A text for MACs under these secrets, of which nothing is known yet.
    pub(in crate::webhook) fn keyed(hash: Hash, candidates: &Candidates<'_>) -> Self {
        let secrets = candidates.secrets().take(MOST_SECRETS);
        Self {
            secrets: secrets
                .map(|(number, key)| (number, hash.keyed(key)))
                .collect(),
            public: None,
            unique: None,
            next: 0,
        }
    }

    /// Adds what comes next.
    pub(in crate::webhook) fn add(&mut self, bytes: &[u8]) {
        for (_, sum) in &mut self.secrets {
            sum.add(bytes);
        }
        match &mut self.public {
            Some(Verified::Digest(hasher)) => hasher.add(bytes),
            Some(Verified::Message(message)) => message.extend_from_slice(bytes),
            None => {}
        }
        if let Some(unique) = &mut self.unique {
            unique.add(bytes);
        }
    }

    /// How often each byte is computed with.
    pub(in crate::webhook) fn passes(&self) -> usize {
        self.secrets.len() + usize::from(self.public.is_some()) + usize::from(self.unique.is_some())
    }

    /// Whether it is kept, and not only computed with.
    pub(super) fn is_kept(&self) -> bool {
        matches!(self.public, Some(Verified::Message(_)))
    }

    /// Whether it will be told from other texts.
    pub(super) fn is_told_apart(&self) -> bool {
        self.unique.is_some()
    }

    /// What the secrets make of it, by their numbers.
    pub(in crate::webhook) fn macs(self) -> Vec<(usize, Vec<u8>)> {
        self.end().secrets
    }

    /// The text is whole.
    pub(super) fn end(self) -> Made {
        let secrets = self.secrets.into_iter();
        Made {
            secrets: secrets.map(|(number, sum)| (number, sum.end())).collect(),
            public: self.public.map(|public| match public {
                Verified::Digest(hasher) => Verifiable::Digest(hasher.end()),
                Verified::Message(message) => Verifiable::Message(message),
            }),
            unique: self.unique.map(Sum::end),
        }
    }
}

impl Made {
    /// Whether the owner of a public key made a signature of it.
    pub(super) fn is_signed_by(&self, key: &PublicKey, signature: &[u8]) -> bool {
        match &self.public {
            Some(Verifiable::Digest(digest)) => key.verifies_digest(digest, signature),
            Some(Verifiable::Message(message)) => key.verifies(message, signature),
            None => false,
        }
    }
}

impl Declared {
    /// A text of which nothing is known yet. `told_apart` says whether it is to be told from other texts.
    pub(super) fn text(&self, candidates: &Candidates<'_>, told_apart: bool) -> Text {
        let secrets = match self.primitive.is_public() || self.primitive.is_fixed() {
            true => Vec::new(),
            false => {
                let secrets = candidates.secrets().take(MOST_SECRETS);
                secrets
                    .map(|(number, key)| (number, self.sum(key)))
                    .collect()
            }
        };
        let public = match &self.key_form {
            KeyForm::Public { algorithm, .. } => {
                let hasher = Hasher::of(*algorithm).map(Verified::Digest);
                Some(hasher.unwrap_or_else(|| Verified::Message(Vec::new())))
            }
            _ => None,
        };
        Text {
            secrets,
            public,
            unique: told_apart.then(unique),
            next: 0,
        }
    }

    /// What a secret makes of texts.
    pub(super) fn sum(&self, key: &[u8]) -> Sum {
        match self.primitive {
            Primitive::Digest => {
                let mut sum = self.hash.plain();
                sum.add(key);
                sum
            }
            _ => self.hash.keyed(key),
        }
    }
}

/// What tells a text from others. Not the signature's own bytes: there may be several of one text, and some can be
/// varied.
fn unique() -> Sum {
    let mut sum = Hash::Sha256.plain();
    sum.add(b"signed:");
    sum
}
