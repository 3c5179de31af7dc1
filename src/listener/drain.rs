//! The end of service, and who is still being served.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};

use crate::telemetry::{Counter, Gauge};

/// How far the end of service has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    Draining,
    Over,
}

/// Ends the service. Whoever holds it decides when.
#[derive(Debug)]
pub struct DrainTrigger(watch::Sender<Phase>);

/// Tells that the service is ending. Clones tell the same.
#[derive(Debug, Clone)]
pub struct Drain(watch::Receiver<Phase>);

/// A trigger, and the signal it gives.
pub fn drain() -> (DrainTrigger, Drain) {
    let (sender, receiver) = watch::channel(Phase::Serving);
    (DrainTrigger(sender), Drain(receiver))
}

impl DrainTrigger {
    /// From now on nothing new begins; what has begun may finish.
    pub fn start(&self) {
        self.0.send_replace(Phase::Draining);
    }

    /// What has not finished by now is dropped.
    pub fn end(&self) {
        self.0.send_replace(Phase::Over);
    }
}

impl Drain {
    /// Whether the service is ending.
    pub fn is_draining(&self) -> bool {
        *self.0.borrow() >= Phase::Draining
    }

    /// Waits until the service is ending. A connection then takes no further request: HTTP/2 sends
    /// GOAWAY (RFC 9113 section 6.8), HTTP/1 `Connection: close` (RFC 9112 section 9.6).
    pub async fn started(&mut self) {
        self.reached(Phase::Draining).await;
    }

    /// Waits until the time to finish is over.
    pub async fn over(&mut self) {
        self.reached(Phase::Over).await;
    }

    async fn reached(&mut self, phase: Phase) {
        // A trigger that is gone cannot end the service in any other way than this one.
        let _ = self.0.wait_for(|now| *now >= phase).await;
    }
}

/// The connections that may be open at a time, over all listeners and workers. Clones share them.
#[derive(Debug, Clone)]
pub struct Slots(Arc<Room>);

#[derive(Debug)]
struct Room {
    free: Arc<Semaphore>,
    taken: AtomicUsize,
    left: Notify,
    open: Gauge,
    accepted: Counter,
}

/// One open connection; dropping it makes room for another.
#[derive(Debug)]
pub(super) struct Slot {
    room: Arc<Room>,
    _permit: OwnedSemaphorePermit,
}

impl Slots {
    /// Room for `limit` connections; `open` shows how many there are, `accepted` how many there were.
    pub fn new(limit: usize, open: Gauge, accepted: Counter) -> Self {
        Self(Arc::new(Room {
            free: Arc::new(Semaphore::new(limit.min(Semaphore::MAX_PERMITS))),
            taken: AtomicUsize::new(0),
            left: Notify::new(),
            open,
            accepted,
        }))
    }

    /// Waits for room. Nothing closes the semaphore, so there is always an answer in the end.
    pub(super) async fn take(&self) -> Option<Slot> {
        let room = Arc::clone(&self.0);
        let permit = Arc::clone(&room.free).acquire_owned().await.ok()?;
        room.taken.fetch_add(1, Ordering::AcqRel);
        room.open.inc();
        room.accepted.inc();
        Some(Slot {
            room,
            _permit: permit,
        })
    }

    /// Whether the next connection would have to wait.
    pub fn is_full(&self) -> bool {
        self.0.free.available_permits() == 0
    }

    /// Waits for a moment at which no connection is open.
    pub async fn all_closed(&self) {
        loop {
            // Listens before it looks, so that no departure falls between the two.
            let left = self.0.left.notified();
            if self.0.taken.load(Ordering::Acquire) == 0 {
                return;
            }
            left.await;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.room.open.dec();
        if self.room.taken.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.room.left.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    fn slots(limit: usize) -> Slots {
        let open = Gauge::new("open", "open").unwrap();
        Slots::new(limit, open, Counter::new("all", "all").unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn draining_waits_for_the_last_connection() {
        let slots = slots(3);
        let first = slots.take().await.unwrap();
        let second = slots.take().await.unwrap();
        assert_eq!(slots.0.open.get(), 2);
        drop(first);
        assert!(timeout(SHORT, slots.all_closed()).await.is_err());
        drop(second);
        assert!(timeout(SHORT, slots.all_closed()).await.is_ok());
        assert_eq!(slots.0.open.get(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn connection_over_the_cap_waits_for_a_slot() {
        let slots = slots(1);
        let first = slots.take().await.unwrap();
        assert!(slots.is_full());
        assert!(timeout(SHORT, slots.take()).await.is_err());
        drop(first);
        assert!(timeout(SHORT, slots.take()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn drain_is_told_to_everyone_and_stays_told() {
        let (trigger, mut drain) = super::drain();
        let mut late = drain.clone();
        assert!(timeout(SHORT, drain.started()).await.is_err());
        trigger.start();
        assert!(timeout(SHORT, drain.started()).await.is_ok());
        assert!(late.is_draining());
        assert!(timeout(SHORT, late.started()).await.is_ok());
        assert!(timeout(SHORT, late.over()).await.is_err());
        trigger.end();
        assert!(timeout(SHORT, late.over()).await.is_ok());
    }
}
