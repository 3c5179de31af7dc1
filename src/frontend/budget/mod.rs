//! How much memory the bodies of signed deliveries may take: in the whole process, and for one caller.
//!
//! Straight line: [`Collected::new`] -> [`Collected::add`] as bytes come -> [`Collected::into_held`] -> [`Held`].
//!
//! Always: what is held is told before it is taken; it is given back when the last who has the bytes lets go of
//! them, whatever way that is; no lock is taken, and what is known of callers takes the same memory however many
//! there are; what a policy on trial holds is told apart, and takes nothing from the policy in force.

#[cfg(feature = "grpc")]
mod asked;
mod cause;
mod held;
mod shares;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::listener::Limits;
use crate::model::Network;
use crate::telemetry::{self, Gauge, Registry};

pub(super) use cause::Cause;
pub(super) use held::Held;

use cause::Refused;
use shares::{Share, Shares};

/// The least that is taken for a body that has begun, in bytes.
const LEAST: usize = 4 << 10;
/// What a policy on trial may hold besides: this part of the budget.
const ON_TRIAL: usize = 4;

/// The budget of a process.
#[derive(Debug)]
pub(super) struct Budget {
    bodies: Purse,
    on_trial: Purse,
    shares: Shares,
    refused: Refused,
}

/// So much may be held, and so much is.
#[derive(Debug)]
struct Purse {
    most: usize,
    held: AtomicUsize,
    /// Nothing while nobody looks at it.
    gauge: OnceLock<Gauge>,
}

/// What one body has of the budget. Dropped, it is given back.
#[derive(Debug)]
struct Part {
    budget: Arc<Budget>,
    whose: Whose,
    bytes: usize,
}

/// For whom a body is held.
#[derive(Debug, Clone, Copy)]
enum Whose {
    /// A caller.
    Caller(Share),
    /// A proxy in front, which asks for all its callers.
    #[cfg(feature = "grpc")]
    Proxy,
    /// A policy on trial.
    Trial,
}

/// A body under way into memory, with its part of the budget.
#[derive(Debug)]
pub(super) struct Collected {
    bytes: Vec<u8>,
    part: Part,
}

/// There is no room for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exhausted {
    /// In the whole process.
    All,
    /// For this caller.
    Caller,
}

impl Budget {
    /// What the process file allows.
    pub(super) fn new(limits: &Limits, registry: &Registry) -> Result<Arc<Self>, telemetry::Error> {
        let bodies = registry.gauge(
            "sidegate_held_body_bytes",
            "Memory that the bodies of signed deliveries take, from their first byte until the upstream has them.",
        )?;
        Ok(Arc::new(Self {
            bodies: Purse::new(limits.held_bodies, bodies.into()),
            on_trial: Purse::new(limits.held_bodies / ON_TRIAL, OnceLock::new()),
            shares: Shares::new(limits.held_bodies_per_client),
            refused: Refused::new(registry)?,
        }))
    }

    /// Tells also what is held for policies on trial, where there may be one.
    pub(super) fn tell_trial(&self, registry: &Registry) -> Result<(), telemetry::Error> {
        let gauge = registry.gauge(
            "sidegate_shadow_body_bytes",
            "Memory that bodies of signed deliveries take until a policy on trial has judged them.",
        )?;
        self.on_trial.gauge.get_or_init(|| gauge);
        Ok(())
    }

    /// All of it: a longer body never fits.
    pub(super) fn most(&self) -> usize {
        self.bodies.most
    }

    /// Counts a body that was not held to its end.
    pub(super) fn refused(&self, cause: Cause) {
        self.refused.count(cause);
    }

    fn purse(&self, whose: Whose) -> &Purse {
        match whose {
            Whose::Caller(_) => &self.bodies,
            #[cfg(feature = "grpc")]
            Whose::Proxy => &self.bodies,
            Whose::Trial => &self.on_trial,
        }
    }
}

impl Purse {
    fn new(most: usize, gauge: OnceLock<Gauge>) -> Self {
        Self {
            most,
            held: AtomicUsize::new(0),
            gauge,
        }
    }

    fn tell(&self, change: i64) {
        if let Some(gauge) = self.gauge.get() {
            gauge.add(change);
        }
    }

    fn take(&self, bytes: usize) -> Result<(), Exhausted> {
        // Nothing else is ordered by this number.
        let taken = self
            .held
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
                held.checked_add(bytes).filter(|held| *held <= self.most)
            });
        taken.map_err(|_| Exhausted::All)?;
        self.tell(bytes as i64);
        Ok(())
    }

    fn give_back(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
        self.tell(-(bytes as i64));
    }
}

impl Part {
    fn of(budget: &Arc<Budget>, whose: Whose) -> Self {
        Self {
            budget: Arc::clone(budget),
            whose,
            bytes: 0,
        }
    }

    fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let Budget { shares, .. } = &*self.budget;
        if let Whose::Caller(share) = self.whose {
            shares.take(share, self.bytes, bytes)?;
        }
        let taken = self.budget.purse(self.whose).take(bytes);
        match (taken, self.whose) {
            (Ok(()), _) => self.bytes += bytes,
            (Err(_), Whose::Caller(share)) => shares.give_back(share, bytes),
            (Err(_), _) => {}
        }
        taken
    }

    fn shrink_to(&mut self, bytes: usize) {
        let spare = self.bytes.saturating_sub(bytes);
        self.budget.purse(self.whose).give_back(spare);
        if let Whose::Caller(share) = self.whose {
            self.budget.shares.give_back(share, spare);
        }
        self.bytes -= spare;
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.shrink_to(0);
    }
}

impl Collected {
    /// Nothing yet of what a caller sends.
    pub(super) fn new(budget: &Arc<Budget>, caller: Network) -> Self {
        let share = budget.shares.of(caller);
        Self::held_for(budget, Whose::Caller(share))
    }

    fn held_for(budget: &Arc<Budget>, whose: Whose) -> Self {
        Self {
            bytes: Vec::new(),
            part: Part::of(budget, whose),
        }
    }

    /// How much there is, in bytes.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Adds what came, by copying: what it came in is shared with other bytes of its connection. `most` is the
    /// longest that the body can become.
    pub(super) fn add(&mut self, data: &[u8], most: usize) -> Result<(), Exhausted> {
        let needed = self.bytes.len() + data.len();
        if needed > self.part.bytes {
            // In steps that grow, so that a sender that says much and sends little takes little.
            let room = (self.part.bytes * 2).max(LEAST).min(most).max(needed);
            self.part.grow(room - self.part.bytes)?;
            self.bytes.reserve_exact(room - self.bytes.len());
        }
        self.bytes.extend_from_slice(data);
        Ok(())
    }
}
