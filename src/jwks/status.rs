//! How a key set is doing, for `/status`.

use std::sync::Arc;
use std::time::Duration;

/// How one key set is doing.
#[derive(Debug, Clone)]
pub struct KeySetStatus {
    /// The name the policy gives the issuer.
    pub issuer: Arc<str>,
    /// Where the keys come from.
    pub origin: String,
    /// Whether tokens can be verified.
    pub ready: bool,
    /// How many keys are usable.
    pub keys: usize,
    /// The time since the issuer last confirmed them.
    pub age: Option<Duration>,
    /// Why the last fetch failed, if it did.
    pub last_error: Option<String>,
    /// How many fetches failed since the last good one.
    pub failures: u32,
}
