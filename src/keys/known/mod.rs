//! A key that was found by its text.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use crate::model::{ApiKey, Denied, Generation, Reason};

/// Numbers, so that workers find what they count of a key without comparing texts.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// A key, and which of its texts was presented. A fact: whether it counts is asked at every use.
#[derive(Debug)]
pub struct Known {
    number: u64,
    key: Arc<ApiKey>,
    /// The position among its generations.
    generation: usize,
    /// Whether nothing newer is known of the key.
    current: AtomicBool,
    /// Whether it comes from a store, so that it may change without a new policy.
    stored: bool,
}

impl Known {
    /// This text of this key.
    pub fn new(key: Arc<ApiKey>, generation: usize, stored: bool) -> Self {
        Self {
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            key,
            generation,
            current: AtomicBool::new(true),
            stored,
        }
    }

    /// The key.
    pub fn key(&self) -> &Arc<ApiKey> {
        &self.key
    }

    /// No other has this number, in the whole process.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Which of its texts it is.
    pub fn generation(&self) -> usize {
        self.generation
    }

    /// Whether it comes from a store.
    pub fn is_stored(&self) -> bool {
        self.stored
    }

    /// Whether nothing newer is known. Whoever holds one that is not current has to find it anew.
    pub fn is_current(&self) -> bool {
        self.current.load(Ordering::Acquire)
    }

    /// Says that something newer is known.
    pub fn outdate(&self) {
        self.current.store(false, Ordering::Release);
    }

    /// Whether the text counts at this moment: not revoked, begun, not over, its generation not over. What
    /// is looked at first counts: a revoked key is revoked, whatever else it is. The key ends at the very
    /// moment it names, and no leeway is given: all moments are from clocks of the same operator.
    pub fn check(&self, now: SystemTime) -> Result<(), Denied> {
        let key = &self.key;
        let is_reached = |moment: Option<SystemTime>| moment.is_some_and(|moment| moment <= now);
        let Some(generation) = key.generations.get(self.generation) else {
            return Err(self.denied(Reason::KeyUnknown, "has no such generation"));
        };
        // A revocation counts as soon as it is known: the clock of whoever made it may be ahead of ours.
        if key.revoked_at.is_some() {
            Err(self.denied(Reason::KeyRevoked, "was revoked"))
        } else if key.not_before.is_some_and(|begin| now < begin) {
            Err(self.denied(Reason::KeyNotYetValid, "has not begun"))
        } else if is_reached(key.expires_at) {
            Err(self.denied(Reason::KeyExpired, "is over"))
        } else if is_reached(generation.ends_at) || is_replaced(key, generation) {
            let what = format!("has a newer text than generation {}", generation.number);
            Err(self.denied(Reason::KeyExpired, &what))
        } else {
            Ok(())
        }
    }

    /// The nearest moment at which the text ceases to count; nothing if none is set.
    pub fn ends_at(&self) -> Option<SystemTime> {
        let generation = self.key.generations.get(self.generation);
        let ends = [self.key.expires_at, generation.and_then(|it| it.ends_at)];
        ends.into_iter().flatten().min()
    }

    /// The id is ours, and safe to show; names are people's.
    fn denied(&self, reason: Reason, what: &str) -> Denied {
        Denied::new(reason, format!("key `{}` {what}", self.key.id))
    }
}

/// Whether a text was over when a newer one was made. A rotation without grace counts as soon as it is known,
/// like a revocation: the clock of whoever made it may be ahead of ours.
fn is_replaced(key: &ApiKey, generation: &Generation) -> bool {
    let is_after =
        |newer: &Generation, end| newer.number > generation.number && newer.created_at >= end;
    let mut all = key.generations.iter();
    generation
        .ends_at
        .is_some_and(|end| all.any(|newer| is_after(newer, end)))
}
