//! One exchange, recorded once, whatever becomes of it.

use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use http::{HeaderValue, Method, StatusCode};
use tokio::time::Instant;

use super::recorder::Recorder;
use super::snapshot::{RouteView, View};
use crate::engine::Denial;
use crate::model::{Denied, Principal, Reason, Request};
use crate::telemetry::{LogWriter, Outcome, Record};
use crate::upstream::Passage;

/// The status that is recorded when the caller left before its answer was whole; nobody receives it.
const CALLER_LEFT: u16 = 499;

/// An exchange under way. Dropped, it counts and logs itself: at the end of the answer's body, or wherever
/// the caller gave up.
#[derive(Debug)]
pub(super) struct Recording {
    recorder: Rc<Recorder>,
    view: Rc<View>,
    started: Instant,
    received_at: SystemTime,
    facts: Facts,
    verdict: Verdict,
    failure: Option<Denied>,
    status: u16,
    whole: bool,
}

/// What the log says about a request, kept because the request itself is sent on: one text, one piece after
/// the other. Empty when nothing is logged.
#[derive(Debug)]
struct Facts {
    text: String,
    /// Where the pieces end: the method, the host, the path. The rest is the request's identifier.
    ends: [usize; 3],
    client: IpAddr,
}

#[derive(Debug)]
enum Verdict {
    None,
    Passed(Rc<Passage>),
    Denied(Box<Denial>),
}

impl Recording {
    pub(super) fn begin(
        recorder: &Rc<Recorder>,
        received_at: SystemTime,
        method: &Method,
        peer: IpAddr,
    ) -> Box<Self> {
        recorder.metrics.began();
        let mut text = String::new();
        if recorder.log.is_some() {
            text = recorder.text();
            text.push_str(method.as_str());
        }
        Box::new(Self {
            view: recorder.view(),
            recorder: Rc::clone(recorder),
            started: Instant::now(),
            received_at,
            facts: Facts {
                ends: [text.len(); 3],
                text,
                client: peer,
            },
            verdict: Verdict::None,
            failure: None,
            status: CALLER_LEFT,
            whole: false,
        })
    }

    /// The policy that this exchange sees.
    pub(super) fn view(&self) -> &Rc<View> {
        &self.view
    }

    /// Keeps what the log wants to know.
    pub(super) fn received(&mut self, request: &Request, request_id: &HeaderValue) {
        self.facts.client = request.client.address;
        if self.recorder.log.is_some() {
            self.facts.received(request, request_id);
        }
    }

    /// The decision is made. Gives the time, for whoever goes on measuring from here.
    pub(super) fn decided(&self) -> Instant {
        let now = Instant::now();
        let took = now.saturating_duration_since(self.started);
        self.recorder.metrics.decided(took);
        now
    }

    pub(super) fn passed(&mut self, passage: &Rc<Passage>) {
        self.verdict = Verdict::Passed(Rc::clone(passage));
    }

    pub(super) fn denied(&mut self, denial: Denial) {
        self.verdict = Verdict::Denied(Box::new(denial));
    }

    /// What failed outside the decision: the request could not be read, or the upstream did not answer.
    pub(super) fn failed(&mut self, denied: Denied) {
        self.failure = Some(denied);
    }

    /// The answer's head is known.
    pub(super) fn answering(&mut self, status: StatusCode) {
        self.status = status.as_u16();
    }

    /// The answer is whole.
    pub(super) fn whole(&mut self) {
        self.whole = true;
    }

    fn outcome(&self) -> Outcome {
        match self.verdict {
            Verdict::Passed(_) => Outcome::Allow,
            Verdict::None | Verdict::Denied(_) => Outcome::Deny,
        }
    }

    fn explanation(&self) -> Option<&Denied> {
        match &self.verdict {
            Verdict::Denied(denial) => Some(denial.denied()),
            Verdict::None | Verdict::Passed(_) => self.failure.as_ref(),
        }
    }

    fn route(&self) -> Option<&RouteView> {
        let route = match &self.verdict {
            Verdict::None => None,
            Verdict::Passed(passage) => Some(passage.permit().route()),
            Verdict::Denied(denial) => denial.route(),
        };
        self.view.route(route?)
    }

    fn principal(&self) -> Option<(&Principal, Option<&str>)> {
        match &self.verdict {
            Verdict::None => None,
            Verdict::Passed(passage) => {
                let permit = passage.permit();
                Some((permit.principal()?, permit.fingerprint()))
            }
            Verdict::Denied(denial) => Some((denial.principal()?, denial.fingerprint())),
        }
    }

    fn write(&self, log: &LogWriter, route: Option<&RouteView>, end: End) {
        let facts = &self.facts;
        let (principal, fingerprint) = self.principal().unzip();
        let passed = end.outcome == Outcome::Allow;
        log.write(&Record {
            time: self.received_at,
            outcome: end.outcome,
            reason: end.reason,
            status: if self.whole { self.status } else { CALLER_LEFT },
            route: route.map(|route| &route.name),
            method: facts.piece(0),
            host: facts.piece(1),
            path: facts.piece(2),
            client: Some(facts.client),
            kind: principal.map(|principal| principal.kind),
            subject: principal.map(|principal| &*principal.subject),
            tenant: principal.and_then(|principal| principal.tenant.as_deref()),
            issuer: principal.map(|principal| &*principal.issuer),
            fingerprint: fingerprint.flatten(),
            request_id: Some(facts.piece(3)).filter(|id| !id.is_empty()),
            upstream: route.filter(|_| passed).map(|route| &route.upstream),
            duration: end.duration,
            detail: self.explanation().map_or("", |denied| &denied.detail),
            policy: &self.view.version,
        });
    }
}

impl Facts {
    fn received(&mut self, request: &Request, request_id: &HeaderValue) {
        let text = &mut self.text;
        let method = text.len();
        text.push_str(request.host.name());
        if let Some(port) = request.host.port() {
            text.push(':');
            push_digits(port, text);
        }
        let host = text.len();
        text.push_str(request.path.target().path());
        self.ends = [method, host, text.len()];
        text.push_str(request_id.to_str().unwrap_or_default());
    }

    fn piece(&self, index: usize) -> &str {
        let [method, host, path] = self.ends;
        let piece = match index {
            0 => self.text.get(..method),
            1 => self.text.get(method..host),
            2 => self.text.get(host..path),
            _ => self.text.get(path..),
        };
        piece.unwrap_or_default()
    }
}

fn push_digits(number: u16, text: &mut String) {
    for power in [10_000, 1_000, 100, 10, 1] {
        if number >= power || power == 1 {
            text.push(char::from(b'0' + (number / power % 10) as u8));
        }
    }
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy)]
struct End {
    outcome: Outcome,
    reason: Option<Reason>,
    duration: Duration,
}

impl Drop for Recording {
    fn drop(&mut self) {
        let end = End {
            outcome: self.outcome(),
            reason: self.explanation().map(|denied| denied.reason),
            duration: self.started.elapsed(),
        };
        let route = self.route();
        let metrics = route.map_or_else(|| self.view.unrouted(), |route| &route.metrics);
        metrics.record(end.outcome, end.reason, end.duration);
        self.recorder.metrics.ended();
        if let Some(log) = &self.recorder.log {
            self.write(log, route, end);
            self.recorder.keep(std::mem::take(&mut self.facts.text));
        }
    }
}
