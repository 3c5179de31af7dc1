//! A key that was found by its text.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use crate::model::{ApiKey, Denied};

/// A key, and which of its texts was presented. A fact: whether it counts is asked at every use.
#[derive(Debug)]
pub struct Known {
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

    /// Whether the text counts at this moment: not revoked, begun, not over, its generation not over.
    pub fn check(&self, _now: SystemTime) -> Result<(), Denied> {
        Err(crate::model::Reason::KeyUnknown.into())
    }
}
