//! Steady traffic of every kind of caller, and what each of them saw.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::stand::{ALERTS, Stand, mistyped, nobodys};
use crate::support::Call;

/// Between two requests of one caller.
const PAUSE: Duration = Duration::from_millis(15);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Caller {
    /// Has a key that the gate knows.
    Known,
    /// Comes with a good key that the gate does not know, and another one after each that passed.
    New,
    /// Has a text with a wrong checksum.
    Mistyped,
    /// Has a text of the right form that is nobody's.
    Nobody,
    /// Has a token.
    Token,
}

/// One request, and what came of it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) asked: Instant,
    pub(super) answered: Instant,
    pub(super) outcome: (u16, String),
}

/// Callers at work.
pub(super) struct Traffic {
    stop: Arc<AtomicBool>,
    callers: Vec<(Caller, JoinHandle<Vec<Seen>>)>,
}

/// What all of them saw.
pub(super) struct Report(BTreeMap<Caller, Vec<Seen>>);

impl Traffic {
    /// One caller of each kind; `new` are keys that nobody has used yet.
    pub(super) fn start(stand: &Stand, known: &str, new: Vec<String>) -> Self {
        let address = stand.gate.address;
        let stop = Arc::new(AtomicBool::new(false));
        let key = |text: &str| Call::new(address, "GET", ALERTS).header("x-api-key", text);
        let strangers: Vec<_> = (0..8).map(|_| key(&nobodys())).collect();
        let token = Call::new(address, "GET", "/tokens/x").bearer(&stand.person());
        let always = [
            (Caller::Known, vec![key(known)]),
            (Caller::Mistyped, vec![key(&mistyped(known))]),
            (Caller::Nobody, strangers),
            (Caller::Token, vec![token]),
        ];
        let mut callers: Vec<_> = always
            .into_iter()
            .map(|(caller, calls)| {
                let stop = Arc::clone(&stop);
                (caller, thread::spawn(move || in_turn(&calls, &stop)))
            })
            .collect();
        let shared = Arc::clone(&stop);
        let new = thread::spawn(move || each_once(address, new, &shared));
        callers.push((Caller::New, new));
        Self { stop, callers }
    }

    /// Lets them finish.
    pub(super) fn end(self) -> Report {
        self.stop.store(true, Ordering::Relaxed);
        let join = |(caller, thread): (Caller, JoinHandle<_>)| (caller, thread.join().unwrap());
        Report(self.callers.into_iter().map(join).collect())
    }
}

impl Report {
    /// What a caller saw, in order.
    pub(super) fn of(&self, caller: Caller) -> &[Seen] {
        &self.0[&caller]
    }

    /// What a caller saw of what was asked and answered between two moments.
    pub(super) fn between(&self, caller: Caller, from: Instant, to: Instant) -> Vec<&Seen> {
        let inside = |seen: &&Seen| seen.asked >= from && seen.answered <= to;
        let seen: Vec<_> = self.of(caller).iter().filter(inside).collect();
        assert!(!seen.is_empty(), "{caller:?} did not ask");
        seen
    }

    /// Fails the test unless a caller saw only these, whenever it was.
    #[track_caller]
    pub(super) fn assert_only(&self, caller: Caller, allowed: &[(u16, &str)]) {
        let seen: Vec<_> = self.of(caller).iter().collect();
        assert_only(&seen, &format!("{caller:?}"), allowed);
    }

    /// The longest that anybody waited for an answer.
    pub(super) fn slowest(&self) -> Duration {
        let all = self.0.values().flatten();
        all.map(|seen| seen.answered - seen.asked).max().unwrap()
    }

    /// When a caller was first answered like this, of what was asked after a moment.
    pub(super) fn first(&self, caller: Caller, after: Instant, status: u16) -> Instant {
        let mut seen = self.of(caller).iter();
        let found = seen.find(|seen| seen.asked >= after && seen.outcome.0 == status);
        found
            .unwrap_or_else(|| panic!("{caller:?}: never {status}"))
            .answered
    }

    /// Who saw what how often.
    pub(super) fn told(&self) -> String {
        let lines = self
            .0
            .iter()
            .map(|(caller, seen)| format!("  {caller:?}: {:?}", counts(seen.iter())));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Fails the test unless these are the only outcomes.
#[track_caller]
pub(super) fn assert_only(seen: &[&Seen], who: &str, allowed: &[(u16, &str)]) {
    let known = |seen: &&&Seen| {
        let (status, code) = &seen.outcome;
        !allowed.contains(&(*status, code.as_str()))
    };
    let strange = counts(seen.iter().filter(known).copied());
    assert!(strange.is_empty(), "{who} saw {strange:?}, not {allowed:?}");
}

fn counts<'s>(seen: impl Iterator<Item = &'s Seen>) -> BTreeMap<(u16, String), usize> {
    let mut counts = BTreeMap::new();
    for one in seen {
        *counts.entry(one.outcome.clone()).or_default() += 1;
    }
    counts
}

fn in_turn(calls: &[Call], stop: &AtomicBool) -> Vec<Seen> {
    let mut seen = Vec::new();
    for call in calls.iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        seen.push(send(call.clone()));
        thread::sleep(PAUSE);
    }
    seen
}

fn each_once(address: SocketAddr, keys: Vec<String>, stop: &AtomicBool) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut keys = VecDeque::from(keys);
    while !stop.load(Ordering::Relaxed) {
        let key = keys.pop_front().expect("too few keys");
        let call = Call::new(address, "GET", ALERTS).header("x-api-key", &key);
        let one = send(call);
        if one.outcome.0 != 200 {
            // Still a new one.
            keys.push_back(key);
        }
        seen.push(one);
        thread::sleep(PAUSE);
    }
    seen
}

fn send(call: Call) -> Seen {
    let asked = Instant::now();
    let outcome = call.send().outcome();
    Seen {
        asked,
        answered: Instant::now(),
        outcome,
    }
}
