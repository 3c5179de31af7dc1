//! One issuer's keys as those see them who verify.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::error::FetchError;
use super::flight::{Ask, Flights};
use super::key::{Algorithm, VerifyingKey};
use super::metrics::SetMetrics;
use super::set::ParsedSet;
use super::source::Source;

/// How many keys are tried on one token.
const MOST_TRIED: usize = 8;

/// Why there is no key for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The issuer has no such key.
    Unknown,
    /// No key set was ever loaded, or the last good one is too old to be believed.
    Unavailable,
}

/// The current keys of one origin.
///
/// Looking a known key up takes no lock and waits for nothing.
#[derive(Debug)]
pub struct KeySet {
    source: Source,
    current: ArcSwapOption<Snapshot>,
    flights: Flights,
    /// Wakes the refresh; nothing to wake where keys never change. Its end is the refresh's end.
    wake: Option<mpsc::Sender<()>>,
    timeout: Duration,
    health: Mutex<Health>,
    metrics: SetMetrics,
}

/// What became of the last fetches.
#[derive(Debug, Clone, Default)]
pub(super) struct Health {
    pub(super) failures: u32,
    pub(super) last_error: Option<String>,
}

/// The keys of one moment.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) keys: Box<[Arc<VerifyingKey>]>,
    /// When they were learnt or confirmed, and how old they were by then.
    pub(super) confirmed_at: Instant,
    pub(super) age_then: Duration,
    /// When they are no longer to be believed; never, if they cannot change.
    pub(super) stale_at: Option<Instant>,
}

impl KeySet {
    pub(super) fn new(
        source: Source,
        wake: Option<mpsc::Sender<()>>,
        timeout: Duration,
        metrics: SetMetrics,
    ) -> Self {
        metrics.usable(0);
        Self {
            source,
            current: ArcSwapOption::empty(),
            flights: Flights::new(wake.is_some()),
            wake,
            timeout,
            health: Mutex::default(),
            metrics,
        }
    }

    /// The keys that may have made a signature, in the set's order.
    ///
    /// With a `kid`: the keys of that name that may be used with the algorithm; an empty list means
    /// that the name is known but the algorithm is not the key's. Without: every key that may be
    /// used with it, as long as they are few enough to try (eight); more are as good as none.
    ///
    /// An unknown `kid` asks for the set again, at most once per cool-down; everyone who comes
    /// meanwhile waits for the same answer, up to the time limit of a fetch.
    pub async fn candidates(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Vec<Arc<VerifyingKey>>, Missing> {
        let missing = match self.look(kid, algorithm, Instant::now()) {
            Ok(found) => return Ok(found),
            Err(missing) => missing,
        };
        let Some(wake) = &self.wake else {
            return Err(missing);
        };
        match self.flights.ask(Instant::now()) {
            Ask::TooSoon => return Err(missing),
            Ask::Wait(waiting, first) => {
                if first {
                    // Full means that the refresh is about to wake anyway.
                    let _ = wake.try_send(());
                }
                waiting.wait(self.timeout).await;
            }
        }
        self.look(kid, algorithm, Instant::now())
    }

    fn look(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: Instant,
    ) -> Result<Vec<Arc<VerifyingKey>>, Missing> {
        let current = self.current.load();
        let snapshot = current
            .as_deref()
            .filter(|snapshot| snapshot.is_believed(now))
            .ok_or(Missing::Unavailable)?;
        snapshot.candidates(kid, algorithm).ok_or(Missing::Unknown)
    }

    /// The present keys, however old.
    pub(super) fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.current.load_full()
    }

    /// Replaces the keys. Those that stay keep their identity, those that go are retired.
    pub(super) fn publish(&self, parsed: ParsedSet, age: Duration, stale_at: Option<Instant>) {
        let old = self.snapshot();
        let old: &[Arc<VerifyingKey>] = old.as_deref().map_or(&[], |snapshot| &snapshot.keys);
        let keys = parsed.keys.into_iter().map(|key| {
            let known = old.iter().find(|known| known.is_same(&key));
            known.map_or_else(|| Arc::new(key), Arc::clone)
        });
        let keys: Box<[_]> = keys.collect();
        self.current.store(Some(Arc::new(Snapshot {
            keys: keys.clone(),
            confirmed_at: Instant::now(),
            age_then: age,
            stale_at,
        })));
        self.metrics.usable(keys.len());
        old.iter()
            .filter(|known| !keys.iter().any(|key| Arc::ptr_eq(key, known)))
            .for_each(|gone| gone.retire());
    }

    /// The same keys were seen again just now.
    pub(super) fn confirm(&self, stale_at: Option<Instant>) {
        if let Some(snapshot) = self.snapshot() {
            self.current.store(Some(Arc::new(Snapshot {
                keys: snapshot.keys.clone(),
                confirmed_at: Instant::now(),
                age_then: Duration::ZERO,
                stale_at,
            })));
        }
    }

    /// Takes all keys away: they are too old to be believed.
    pub(super) fn withdraw(&self) {
        self.metrics.usable(0);
        if let Some(snapshot) = self.current.swap(None) {
            snapshot.keys.iter().for_each(|key| key.retire());
        }
    }

    /// A fetch ended well, or with an error.
    pub(super) fn note(&self, failure: Option<&FetchError>) {
        self.metrics.fetched(failure);
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        health.failures = match failure {
            Some(_) => health.failures.saturating_add(1),
            None => 0,
        };
        health.last_error = failure.map(ToString::to_string);
        if let Some(error) = failure {
            let (issuer, failures) = (&self.source.issuer, health.failures);
            tracing::warn!(%issuer, origin = %self.source.origin, %error, failures, "key set not fetched");
        }
    }

    pub(super) fn health(&self) -> Health {
        let health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        health.clone()
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    pub(super) fn flights(&self) -> &Flights {
        &self.flights
    }

    /// When the present keys are no longer to be believed.
    pub(super) fn stale_at(&self) -> Option<Instant> {
        self.snapshot()?.stale_at
    }

    /// Whether tokens can be verified at the moment.
    pub fn is_ready(&self) -> bool {
        let now = Instant::now();
        self.snapshot()
            .is_some_and(|snapshot| snapshot.is_believed(now))
    }
}

impl Drop for KeySet {
    /// Nobody asks these keys' issuer any more: what they verified is not vouched for. The metrics are
    /// left alone: after a reload they speak of the set that took this one's place.
    fn drop(&mut self) {
        if let Some(snapshot) = self.current.swap(None) {
            snapshot.keys.iter().for_each(|key| key.retire());
        }
    }
}

impl Snapshot {
    fn is_believed(&self, now: Instant) -> bool {
        self.stale_at.is_none_or(|stale_at| now < stale_at)
    }

    /// The time since the issuer last confirmed these keys.
    pub(super) fn age(&self, now: Instant) -> Duration {
        self.age_then + now.saturating_duration_since(self.confirmed_at)
    }

    fn candidates(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Option<Vec<Arc<VerifyingKey>>> {
        let mut named = self
            .keys
            .iter()
            .filter(|key| kid.is_none_or(|kid| key.kid() == Some(kid)))
            .peekable();
        named.peek()?;
        let usable: Vec<_> = named
            .filter(|key| key.allows(algorithm))
            .take(MOST_TRIED + 1)
            .cloned()
            .collect();
        let tried = usable.len() <= MOST_TRIED && (kid.is_some() || !usable.is_empty());
        tried.then_some(usable)
    }
}
