//! A set of keys as the policy declares it, as far as their life is concerned.

use std::sync::Arc;
use std::time::Duration;

use super::Format;

/// A set of keys.
#[derive(Debug, Clone)]
pub struct KeySet {
    /// Its name in the policy.
    pub name: Arc<str>,
    /// What new keys look like; nothing for a set without a prefix, which new keys cannot be made for.
    pub format: Option<Format>,
    /// Whether texts of other forms may be keys of this set, too.
    pub foreign: bool,
    /// Whether its keys are in the store.
    pub stored: bool,
    /// How long a new key lasts when nobody says; nothing for ever.
    pub lifetime: Option<Duration>,
    /// The longest that a new key may last; nothing for any.
    pub longest: Option<Duration>,
}
