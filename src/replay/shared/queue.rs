//! What Redis has to be told, after the fact.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};

use super::Ticket;
use super::commands::Scripts;
use super::line::Line;
use super::pause::Pause;
use crate::telemetry::Counter;

/// How much may wait: some seconds of a Redis that is gone, at a thousand deliveries a second.
const WAITING: usize = 8192;
/// How much is told at once.
const BATCH: usize = 64;
/// Nobody waits for these answers.
const PATIENCE: Duration = Duration::from_secs(1);

/// What became of a delivery.
#[derive(Debug)]
pub(super) enum Wish {
    /// It was accepted, and is remembered until this moment.
    Keep {
        /// Who had it.
        ticket: Ticket,
        /// How long it is remembered.
        end: Instant,
    },
    /// It was not, and may come again.
    Release {
        /// Who had it.
        ticket: Ticket,
    },
}

impl Wish {
    /// When it makes no difference any more.
    fn end(&self) -> Instant {
        match self {
            Self::Keep { end, .. } => *end,
            Self::Release { ticket } => ticket.until,
        }
    }
}

#[derive(Debug)]
pub(super) struct Queue {
    way_in: mpsc::Sender<Wish>,
    /// For whoever works on it.
    way_out: Mutex<Option<mpsc::Receiver<Wish>>>,
    waiting: watch::Sender<usize>,
    unsettled: Counter,
}

impl Queue {
    pub(super) fn new(unsettled: Counter) -> Self {
        let (way_in, way_out) = mpsc::channel(WAITING);
        Self {
            way_in,
            way_out: Mutex::new(Some(way_out)),
            waiting: watch::Sender::new(0),
            unsettled,
        }
    }

    /// Takes a wish, unless too many wait.
    pub(super) fn push(&self, wish: Wish) {
        self.waiting.send_modify(|waiting| *waiting += 1);
        if self.way_in.try_send(wish).is_err() {
            self.give_up("too much waits for Redis");
        }
    }

    pub(super) fn waiting(&self) -> usize {
        *self.waiting.borrow()
    }

    /// Waits until nothing waits.
    pub(super) async fn empty(&self) {
        let mut waiting = self.waiting.subscribe();
        // The sender is ours, and lives as long as we do.
        let _ = waiting.wait_for(|waiting| *waiting == 0).await;
    }

    /// Tells Redis what it has to be told. Never returns; a second one waits for ever.
    pub(super) async fn work(&self, line: &Line, scripts: &Scripts) {
        let taken = self.lock().take();
        let Some(way_out) = taken else {
            return std::future::pending().await;
        };
        let mut lent = Lent {
            way_out: Some(way_out),
            queue: self,
        };
        let mut left: Vec<Wish> = Vec::new();
        let mut pause = Pause::new();
        loop {
            if !lent.fill(&mut left).await {
                return std::future::pending().await;
            }
            line.is_there().await;
            let told = join_all(left.drain(..).map(|wish| self.tell(wish, line, scripts))).await;
            left = told.into_iter().flatten().collect();
            if left.is_empty() {
                pause = Pause::new();
            } else {
                sleep(pause.next()).await;
            }
        }
    }

    /// Tells Redis; gives back what should be tried again.
    async fn tell(&self, wish: Wish, line: &Line, scripts: &Scripts) -> Option<Wish> {
        let left = wish.end().saturating_duration_since(Instant::now());
        if left.is_zero() {
            match wish {
                Wish::Keep { .. } => self.give_up("Redis was not there for too long"),
                // Redis has let it go by itself.
                Wish::Release { .. } => self.one_less(),
            }
            return None;
        }
        let told = line.ask(PATIENCE, async |mut connection| match &wish {
            Wish::Keep { ticket, .. } => scripts.keep(&mut connection, ticket, left).await,
            Wish::Release { ticket } => scripts.release(&mut connection, ticket).await,
        });
        match told.await {
            Ok(()) => {
                self.one_less();
                None
            }
            Err(trouble) => {
                tracing::debug!(%trouble, "Redis was not told what came of a delivery, so far");
                Some(wish)
            }
        }
    }

    fn give_up(&self, why: &'static str) {
        self.one_less();
        self.unsettled.inc();
        tracing::debug!(why, "Redis is not told what came of a delivery");
    }

    fn one_less(&self) {
        self.waiting
            .send_modify(|waiting| *waiting = waiting.saturating_sub(1));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<mpsc::Receiver<Wish>>> {
        self.way_out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way out of a queue, given back when the work is stopped.
struct Lent<'a> {
    way_out: Option<mpsc::Receiver<Wish>>,
    queue: &'a Queue,
}

impl Lent<'_> {
    /// Fills up a batch, and waits while there is nothing in it. Says whether there ever will be something.
    async fn fill(&mut self, batch: &mut Vec<Wish>) -> bool {
        let Some(way_out) = &mut self.way_out else {
            return false;
        };
        if batch.is_empty() {
            return way_out.recv_many(batch, BATCH).await > 0;
        }
        while batch.len() < BATCH
            && let Ok(wish) = way_out.try_recv()
        {
            batch.push(wish);
        }
        true
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        *self.queue.lock() = self.way_out.take();
    }
}
