//! What `/status` tells about the policy.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::document::Problem;

use super::reload::now;

/// How the policy is doing. Clones tell and hear the same.
#[derive(Debug, Clone)]
pub struct PolicyStatus(Arc<Mutex<PolicyFacts>>);

/// What is known of the policy in force, and of the last one that was read.
#[derive(Debug, Clone)]
pub struct PolicyFacts {
    /// The version in force.
    pub version: Arc<str>,
    /// Since when.
    pub since: SystemTime,
    /// Whether the last file that was read is the one in force.
    pub up_to_date: bool,
    /// When a file was last read.
    pub checked: SystemTime,
    /// What is wrong with the last file that was read; of the one in force, only warnings.
    pub problems: Vec<Problem>,
}

impl PolicyStatus {
    /// The first policy.
    pub(super) fn new(version: &Arc<str>, problems: Vec<Problem>) -> Self {
        let now = now();
        Self(Arc::new(Mutex::new(PolicyFacts {
            version: Arc::clone(version),
            since: now,
            up_to_date: true,
            checked: now,
            problems,
        })))
    }

    /// What is known now.
    pub fn facts(&self) -> PolicyFacts {
        self.lock().clone()
    }

    pub(super) fn loaded(&self, version: &Arc<str>, problems: Vec<Problem>) {
        let now = now();
        *self.lock() = PolicyFacts {
            version: Arc::clone(version),
            since: now,
            up_to_date: true,
            checked: now,
            problems,
        };
    }

    pub(super) fn refused(&self, problems: Vec<Problem>) {
        let mut facts = self.lock();
        facts.up_to_date = false;
        facts.checked = now();
        facts.problems = problems;
    }

    fn lock(&self) -> MutexGuard<'_, PolicyFacts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
