//! Why a body was not held to its end.

use crate::model::{Denied, Reason};
use crate::telemetry::{self, Counter, Registry};

use super::Exhausted;

/// Why a body was not held to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::frontend) enum Cause {
    /// Too much is held for others.
    Full,
    /// Too much is held for this caller.
    Client,
    /// It came slower than it must.
    Slow,
    /// It was not whole in time.
    Late,
    /// It is longer than may be held.
    TooLong,
    /// It broke off.
    Broken,
}

/// How many bodies were not held to their end, by cause.
#[derive(Debug)]
pub(super) struct Refused([Counter; Cause::ALL.len()]);

impl Cause {
    const ALL: [Self; 6] = [
        Self::Full,
        Self::Client,
        Self::Slow,
        Self::Late,
        Self::TooLong,
        Self::Broken,
    ];

    /// The word in metrics.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Client => "client",
            Self::Slow => "slow",
            Self::Late => "late",
            Self::TooLong => "too_long",
            Self::Broken => "broken",
        }
    }

    /// What the caller is told. Of a full share the same as of a full budget: senders come again after a 503, and
    /// take many a 4xx for the last word; and whoever shares an address with them behind a proxy is told this too.
    pub(in crate::frontend) fn denied(self) -> Denied {
        let (reason, detail) = match self {
            Self::Full => (Reason::Overloaded, "too much is held for others already"),
            Self::Client => (
                Reason::Overloaded,
                "too much is held for this client's address already",
            ),
            Self::Slow => (
                Reason::RequestTimeout,
                "the body came slower than `limits.held_body_rate`",
            ),
            Self::Late => (Reason::RequestTimeout, "the body took too long"),
            Self::TooLong => (Reason::BodyTooLarge, "longer than may be held to verify it"),
            Self::Broken => (Reason::RequestInvalid, "the body broke off"),
        };
        Denied::new(reason, detail)
    }
}

impl From<Exhausted> for Cause {
    fn from(exhausted: Exhausted) -> Self {
        match exhausted {
            Exhausted::All => Self::Full,
            Exhausted::Caller => Self::Client,
        }
    }
}

impl Refused {
    pub(super) fn new(registry: &Registry) -> Result<Self, telemetry::Error> {
        let counters = registry.counter_vec(
            "sidegate_held_bodies_refused_total",
            "Bodies of signed deliveries that were not held to their end, by cause.",
            &["cause"],
        )?;
        Ok(Self(Cause::ALL.map(|cause| {
            counters.with_label_values(&[cause.as_str()])
        })))
    }

    pub(super) fn count(&self, cause: Cause) {
        let mut all = Cause::ALL.iter().zip(&self.0);
        if let Some((_, counter)) = all.find(|(own, _)| **own == cause) {
            counter.inc();
        }
    }
}
