//! What a kind of scheme has found out about a delivery.

use std::time::SystemTime;

use sha2::{Digest, Sha256};

/// A delivery whose signature is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proof {
    /// Which of the candidates made the signature: what [`super::candidates::Candidates::iter`] numbers. Zero for
    /// kinds that have no candidates: those whose sender publishes the key.
    pub(super) secret: usize,
    /// What the sender calls the event, if the signature covers it.
    pub(super) event_id: Option<Box<str>>,
    /// When it was signed, if the signature covers that.
    pub(super) signed_at: Option<SystemTime>,
    /// A digest of what tells the delivery from others: see [`unique`].
    pub(super) unique: [u8; 32],
}

/// The digest of what tells a delivery from others. Only text that the signature covers, or the signature.
pub(super) fn unique(of: &[u8]) -> [u8; 32] {
    Sha256::digest(of).into()
}
