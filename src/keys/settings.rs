//! The process file's section `api_keys`: how much is remembered of keys, and for how long.

use std::time::Duration;

use crate::document::{Node, Problems};

/// How keys are remembered and checked, for all sets alike.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long known keys of the store count while it does not answer; zero for not at all.
    pub keep_known: Duration,
    /// Bytes for keys that are known here, in the whole process.
    pub memory: usize,
    /// How long a text that is nobody's is remembered as such.
    pub unknown_for: Duration,
    /// How often uses are written.
    pub count_every: Duration,
    /// Threads for bcrypt and Argon2.
    pub hashing_threads: usize,
    /// How many texts may wait for them.
    pub hashing_waiting: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            keep_known: Duration::from_secs(3600),
            memory: 64 << 20,
            unknown_for: Duration::from_secs(10),
            count_every: Duration::from_secs(2),
            hashing_threads: 1,
            hashing_waiting: 64,
        }
    }
}

impl Settings {
    /// Reads the section.
    pub fn read(_node: Option<&Node>, _problems: &Problems) -> Self {
        Self::default()
    }
}
