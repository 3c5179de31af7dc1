//! The secrets, or public keys, that may have made a signature.

use std::sync::Arc;
use std::time::SystemTime;

use crate::secret::Secret;

use super::public::PublicKey;

/// A secret or a public key of the file, decoded, with the time it counts in.
#[derive(Debug, Clone)]
pub(super) struct Held {
    /// What it is called by; safe to show.
    pub(super) id: Arc<str>,
    /// The key itself.
    pub(super) key: Key,
    /// It does not count before.
    pub(super) not_before: Option<SystemTime>,
    /// It does not count at or after this.
    pub(super) not_after: Option<SystemTime>,
}

/// A key, ready to use. A public key is never the key of a MAC.
#[derive(Debug, Clone)]
pub(super) enum Key {
    /// The bytes of a secret, as the scheme wants them: decoded.
    Secret(Secret),
    /// A public key.
    Public(PublicKey),
}

/// The keys of one webhook, or of one tenant of it, that are in force at a moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidates<'c> {
    held: &'c [Held],
    now: SystemTime,
}

impl Held {
    /// Whether it counts at a moment.
    pub(super) fn is_in_force(&self, now: SystemTime) -> bool {
        self.not_before.is_none_or(|start| start <= now)
            && self.not_after.is_none_or(|end| now < end)
    }
}

impl<'c> Candidates<'c> {
    /// Those of a list that count at a moment.
    pub(super) fn new(held: &'c [Held], now: SystemTime) -> Self {
        Self { held, now }
    }

    /// The moment they are asked for: when the request arrived.
    pub(super) fn now(&self) -> SystemTime {
        self.now
    }

    /// Those in force, each with its number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &'c Held)> + use<'c> {
        let now = self.now;
        let numbered = self.held.iter().enumerate();
        numbered.filter(move |(_, held)| held.is_in_force(now))
    }

    /// The secrets in force, each with its number.
    pub(super) fn secrets(&self) -> impl Iterator<Item = (usize, &'c [u8])> + use<'c> {
        self.iter().filter_map(|(number, held)| match &held.key {
            Key::Secret(secret) => Some((number, secret.expose())),
            Key::Public(_) => None,
        })
    }

    /// The public keys in force, each with its number.
    pub(super) fn public_keys(&self) -> impl Iterator<Item = (usize, &'c PublicKey)> + use<'c> {
        self.iter().filter_map(|(number, held)| match &held.key {
            Key::Public(key) => Some((number, key)),
            Key::Secret(_) => None,
        })
    }

    /// Whether none is in force.
    pub(super) fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}
