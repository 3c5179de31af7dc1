//! One exchange, recorded once, whatever becomes of it.

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use http::uri::PathAndQuery;
use http::{HeaderValue, Method, StatusCode};
use tokio::time::Instant;

use super::Shared;
use super::snapshot::Snapshot;
use crate::engine::Denial;
use crate::model::{Denied, Host, Principal, Reason, Request};
use crate::telemetry::{Outcome, Record};
use crate::upstream::Passage;

/// The status that is recorded when the caller left before its answer was whole; nobody receives it.
const CALLER_LEFT: u16 = 499;

/// An exchange under way. Dropped, it counts and logs itself: at the end of the answer's body, or wherever
/// the caller gave up.
#[derive(Debug)]
pub(super) struct Recording {
    shared: Arc<Shared>,
    snapshot: Arc<Snapshot>,
    started: Instant,
    received_at: SystemTime,
    method: Method,
    peer: IpAddr,
    facts: Option<Facts>,
    verdict: Verdict,
    failure: Option<Denied>,
    status: u16,
    whole: bool,
}

/// What the log says about a request that could be read, kept because the request itself is sent on.
#[derive(Debug)]
struct Facts {
    host: Host,
    target: PathAndQuery,
    client: IpAddr,
    request_id: HeaderValue,
}

#[derive(Debug)]
enum Verdict {
    None,
    Passed(Rc<Passage>),
    Denied(Denial),
}

impl Recording {
    pub(super) fn begin(
        shared: &Arc<Shared>,
        received_at: SystemTime,
        method: &Method,
        peer: IpAddr,
    ) -> Box<Self> {
        shared.metrics.in_flight.inc();
        Box::new(Self {
            shared: Arc::clone(shared),
            snapshot: shared.snapshot.load_full(),
            started: Instant::now(),
            received_at,
            method: method.clone(),
            peer,
            facts: None,
            verdict: Verdict::None,
            failure: None,
            status: CALLER_LEFT,
            whole: false,
        })
    }

    /// The policy that this exchange sees.
    pub(super) fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Keeps what the log wants to know.
    pub(super) fn received(&mut self, request: &Request, request_id: &HeaderValue) {
        if self.shared.log.is_on() {
            self.facts = Some(Facts {
                host: request.host.clone(),
                target: request.path.target().clone(),
                client: request.client.address,
                request_id: request_id.clone(),
            });
        }
    }

    /// The decision is made.
    pub(super) fn decided(&self) {
        let took = self.started.elapsed();
        self.shared
            .metrics
            .decision_duration
            .observe(took.as_secs_f64());
    }

    pub(super) fn passed(&mut self, passage: &Rc<Passage>) {
        self.verdict = Verdict::Passed(Rc::clone(passage));
    }

    pub(super) fn denied(&mut self, denial: Denial) {
        self.verdict = Verdict::Denied(denial);
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

    fn route(&self) -> Option<(usize, &str, &str)> {
        let route = match &self.verdict {
            Verdict::None => None,
            Verdict::Passed(passage) => Some(passage.permit().route()),
            Verdict::Denied(denial) => denial.route(),
        }?;
        Some((route.index(), route.name(), route.upstream()))
    }

    fn principal(&self) -> Option<&Principal> {
        match &self.verdict {
            Verdict::None => None,
            Verdict::Passed(passage) => passage.permit().principal(),
            Verdict::Denied(denial) => denial.principal(),
        }
        .map(AsRef::as_ref)
    }

    fn fingerprint(&self) -> Option<&str> {
        match &self.verdict {
            Verdict::None => None,
            Verdict::Passed(passage) => passage.permit().fingerprint(),
            Verdict::Denied(denial) => denial.fingerprint(),
        }
    }

    fn write(&self, reason: Option<Reason>) {
        if !self.shared.log.is_on() {
            return;
        }
        let facts = self.facts.as_ref();
        let principal = self.principal();
        let route = self.route();
        let host = facts.map_or_else(String::new, |facts| facts.host.to_string());
        self.shared.log.write(&Record {
            time: self.received_at,
            outcome: self.outcome(),
            reason,
            status: if self.whole { self.status } else { CALLER_LEFT },
            route: route.map(|(_, name, _)| name),
            method: self.method.as_str(),
            host: &host,
            path: facts.map_or("", |facts| facts.target.path()),
            client: Some(facts.map_or(self.peer, |facts| facts.client)),
            kind: principal.map(|principal| principal.kind.as_str()),
            subject: principal.map(|principal| &*principal.subject),
            tenant: principal.and_then(|principal| principal.tenant.as_deref()),
            issuer: principal.map(|principal| &*principal.issuer),
            fingerprint: self.fingerprint(),
            request_id: facts.and_then(|facts| facts.request_id.to_str().ok()),
            upstream: route
                .filter(|_| matches!(self.verdict, Verdict::Passed(_)))
                .map(|(_, _, upstream)| upstream),
            duration: self.started.elapsed(),
            detail: self.explanation().map_or("", |denied| &denied.detail),
            policy: self.snapshot.engine.version(),
        });
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let reason = self.explanation().map(|denied| denied.reason);
        let route = self.route().map(|(index, _, _)| index);
        self.snapshot
            .metrics(route)
            .record(self.outcome(), reason, self.started.elapsed());
        self.write(reason);
        self.shared.metrics.in_flight.dec();
    }
}
