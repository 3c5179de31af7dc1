//! Opinions that need a signature checked, which takes longer than a request may be kept for.
//!
//! They are formed in tasks of the worker, a few at a time, so that at most as many of the checks stand
//! between callers who wait for theirs.

use std::cell::Cell;
use std::rc::Rc;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::spawn_local;

use super::{MOST, Opinion, ShadowView, Waiting};
use crate::engine::Next;
use crate::frontend::budget::Held;
use crate::model::Request;

/// How many opinions one worker forms at a time. One may wait for a key set while others go on.
const AT_A_TIME: usize = 4;

/// Where one worker's requests wait for a candidate's opinion.
#[derive(Debug)]
pub(in crate::frontend) struct Desk {
    waiting: Waiting,
    turns: Semaphore,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            waiting: Cell::new(0),
            turns: Semaphore::new(AT_A_TIME),
        }
    }
}

/// What the exchange and the task beside it tell each other.
#[derive(Debug)]
pub(super) struct Slip {
    view: Rc<ShadowView>,
    state: Cell<State>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// The exchange goes on, and there is no opinion.
    Open,
    /// There is an opinion, or there will never be one.
    Said(Option<Opinion>),
    /// The exchange has ended; this is what decided it.
    Left(Opinion),
}

/// Has the opinion formed aside; nothing when too many wait already, or bodies of theirs take too much. A body is
/// held until then, on an account that takes nothing from the policy in force.
pub(super) fn ask(
    view: &Rc<ShadowView>,
    request: &Request,
    body: Option<&Held>,
) -> Option<Rc<Slip>> {
    let waiting = &view.desk.waiting;
    if waiting.get() >= MOST {
        return None;
    }
    let body = match body {
        Some(held) => Some(held.on_trial()?),
        None => None,
    };
    waiting.set(waiting.get() + 1);
    let slip = Rc::new(Slip {
        view: Rc::clone(view),
        state: Cell::new(State::Open),
    });
    let pending = Pending {
        slip: Rc::clone(&slip),
        said: Cell::new(None),
    };
    spawn_local(pending.settle(request.clone(), body));
    Some(slip)
}

impl ShadowView {
    /// Nothing where a body is needed that nobody collected. Nothing is reserved for a delivery.
    async fn judge(&self, request: &Request, body: Option<&Bytes>) -> Option<Opinion> {
        // Never closed; without a turn it would merely be formed at once.
        let _turn = self.desk.turns.acquire().await;
        let engine = &self.candidate.engine;
        let plan = engine.plan(request);
        let decision = match (engine.decide(&plan, request).await, body) {
            (Next::Decided(decision), _) => decision,
            (Next::Body(awaited), Some(body)) => engine.try_delivery(awaited, request, body).await,
            (Next::Body(_), None) => return None,
        };
        Some(Opinion::of(&decision))
    }
}

impl Slip {
    /// The exchange ends. Gives what was said by now; nothing when that is still to come.
    pub(super) fn leave(&self, decided: Opinion) -> Option<Option<Opinion>> {
        match self.state.replace(State::Left(decided)) {
            State::Said(said) => Some(said),
            State::Open | State::Left(_) => None,
        }
    }
}

/// A task's promise to say something in the end, also when it breaks off.
struct Pending {
    slip: Rc<Slip>,
    said: Cell<Option<Opinion>>,
}

impl Pending {
    async fn settle(self, request: Request, body: Option<Bytes>) {
        let opinion = self.slip.view.judge(&request, body.as_ref()).await;
        self.said.set(opinion);
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let view = &self.slip.view;
        view.desk.waiting.set(view.desk.waiting.get() - 1);
        match self.slip.state.get() {
            State::Left(decided) => {
                view.count(decided, self.said.get());
            }
            State::Open | State::Said(_) => self.slip.state.set(State::Said(self.said.get())),
        }
    }
}
