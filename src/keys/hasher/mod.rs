//! Whether a text is the one that a hash was made of: slow hashes on few threads, with a bound.
//!
//! Always: SHA-256 is compared at once and never waits behind a slow hash; a slow one is worked out on a
//! thread of this room, never on a worker; what nobody waits for any more is not worked out; equal
//! questions (the whole text, the whole hash) are worked out once.

mod memo;
mod queue;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use crate::model::KeyHash;

use super::hash::{self, LONGEST_TEXT};
use super::metrics::HashMetrics;
use memo::Memo;
use queue::Queue;

/// Compares texts with hashes. Slow hashes are worked out on a few threads of their own, which are started
/// with the first one, and what came of it is remembered by digests. Clones are the same.
#[derive(Debug, Clone)]
pub struct Hasher(Arc<Desk>);

/// Closes the queue behind the last asker.
#[derive(Debug)]
struct Desk {
    threads: usize,
    office: Arc<Office>,
}

/// What askers and threads share.
#[derive(Debug)]
struct Office {
    memo: Memo,
    queue: Queue,
    metrics: HashMetrics,
}

/// More texts wait for a slow hash than may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many API keys wait to be checked")]
pub struct Overloaded;

impl Hasher {
    /// With so many threads for slow hashes, and so many texts that may wait. Nothing is counted.
    pub fn new(threads: usize, waiting: usize) -> Self {
        Self::counted(threads, waiting, HashMetrics::default())
    }

    /// Like [`new`](Self::new), counted.
    pub(super) fn counted(threads: usize, waiting: usize, metrics: HashMetrics) -> Self {
        let office = Office {
            memo: Memo::new(),
            queue: Queue::new(waiting, metrics.clone()),
            metrics,
        };
        Self(Arc::new(Desk {
            threads: threads.max(1),
            office: Arc::new(office),
        }))
    }

    /// Whether the hash is of this text. Waits only for slow hashes. An empty text and one longer than
    /// [`LONGEST_TEXT`] is nobody's.
    pub async fn matches(&self, hash: &KeyHash, text: &[u8]) -> Result<bool, Overloaded> {
        let is_possible = (1..=LONGEST_TEXT).contains(&text.len());
        if !is_possible || matches!(hash, KeyHash::Sha256(_)) {
            return Ok(hash::is_of(hash, text));
        }
        let office = &self.0.office;
        let question = office.memo.question(hash, text);
        if let Some(answer) = office.memo.recall(&question) {
            return Ok(answer);
        }
        let asked = self
            .0
            .staff()
            .then(|| office.queue.ask(question, hash, text));
        let Some(Ok(answered)) = asked else {
            office.metrics.refused();
            return Err(Overloaded);
        };
        answered.await.map_err(|_| Overloaded)
    }
}

impl Desk {
    /// Starts what threads are missing; says whether there is any.
    fn staff(&self) -> bool {
        self.office.queue.staff(self.threads, |number| {
            let office = Arc::clone(&self.office);
            let thread = thread::Builder::new().name(format!("key-hashes-{number}"));
            thread.spawn(move || office.work()).is_ok()
        })
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.office.queue.close();
    }
}

impl Office {
    /// Works out what waits, one after the other.
    fn work(&self) {
        while let Some(job) = self.queue.next() {
            // Somebody else may have asked the same, and have been answered, since this one was put down.
            let answer = self.memo.recall(&job.question).or_else(|| {
                // A hash is a stranger's text, and the crates that read it are not ours.
                let worked = || hash::is_of(&job.hash, job.text.expose());
                let answer = catch_unwind(AssertUnwindSafe(worked)).ok()?;
                self.metrics.done();
                self.memo.remember(job.question, answer);
                Some(answer)
            });
            self.queue.answer(&job.question, answer);
        }
    }
}
