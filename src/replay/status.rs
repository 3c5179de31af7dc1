//! How the room does, as plain values.

use std::time::Duration;

use super::Outage;

/// How the room does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Deliveries in the memory of this replica.
    pub entries: usize,
    /// How many it can hold.
    pub capacity: usize,
    /// The Redis that replicas share, if there is one.
    pub redis: Option<RedisStatus>,
}

/// How the Redis does that replicas share. Says nothing of its address, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisStatus {
    /// Whether it answers.
    pub reachable: bool,
    /// For how long it has, or has not.
    pub since: Duration,
    /// Why it does not, or did not when that was last so.
    pub last_error: Option<String>,
    /// What is done with deliveries while it does not.
    pub outage: Outage,
    /// Deliveries of which it has not been told yet what came of them.
    pub waiting: usize,
}
