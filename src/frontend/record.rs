//! One exchange, recorded once, whatever becomes of it.

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{HeaderValue, Method, StatusCode};
use tokio::time::Instant;

use super::budget::Held;
use super::recorder::Recorder;
use super::shadow::{Opinion, Shadowed};
use super::snapshot::{RouteView, View};
use crate::engine::{Decision, Denial};
use crate::model::{Denied, Principal, Reason, Request};
use crate::policy::{Observed, Route};
use crate::telemetry::{Asked, LogWriter, Outcome, Record, RequestFields, WouldRefuse};
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
    peer: IpAddr,
    /// What the log says about the request, kept because the request itself is sent on. Nothing when
    /// nothing is logged.
    fields: Option<RequestFields>,
    verdict: Verdict,
    failure: Option<Denied>,
    /// What the policy that is tried says, if there is one.
    shadow: Option<Shadowed>,
    status: u16,
    whole: bool,
    /// The door that was asked, unless it forwards.
    door: Option<&'static str>,
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
        Box::new(Self {
            view: recorder.view(),
            recorder: Rc::clone(recorder),
            started: Instant::now(),
            received_at,
            peer,
            fields: recorder.fields(method),
            verdict: Verdict::None,
            failure: None,
            shadow: None,
            status: CALLER_LEFT,
            whole: false,
            door: None,
        })
    }

    /// The policy that this exchange sees.
    pub(super) fn view(&self) -> &Rc<View> {
        &self.view
    }

    /// Who sent it is not who is connected, though it was not read any further.
    pub(super) fn sent_by(&mut self, client: IpAddr) {
        self.peer = client;
    }

    /// Keeps what the log wants to know.
    pub(super) fn received(&mut self, request: &Request, request_id: &HeaderValue) {
        if let Some(fields) = &mut self.fields {
            fields.received(&Asked {
                scheme: Some(request.scheme),
                host: (request.host.name(), request.host.port()),
                path: &self.view.snapshot.engine.shown(request.path.as_str()),
                client: request.client.address,
                id: request_id.to_str().ok().filter(|id| !id.is_empty()),
            });
            let facts = &self.view.snapshot.facts;
            fields.read_by_rules(facts, &request.headers, request.path.query());
        }
    }

    /// The decision is made. Gives the time, for whoever goes on measuring from here.
    pub(super) fn decided(&self) -> Instant {
        let now = Instant::now();
        let took = now.saturating_duration_since(self.started);
        self.recorder.metrics.decided(took);
        now
    }

    /// The same for a decision that had to wait for the caller, which is not what is measured.
    pub(super) fn decided_after(&self, waited: Duration) -> Instant {
        let now = Instant::now();
        let took = now.saturating_duration_since(self.started);
        self.recorder.metrics.decided(took.saturating_sub(waited));
        now
    }

    /// Has the policy that is tried say what it would decide. Changes nothing for the caller.
    pub(super) fn compare(&mut self, request: &Request, decision: &Decision) {
        if let Some(shadow) = &self.view.shadow {
            self.shadow = Some(shadow.ask(request, decision));
        }
    }

    /// The same where a body was awaited; nothing where it did not come.
    pub(super) fn compare_whole(
        &mut self,
        request: &Request,
        body: Option<&Held>,
        decision: &Decision,
    ) {
        if let Some(shadow) = &self.view.shadow {
            self.shadow = Some(shadow.ask_whole(request, body, decision));
        }
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

    /// The method that was asked for, where another was received with the question.
    pub(super) fn asked_for(&mut self, method: &Method) {
        if let Some(fields) = self.fields.take() {
            self.recorder.keep(fields);
            self.fields = self.recorder.fields(method);
        }
    }

    /// It came to a door that only answers.
    pub(super) fn asked_at(&mut self, door: &'static str) {
        self.door = Some(door);
    }

    /// The answer's head is known.
    pub(super) fn answering(&mut self, status: StatusCode) {
        self.status = status.as_u16();
    }

    /// The answer is whole.
    pub(super) fn whole(&mut self) {
        self.whole = true;
    }

    /// The request's route and its caller, as far as the decision found them.
    pub(super) fn known(&self) -> (Option<&Arc<Route>>, Option<&Principal>) {
        match &self.verdict {
            Verdict::None => (None, None),
            Verdict::Passed(passage) => {
                let permit = passage.permit();
                (Some(permit.route()), permit.principal().map(AsRef::as_ref))
            }
            Verdict::Denied(denial) => (denial.route(), denial.principal().map(AsRef::as_ref)),
        }
    }

    /// Why the request is refused, as far as it is.
    #[cfg(feature = "grpc")]
    pub(super) fn reason(&self) -> Option<Reason> {
        self.explanation().map(|denied| denied.reason)
    }

    fn outcome(&self) -> Outcome {
        match self.verdict {
            Verdict::Passed(_) => Outcome::Allow,
            Verdict::None | Verdict::Denied(_) => Outcome::Deny,
        }
    }

    /// What an observed rule would have refused.
    fn observed(&self) -> Option<&Observed> {
        match &self.verdict {
            Verdict::Passed(passage) => passage.permit().observed(),
            Verdict::None | Verdict::Denied(_) => None,
        }
    }

    /// Whether nothing was sent on, though it might pass.
    fn is_answered_here(&self) -> bool {
        match &self.verdict {
            Verdict::Passed(passage) => passage.permit().reply().is_some(),
            Verdict::None | Verdict::Denied(_) => false,
        }
    }

    fn explanation(&self) -> Option<&Denied> {
        match &self.verdict {
            Verdict::Denied(denial) => Some(denial.denied()),
            Verdict::None | Verdict::Passed(_) => self.failure.as_ref(),
        }
    }

    fn detail(&self) -> &str {
        match (&self.verdict, self.explanation()) {
            (_, Some(denied)) => &denied.detail,
            (Verdict::Passed(passage), None) => passage.permit().note(),
            _ => "",
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

    fn write(&self, log: &LogWriter, fields: &RequestFields, route: Option<&RouteView>, end: End) {
        let (principal, fingerprint) = self.principal().unzip();
        let sent_on = self.door.is_none() && !self.is_answered_here();
        let passed = end.outcome == Outcome::Allow && sent_on;
        let shadow = self.view.shadow.as_deref();
        log.write(&Record {
            time: self.received_at,
            outcome: end.outcome,
            reason: end.reason,
            status: if self.whole { self.status } else { CALLER_LEFT },
            route: route.map(|route| &route.name),
            request: fields,
            caller: principal,
            facts: &self.view.snapshot.facts,
            fingerprint: fingerprint.flatten(),
            upstream: route.filter(|_| passed).map(|route| &route.upstream),
            door: self.door,
            duration: end.duration,
            detail: self.detail(),
            observed: self.observed().map(|observed| WouldRefuse {
                rule: observed.rule.as_str(),
                reason: observed.denied.reason,
            }),
            shadow: shadow.zip(end.shadow).map(|(view, said)| view.told(said)),
            policy: &self.view.version,
        });
    }
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy)]
struct End {
    outcome: Outcome,
    reason: Option<Reason>,
    duration: Duration,
    /// What the policy that is tried says otherwise.
    shadow: Option<Opinion>,
}

impl Drop for Recording {
    fn drop(&mut self) {
        let fields = self.fields.take();
        let shadowed = self.shadow.take().zip(self.view.shadow.as_deref());
        let end = End {
            shadow: shadowed.and_then(|(shadowed, view)| shadowed.end(view)),
            outcome: self.outcome(),
            reason: self.explanation().map(|denied| denied.reason),
            duration: self.started.elapsed(),
        };
        let route = self.route();
        let metrics = route.map_or_else(|| self.view.unrouted(), |route| &route.metrics);
        metrics.record(end.outcome, end.reason, end.duration);
        self.recorder.metrics.ended();
        if let (Some(observed), Verdict::Passed(passage)) = (self.observed(), &self.verdict) {
            let route = passage.permit().route();
            self.view.observed(route, observed.denied.reason);
        }
        if let (Some(log), Some(mut fields)) = (&self.recorder.log, fields) {
            if !fields.is_complete() {
                fields.unread(self.peer);
            }
            self.write(log, &fields, route, end);
            self.recorder.keep(fields);
        }
    }
}
