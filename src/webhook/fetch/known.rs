//! What is remembered of addresses: certificates for a day, failures for half a minute.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::address::Address;
use super::certificate::Certificate;
use super::{Outcome, Unobtainable};

/// The most certificates that are remembered; a sender has a few at a time.
const MOST_GOOD: usize = 64;
/// The most failures that are remembered. They never push out a certificate.
const MOST_BAD: usize = 256;
/// How long a certificate is believed before it is looked for again.
const GOOD_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a failure is, and a certificate that is over.
const BAD_FOR: Duration = Duration::from_secs(30);

/// What is known at a moment. Never changed: replaced.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    good: HashMap<Address, (Arc<Certificate>, Instant)>,
    bad: HashMap<Address, ((), Instant)>,
}

impl Known {
    /// What is known of an address; nothing if it must be asked.
    pub(super) fn look_up(&self, address: &Address, now: Instant) -> Option<Outcome> {
        match (self.good.get(address), self.bad.get(address)) {
            (Some((certificate, end)), _) if now < *end => Some(Ok(Arc::clone(certificate))),
            (_, Some((_, end))) if now < *end => Some(Err(Unobtainable)),
            _ => None,
        }
    }

    /// The same with what came of asking an address. `time` is what the wall clock shows.
    pub(super) fn with(
        &self,
        address: &Address,
        outcome: &Outcome,
        now: Instant,
        time: SystemTime,
    ) -> Self {
        let mut next = self.clone();
        next.good.remove(address);
        next.bad.remove(address);
        match outcome {
            Ok(certificate) => {
                let value = Arc::clone(certificate);
                let left = certificate.end().duration_since(time).unwrap_or_default();
                let end = now + left.clamp(BAD_FOR, GOOD_FOR);
                put(&mut next.good, MOST_GOOD, address, (value, end), now);
            }
            Err(Unobtainable) => {
                put(&mut next.bad, MOST_BAD, address, ((), now + BAD_FOR), now);
            }
        }
        next
    }
}

/// Adds one, in the place of what is over, or else of what ends first.
fn put<T>(
    map: &mut HashMap<Address, (T, Instant)>,
    most: usize,
    address: &Address,
    value: (T, Instant),
    now: Instant,
) {
    if map.len() >= most {
        map.retain(|_, (_, end)| now < *end);
    }
    if map.len() >= most {
        let first = map.iter().min_by_key(|(_, (_, end))| *end);
        if let Some(first) = first.map(|(address, _)| address.clone()) {
            map.remove(&first);
        }
    }
    map.insert(address.clone(), value);
}
