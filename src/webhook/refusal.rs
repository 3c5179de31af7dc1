//! Why a message is not a delivery: a closed list, for counting, and what the caller may know of it.

use std::borrow::Cow;

use crate::model::{Denied, Reason};

/// Why a delivery is refused, finer than its reason: callers learn only that, operators count these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// There is no signature where one must be.
    Missing,
    /// What should be a signature, a timestamp or a signed field cannot be read exactly.
    Malformed,
    /// No secret that counts made the signature.
    Mismatch,
    /// It was signed longer ago than the scheme tolerates.
    Stale,
    /// It was signed further in the future than the scheme tolerates.
    Future,
    /// The upstream has accepted this very delivery before.
    Replay,
    /// The same delivery is with the upstream at this moment.
    Pending,
    /// The body is longer than may be held.
    TooLarge,
    /// No secret is in force for whom it says it is from.
    NoSecret,
    /// What is needed to judge cannot be had: a certificate, the memory of deliveries.
    Unavailable,
    /// The body is compressed.
    Encoded,
    /// A challenge that must not be answered as it stands.
    Challenge,
    /// A request that brings a secret, which is not taken.
    Enrolment,
}

impl Why {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Missing,
        Self::Malformed,
        Self::Mismatch,
        Self::Stale,
        Self::Future,
        Self::Replay,
        Self::Pending,
        Self::TooLarge,
        Self::NoSecret,
        Self::Unavailable,
        Self::Encoded,
        Self::Challenge,
        Self::Enrolment,
    ];

    /// The word in metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Mismatch => "mismatch",
            Self::Stale => "stale",
            Self::Future => "future",
            Self::Replay => "replay",
            Self::Pending => "pending",
            Self::TooLarge => "too_large",
            Self::NoSecret => "no_secret",
            Self::Unavailable => "unavailable",
            Self::Encoded => "encoded",
            Self::Challenge => "challenge",
            Self::Enrolment => "enrolment",
        }
    }

    /// What the caller may know of it. A wrong signature and an unknown tenant are the same to a caller; so are a
    /// secret that is not taken and a signature that is not there, whether or not one could be taken now.
    pub const fn reason(self) -> Reason {
        match self {
            Self::Missing | Self::Enrolment => Reason::SignatureMissing,
            Self::Malformed | Self::Mismatch | Self::NoSecret | Self::Challenge => {
                Reason::SignatureInvalid
            }
            Self::Stale | Self::Future => Reason::SignatureExpired,
            Self::Replay => Reason::SignatureReplayed,
            Self::Pending => Reason::DeliveryPending,
            Self::TooLarge => Reason::BodyTooLarge,
            Self::Unavailable => Reason::SenderKeyUnavailable,
            Self::Encoded => Reason::ContentEncoded,
        }
    }
}

/// A refusal, with what is counted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What it is counted as.
    pub reason: Why,
    /// What the caller is told, and the detail for the log.
    pub denied: Denied,
}

impl Refusal {
    /// A refusal with a detail for the log: a fixed text, never one of the caller.
    pub fn new(reason: Why, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason,
            denied: Denied::new(reason.reason(), detail),
        }
    }
}

impl From<Why> for Refusal {
    fn from(reason: Why) -> Self {
        Self::new(reason, "")
    }
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        refusal.denied
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_unique() {
        let mut words: Vec<_> = Why::ALL.iter().map(|why| why.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Why::ALL.len());
    }

    #[test]
    fn unknown_tenant_and_wrong_signature_are_told_alike() {
        assert_eq!(Why::NoSecret.reason(), Why::Mismatch.reason());
    }
}
