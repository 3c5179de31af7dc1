//! What `/readyz` and `/status` say, as plain values.

use std::fmt::Write;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

/// Whether the process wants traffic, and what that depends on.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    /// Everything it depends on; ready when each of them is.
    pub checks: Vec<Check>,
}

/// One thing that readiness depends on.
#[derive(Debug, Clone)]
pub struct Check {
    /// What it is: `policy`, `key set main`.
    pub name: String,
    /// Why it stands in the way; nothing when it does not.
    pub problem: Option<String>,
}

impl Readiness {
    /// Whether nothing stands in the way.
    pub fn is_ready(&self) -> bool {
        self.checks.iter().all(|check| check.problem.is_none())
    }

    /// One line for each thing that stands in the way, or for everything.
    pub(super) fn text(&self, verbose: bool) -> String {
        let mut text = String::new();
        for check in &self.checks {
            // Writing to a string does not fail.
            let _ = match &check.problem {
                Some(problem) => writeln!(text, "[-] {}: {problem}", check.name),
                None if verbose => writeln!(text, "[+] {}", check.name),
                None => Ok(()),
            };
        }
        text.push_str(if self.is_ready() {
            "ready\n"
        } else {
            "not ready\n"
        });
        text
    }
}

/// How the process does.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// Our version.
    pub version: String,
    /// The time since the start, in seconds.
    #[serde(rename = "uptime_seconds", serialize_with = "seconds")]
    pub uptime: Duration,
    /// Whether the process is on its way out.
    pub draining: bool,
    /// The policy in force.
    pub policy: PolicyStatus,
    /// The policy that is tried beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shadow: Option<ShadowStatus>,
    /// The key sets that the policy uses.
    pub key_sets: Vec<KeySetStatus>,
    /// The store of API keys, once a policy has keys there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreStatus>,
    /// The memory of signed deliveries.
    pub replay: ReplayStatus,
    /// Where requests are accepted.
    pub listeners: Vec<ListenerStatus>,
    /// Open connections from callers.
    pub connections: u64,
}

/// The policy in force.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyStatus {
    /// Its file.
    pub file: String,
    /// Its hash.
    pub hash: String,
    /// When it was taken into use, in RFC 3339.
    #[serde(serialize_with = "time")]
    pub loaded_at: SystemTime,
    /// How many routes it has.
    pub routes: usize,
    /// Why the file as it is now was refused; nothing when it is the policy in force.
    pub last_error: Option<ReloadError>,
}

/// A policy that is tried beside the one in force, and decides nothing.
#[derive(Debug, Clone, Serialize)]
pub struct ShadowStatus {
    /// Its file.
    pub file: String,
    /// Its hash; nothing while the file has mistakes, and none is tried.
    pub hash: Option<String>,
    /// Since when it is tried, in RFC 3339.
    #[serde(serialize_with = "optional_time")]
    pub loaded_at: Option<SystemTime>,
    /// How many routes it has.
    pub routes: Option<usize>,
    /// Why the file as it is now was refused.
    pub last_error: Option<ReloadError>,
    /// Since when it is compared with the policy in force as both are now, in RFC 3339.
    #[serde(serialize_with = "time")]
    pub counted_since: SystemTime,
    /// What came of that, for each route of the policy in force on which there were requests.
    pub compared: Vec<ShadowRoute>,
    /// The key sets that it uses, which are its own.
    pub key_sets: Vec<KeySetStatus>,
}

/// How the policy that is tried compares with the one in force on one route of that.
#[derive(Debug, Clone, Serialize)]
pub struct ShadowRoute {
    /// The route; empty for requests that match none.
    pub route: String,
    /// The same decision.
    pub same: u64,
    /// Refused, and would pass.
    pub would_allow: u64,
    /// Passed, and would be refused.
    pub would_deny: u64,
    /// Refused, and would be for another reason.
    pub other_reason: u64,
    /// One of the two could not tell, for want of keys or of time.
    pub unknown: u64,
    /// Not compared, because too many requests waited for that.
    pub skipped: u64,
}

/// A policy file that was refused.
#[derive(Debug, Clone, Serialize)]
pub struct ReloadError {
    /// When, in RFC 3339.
    #[serde(serialize_with = "time")]
    pub at: SystemTime,
    /// Every mistake, with its place.
    pub problems: Vec<String>,
}

/// How a key set does.
#[derive(Debug, Clone, Serialize)]
pub struct KeySetStatus {
    /// The issuer's name in the policy.
    pub issuer: String,
    /// Where the keys come from.
    pub origin: String,
    /// Whether there are keys that may be used.
    pub ready: bool,
    /// How many.
    pub keys: usize,
    /// The time since the issuer last confirmed them, in seconds.
    #[serde(rename = "age_seconds", serialize_with = "optional_seconds")]
    pub age: Option<Duration>,
    /// Why the last fetch failed.
    pub last_error: Option<String>,
    /// How many fetches failed since the last good one.
    pub failures: u32,
}

/// How the memory of signed deliveries does.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ReplayStatus {
    /// Deliveries that this replica remembers.
    pub entries: usize,
    /// How many it can.
    pub capacity: usize,
    /// The Redis that replicas share, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redis: Option<RedisStatus>,
}

/// How the Redis does that replicas share.
#[derive(Debug, Clone, Serialize)]
pub struct RedisStatus {
    /// Whether it answers.
    pub reachable: bool,
    /// For how long it has, or has not, in seconds.
    #[serde(rename = "since_seconds", serialize_with = "seconds")]
    pub since: Duration,
    /// Why it does not, or did not when that was last so.
    pub last_error: Option<String>,
    /// What is done with deliveries while it does not: `deny` or `local`.
    pub outage: &'static str,
    /// Deliveries of which it has not been told yet what came of them.
    pub waiting: usize,
}

/// How the store of API keys does.
#[derive(Debug, Clone, Serialize)]
pub struct StoreStatus {
    /// `sqlite` or `postgres`.
    pub kind: &'static str,
    /// Its file, when it is one.
    pub file: Option<String>,
    /// Whether it answered the last time it was asked.
    pub reachable: bool,
    /// Since when it is reachable, or is not, in RFC 3339.
    #[serde(serialize_with = "time")]
    pub since: SystemTime,
    /// Why it does not answer.
    pub last_error: Option<String>,
    /// When the latest change was made that is known here, in RFC 3339.
    #[serde(serialize_with = "optional_time")]
    pub followed_until: Option<SystemTime>,
    /// Whether keys that are known here count.
    pub trusted: bool,
}

/// Where requests are accepted.
#[derive(Debug, Clone, Serialize)]
pub struct ListenerStatus {
    /// The address.
    pub address: String,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// What stands behind it.
    pub door: String,
}

fn seconds<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(value.as_secs())
}

fn optional_seconds<S: Serializer>(
    value: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.map(|age| age.as_secs()).serialize(serializer)
}

fn optional_time<S: Serializer>(
    value: &Option<SystemTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => time(value, serializer),
        None => serializer.serialize_none(),
    }
}

fn time<S: Serializer>(value: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let time = jiff::Timestamp::try_from(*value).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    serializer.collect_str(&format_args!("{time:.3}"))
}
