//! What makes the signatures of the kinds whose algorithm has a name: a MAC under a secret, or a private key.

use subtle::ConstantTimeEq as _;

use super::candidates::{Candidates, Key};
use super::public;
use super::refusal::{Refusal, Why};
use super::scheme::{Hash, KeyForm};
use super::sign::{Draft, SignError};

/// The most keys that are tried.
const MOST_SECRETS: usize = 8;
/// The most operations with public keys for one message.
pub(super) const MOST_OPERATIONS: usize = 4;

/// How a signature is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signer {
    /// A MAC (RFC 2104) under a secret.
    Mac(Hash),
    /// With a private key.
    Private(public::Algorithm),
}

/// An algorithm with the name that messages must call it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Named {
    /// Its name.
    pub(super) name: &'static str,
    /// What it is.
    pub(super) signer: Signer,
}

impl Named {
    /// An entry of a table of words.
    pub(super) const fn entry(name: &'static str, signer: Signer) -> (&'static str, Self) {
        (name, Self { name, signer })
    }
}

impl Signer {
    /// The number of the candidate that made a signature. Those called `id` alone are tried, if there are any; of
    /// secrets all, also behind the one that did.
    pub(super) fn number(
        self,
        candidates: &Candidates<'_>,
        id: Option<&str>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<usize, Refusal> {
        self.number_within(MOST_OPERATIONS, candidates, id, message, signature)
    }

    /// The same with so many operations with public keys at most, where a message has several signatures.
    pub(super) fn number_within(
        self,
        operations: usize,
        candidates: &Candidates<'_>,
        id: Option<&str>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<usize, Refusal> {
        let known = id.filter(|id| candidates.iter().any(|(_, held)| *held.id == **id));
        let meant = candidates
            .iter()
            .filter(|(_, held)| known.is_none_or(|id| *held.id == *id));
        let most = match self {
            Self::Mac(_) => MOST_SECRETS,
            Self::Private(_) => operations,
        };
        let tried = meant.take(most);
        let mut right = tried.filter(|(_, held)| self.made(&held.key, message, signature));
        let found = match self {
            Self::Mac(_) => right.fold(None, |first, (number, _)| first.or(Some(number))),
            Self::Private(_) => right.next().map(|(number, _)| number),
        };
        found.ok_or_else(|| Refusal::new(Why::Mismatch, "no key that counts made the signature"))
    }

    /// A key of the other kind makes nothing: the bytes of a public key are no secret.
    fn made(self, key: &Key, message: &[u8], signature: &[u8]) -> bool {
        match (self, key) {
            (Self::Mac(hash), Key::Secret(secret)) => hash
                .mac(secret.expose(), &[message])
                .ct_eq(signature)
                .into(),
            (Self::Private(_), Key::Public(key)) => key.verifies(message, signature),
            _ => false,
        }
    }

    /// Signs as the sender would.
    pub(super) fn sign(
        self,
        form: &KeyForm,
        draft: &Draft<'_>,
        message: &[u8],
    ) -> Result<Vec<u8>, SignError> {
        match self {
            Self::Mac(hash) => Ok(hash.mac(secret(form, draft)?.expose(), &[message])),
            Self::Private(algorithm) => public::sign(algorithm, draft.secret, message),
        }
    }
}

/// The secret of a draft, decoded.
pub(super) fn secret(
    form: &KeyForm,
    draft: &Draft<'_>,
) -> Result<crate::secret::Secret, SignError> {
    match form.key(draft.secret.expose()) {
        Ok(Key::Secret(secret)) => Ok(secret),
        Ok(Key::Public(_)) => Err(SignError::NotBySecret),
        Err(message) => Err(SignError::Secret(message)),
    }
}
