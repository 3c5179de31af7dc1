//! API keys on the admin listener: who may ask, and how the answer is written.

use std::fmt;
use std::sync::Arc;

use crate::keys::{KeySet, Service};
use crate::secret::Secret;

/// What the admin listener needs to answer for API keys. The functions are called on the control runtime
/// and must not block.
pub struct KeysDesk {
    /// What a caller has to present (`admin.token`).
    pub token: Secret,
    /// Who answers; nothing while the process has no store.
    pub service: Box<dyn Fn() -> Option<Service> + Send + Sync>,
    /// The key sets of the policy in force.
    pub sets: Box<dyn Fn() -> Arc<[KeySet]> + Send + Sync>,
}

impl fmt::Debug for KeysDesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeysDesk").finish_non_exhaustive()
    }
}
