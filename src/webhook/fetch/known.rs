//! What is remembered of addresses: certificates for a day, and a week while they cannot be had again; failures for
//! half a minute.

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
/// How long it is believed while it cannot be had again, if its own dates allow it.
const AT_LEAST_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long a failure is, and a certificate that is over.
const BAD_FOR: Duration = Duration::from_secs(30);

/// What is known at a moment. Never changed: replaced.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    good: HashMap<Address, (Good, Instant)>,
    bad: HashMap<Address, ((), Instant)>,
}

/// A certificate that is believed until a moment, or until there is another.
#[derive(Debug, Clone)]
struct Good {
    certificate: Arc<Certificate>,
    /// When it is looked for again.
    fresh_until: Instant,
}

/// What is known of an address.
#[derive(Debug)]
pub(super) enum Looked {
    /// This, and it need not be asked.
    Known(Outcome),
    /// This certificate, and it is time to look for it again: nobody waits for that.
    Aged(Arc<Certificate>),
    /// Nothing: it must be asked.
    Unknown,
}

impl Known {
    /// What is known of an address.
    pub(super) fn look_up(&self, address: &Address, now: Instant) -> Looked {
        let failed = self.bad.get(address).is_some_and(|(_, end)| now < *end);
        match self.good.get(address) {
            Some((good, end)) if now < *end => match failed || now < good.fresh_until {
                true => Looked::Known(Ok(Arc::clone(&good.certificate))),
                false => Looked::Aged(Arc::clone(&good.certificate)),
            },
            _ if failed => Looked::Known(Err(Unobtainable)),
            _ => Looked::Unknown,
        }
    }

    /// The same with what came of asking an address. `time` is what the wall clock shows. A failure takes no
    /// certificate away.
    pub(super) fn with(
        &self,
        address: &Address,
        outcome: &Outcome,
        now: Instant,
        time: SystemTime,
    ) -> Self {
        let mut next = self.clone();
        next.bad.remove(address);
        match outcome {
            Ok(certificate) => {
                let left = certificate.end().duration_since(time).unwrap_or_default();
                let good = Good {
                    certificate: Arc::clone(certificate),
                    fresh_until: now + left.clamp(BAD_FOR, GOOD_FOR),
                };
                let end = now + left.clamp(BAD_FOR, AT_LEAST_FOR);
                next.good.remove(address);
                put(&mut next.good, MOST_GOOD, address, (good, end), now);
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
