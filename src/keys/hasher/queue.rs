//! Texts that wait for a slow hash, each once, and who asked.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot::{Receiver, Sender, channel};

use crate::model::KeyHash;
use crate::secret::Secret;

use super::memo::Question;
use super::{HashMetrics, Overloaded};

/// A text that is to be compared with a hash.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) question: Question,
    pub(super) hash: KeyHash,
    pub(super) text: Secret,
}

/// What waits, with a bound.
#[derive(Debug)]
pub(super) struct Queue {
    most: usize,
    state: Mutex<State>,
    bell: Condvar,
    metrics: HashMetrics,
}

#[derive(Debug, Default)]
struct State {
    jobs: VecDeque<Job>,
    /// Who waits for which answer, of waiting jobs and of those being worked on.
    askers: HashMap<Question, Vec<Sender<bool>>>,
    /// Threads there are.
    threads: usize,
    is_closed: bool,
}

impl Queue {
    pub(super) fn new(most: usize, metrics: HashMetrics) -> Self {
        Self {
            most,
            state: Mutex::default(),
            bell: Condvar::new(),
            metrics,
        }
    }

    /// Waits for the answer to a question. If somebody else does already, its text is not worked out again.
    pub(super) fn ask(
        &self,
        question: Question,
        hash: &KeyHash,
        text: &[u8],
    ) -> Result<Receiver<bool>, Overloaded> {
        let (answer, answered) = channel();
        let mut state = self.state();
        if let Some(askers) = state.askers.get_mut(&question) {
            // Of a flood of one text, only those still there are kept.
            askers.retain(|asker| !asker.is_closed());
            askers.push(answer);
            return Ok(answered);
        }
        if state.jobs.len() >= self.most {
            self.forget_the_gone(&mut state);
        }
        if state.jobs.len() >= self.most {
            return Err(Overloaded);
        }
        state.askers.insert(question, vec![answer]);
        state.jobs.push_back(Job {
            question,
            hash: hash.clone(),
            text: Secret::new(text.to_vec()),
        });
        self.metrics.wait(state.jobs.len());
        self.bell.notify_one();
        Ok(answered)
    }

    /// The next job that somebody still waits for; nothing once closed. Blocks.
    pub(super) fn next(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            while let Some(job) = state.jobs.pop_front() {
                self.metrics.wait(state.jobs.len());
                if state.is_wanted(&job) {
                    return Some(job);
                }
                state.askers.remove(&job.question);
            }
            if state.is_closed {
                return None;
            }
            state = self.wait(state);
        }
    }

    /// Tells everybody who asked. Without an answer, they learn that there will be none.
    pub(super) fn answer(&self, question: &Question, answer: Option<bool>) {
        let askers = self.state().askers.remove(question);
        for (asker, answer) in askers.into_iter().flatten().zip(answer.iter().cycle()) {
            // Whoever has gone away needs no answer.
            let _ = asker.send(*answer);
        }
    }

    /// Has threads started until there are so many, by a function that says whether it could.
    pub(super) fn staff(&self, threads: usize, start: impl Fn(usize) -> bool) -> bool {
        let mut state = self.state();
        while state.threads < threads && start(state.threads) {
            state.threads += 1;
        }
        state.threads > 0
    }

    /// Lets the threads end, once what waits is done or nobody waits for it.
    pub(super) fn close(&self) {
        self.state().is_closed = true;
        self.bell.notify_all();
    }

    fn forget_the_gone(&self, state: &mut State) {
        let jobs = std::mem::take(&mut state.jobs);
        for job in jobs {
            if state.is_wanted(&job) {
                state.jobs.push_back(job);
            } else {
                state.askers.remove(&job.question);
            }
        }
        self.metrics.wait(state.jobs.len());
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.bell
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No change is left half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_wanted(&self, job: &Job) -> bool {
        let askers = self.askers.get(&job.question);
        askers.is_some_and(|askers| askers.iter().any(|asker| !asker.is_closed()))
    }
}
