//! What a proxy in front sends when it asks, which is trusted, and in which bodies of its callers are.

use std::sync::Arc;

use bytes::Bytes;

use super::{Budget, Collected, Whose};

impl AsRef<[u8]> for Collected {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Collected {
    /// Nothing yet of what it sends.
    pub(in crate::frontend) fn of_proxy(budget: &Arc<Budget>) -> Self {
        Self::held_for(budget, Whose::Proxy)
    }

    /// All of it, as bytes that give their part of the budget back when nobody has them any more.
    pub(in crate::frontend) fn into_bytes(mut self) -> Bytes {
        if self.bytes.is_empty() {
            return Bytes::new();
        }
        self.bytes.shrink_to_fit();
        self.part.shrink_to(self.bytes.len());
        Bytes::from_owner(self)
    }
}
