//! Verified tokens, remembered: per worker first, for all workers second.
//!
//! What is remembered are facts that a signature proved, never a verdict and never a failure. A fact
//! is used only while the token lasts, while its key is in the issuer's set, and under the policy
//! that was in force when it was verified: a new policy has a new number and starts with nothing.
//!
//! Always: a token is found by its whole text, not by a digest of a part; both levels are bounded in
//! bytes and entries.

mod local;

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use moka::Expiry;
use sha2::{Digest, Sha256};

use crate::jwks::VerifyingKey;
use crate::model::Principal;
use crate::telemetry::Counter;

use super::super::metrics::Metrics;
use local::Local;

/// Bytes of verified tokens that all workers share.
const SHARED_BYTES: u64 = 64 << 20;

thread_local! {
    static LOCAL: RefCell<Local> = RefCell::new(Local::new());
}

/// What a verified token proved.
pub(in crate::credential) struct Proven {
    /// The token's text.
    pub(super) token: Box<str>,
    pub(in crate::credential) principal: Arc<Principal>,
    pub(in crate::credential) fingerprint: Arc<str>,
    /// The key that verified it.
    pub(super) key: Arc<VerifyingKey>,
    /// When it was verified.
    pub(super) verified_at: SystemTime,
    /// How long it had to live then.
    pub(super) lifetime: Duration,
}

/// How far behind a verification the clock may be for its result to count. Workers stamp requests
/// moments apart; a clock that was set back further may stand before `nbf`, so the token is judged
/// anew.
const SLACK: Duration = Duration::from_secs(5);

impl Proven {
    /// Whether it may still be used.
    fn holds(&self, now: SystemTime) -> bool {
        now < self.principal.expires_at
            && now
                .checked_add(SLACK)
                .is_some_and(|now| now >= self.verified_at)
            && self.key.is_current()
    }

    /// About what it takes in memory: the text, and the claims as parsed values.
    fn bytes(&self) -> usize {
        512 + 4 * self.token.len()
    }
}

/// The memory of one version of the policy.
pub(super) struct Cache {
    generation: u64,
    metrics: Option<Metrics>,
    shared: moka::sync::Cache<[u8; 32], Arc<Proven>>,
}

impl Cache {
    /// An empty memory with a number of its own.
    pub(super) fn new() -> Self {
        static GENERATION: AtomicU64 = AtomicU64::new(1);
        let weigh =
            |_: &[u8; 32], proven: &Arc<Proven>| u32::try_from(proven.bytes()).unwrap_or(u32::MAX);
        Self {
            generation: GENERATION.fetch_add(1, Ordering::Relaxed),
            metrics: None,
            shared: moka::sync::Cache::builder()
                .weigher(weigh)
                .max_capacity(SHARED_BYTES)
                .expire_after(Lifetime)
                .build(),
        }
    }

    /// Counts hits and misses from now on.
    pub(super) fn observe(&mut self, metrics: Metrics) {
        self.metrics = Some(metrics);
    }

    /// The facts of a token that this worker knows.
    pub(super) fn find_here(&self, token: &[u8], now: SystemTime) -> Option<Arc<Proven>> {
        let found = LOCAL.with_borrow_mut(|local| {
            let proven = local.find(self.generation, token)?;
            if proven.holds(now) {
                return Some(proven);
            }
            local.remove(token);
            None
        });
        if found.is_some() {
            self.count(|metrics| &metrics.worker_hits);
        }
        found
    }

    /// The facts of a token that another worker knows. Costs a digest of the whole token.
    pub(super) fn find_shared(&self, token: &str, now: SystemTime) -> Option<Arc<Proven>> {
        let digest = digest(token);
        let found = self.shared.get(&digest);
        let found = found.filter(|proven| *proven.token == *token);
        match found {
            Some(proven) if proven.holds(now) => {
                self.count(|metrics| &metrics.shared_hits);
                self.remember_here(&proven);
                Some(proven)
            }
            ended => {
                if ended.is_some() {
                    self.shared.invalidate(&digest);
                }
                self.count(|metrics| &metrics.misses);
                None
            }
        }
    }

    fn count(&self, counter: impl Fn(&Metrics) -> &Counter) {
        if let Some(metrics) = &self.metrics {
            counter(metrics).inc();
        }
    }

    /// Remembers what was just verified.
    pub(super) fn remember(&self, proven: &Arc<Proven>) {
        self.shared
            .insert(digest(&proven.token), Arc::clone(proven));
        self.remember_here(proven);
    }

    fn remember_here(&self, proven: &Arc<Proven>) {
        LOCAL.with_borrow_mut(|local| local.insert(self.generation, Arc::clone(proven)));
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("generation", &self.generation)
            .field("shared", &self.shared.entry_count())
            .finish()
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Lets the shared level drop what has ended. Whether a fact may be used is decided on each use.
struct Lifetime;

impl Expiry<[u8; 32], Arc<Proven>> for Lifetime {
    fn expire_after_create(
        &self,
        _: &[u8; 32],
        proven: &Arc<Proven>,
        _: Instant,
    ) -> Option<Duration> {
        Some(proven.lifetime)
    }
}

#[cfg(test)]
mod tests;
