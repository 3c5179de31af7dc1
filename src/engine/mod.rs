//! The decision: one pure line from a request to a permit or a denial.
//!
//! An [`Engine`] is one version of the policy with the verifiers it needs. It is built aside, swapped
//! in whole, and an exchange keeps the one it began with. It does not know which front door asked,
//! and it never touches a socket: what waits is the verifier, for a key set or for an API key.
//!
//! Straight line: [`Engine::plan`] (route) -> [`Engine::decide`]: authenticate -> authorize -> permit.
//! [`Engine::decide_now`] is the same line for whoever would rather not wait. A signed delivery leaves the line
//! for its body ([`Next::Body`]), which is read as it comes, and goes on with [`Engine::decide_read`].
//!
//! Always: no route, no answer or no principal is a denial; a [`Permit`] can only be made here, so
//! nothing can be forwarded that was not decided; a delivery's permit holds the body that was verified.

mod accepting;
mod delivery;
mod enrolling;
mod head;
mod line;
mod permit;
mod trace;

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderName;

use crate::credential::{Verification, Verifiers};
use crate::keys::{KeySet, Service};
use crate::model::{CanonicalPath, Denied, Fields, Principal, Reason, Request};
use crate::policy::{Access, Match, Policy, Route};
use crate::replay::Replay;
use crate::webhook;

use accepting::Accepting;
use line::Begun;

pub use head::Awaited;
pub use permit::{Decision, Denial, Permit};
pub use trace::Judged;

/// One version of the policy, ready to judge.
#[derive(Debug)]
pub struct Engine {
    policy: Policy,
    verifiers: Verifiers,
    /// For each route of the policy, whose credentials it accepts.
    accepting: Vec<Accepting>,
    /// Which deliveries were seen.
    replay: Option<Replay>,
    /// Answers for the routes that serve keys.
    keys: Option<Service>,
    /// Whether it keeps secrets that senders bring.
    enrols: bool,
    version: Arc<str>,
}

/// A request's route, before anyone is asked who is calling.
#[derive(Debug)]
pub struct Plan<'e> {
    matched: Result<Match<'e>, Denied>,
}

impl<'e> Plan<'e> {
    /// The route, if one matches.
    pub fn route(&self) -> Option<&Arc<Route>> {
        self.matched.as_ref().ok().map(|matched| matched.route)
    }

    /// The route with what the path captured, or why there is none.
    pub fn matched(&self) -> Result<&Match<'e>, &Denied> {
        self.matched.as_ref()
    }
}

impl Engine {
    /// Joins a policy with its verifiers. `version` tells this version from others in logs and
    /// metrics; a digest of the file serves.
    pub fn new(policy: Policy, verifiers: Verifiers, version: Arc<str>) -> Self {
        let routes = policy.routes().iter();
        let accepting = routes.map(|route| Accepting::of(route, &verifiers));
        Self {
            accepting: accepting.collect(),
            policy,
            verifiers,
            replay: None,
            keys: None,
            enrols: false,
            version,
        }
    }

    /// The same engine, for whose routes that serve API keys this answers. Without it nobody does.
    #[must_use]
    pub fn serving_keys(mut self, keys: Service) -> Self {
        self.keys = Some(keys);
        self
    }

    /// The same engine, which has seen what is remembered here. Without it, no delivery passes that may pass once
    /// only.
    #[must_use]
    pub fn remembering(mut self, replay: Replay) -> Self {
        self.replay = Some(replay);
        self
    }

    /// The same engine, which keeps secrets that senders bring. Without it, nothing is written.
    #[must_use]
    pub fn enrolling(mut self) -> Self {
        self.enrols = true;
        self
    }

    /// The same engine, counting what comes of deliveries.
    #[must_use]
    pub fn counting(mut self, metrics: &webhook::Metrics) -> Self {
        for (accepting, route) in self.accepting.iter_mut().zip(self.policy.routes()) {
            accepting.count(route, metrics);
        }
        self
    }

    /// Who answers on routes that serve API keys.
    pub fn keys(&self) -> Option<&Service> {
        self.keys.as_ref()
    }

    /// What tells this version of the policy from others.
    pub fn version(&self) -> &Arc<str> {
        &self.version
    }

    /// The rules.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The sets of API keys that the policy declares.
    pub fn key_sets(&self) -> &[KeySet] {
        self.verifiers.key_sets()
    }

    /// Whether credentials may stand in a header of this name, by what the policy says.
    pub fn reads_credential_from_header(&self, name: &str) -> bool {
        self.verifiers.reads_from_header(name)
    }

    /// Whether credentials may stand in a parameter of the query, by what the policy says.
    pub fn reads_credential_from_parameter(&self, name: &str) -> bool {
        self.verifiers.reads_from_parameter(name)
    }

    /// Whether a query has a parameter that credentials may stand in.
    pub fn shows_credential(&self, path: &CanonicalPath) -> bool {
        path.query().is_some() && matches!(self.verifiers.without_tokens(path), Cow::Owned(_))
    }

    /// A path as a log may show it, without the secret of any API key.
    pub fn shown<'p>(&self, path: &'p str) -> Cow<'p, str> {
        self.verifiers.shown(path)
    }

    /// Whether deliveries are verified on a route, for which their bodies are needed.
    pub fn takes_deliveries(&self, route: &Route) -> bool {
        self.accepting(route)
            .is_some_and(Accepting::takes_deliveries)
    }

    /// Whether a sender of deliveries may be answered with success on a route, though nothing is sent on.
    pub fn may_reply(&self, route: &Route) -> bool {
        self.accepting(route).is_some_and(Accepting::may_reply)
    }

    /// Whether a credential that is accepted on a route may stand in the query.
    pub fn reads_query(&self, route: &Route) -> bool {
        *route.access() != Access::Public && self.verifiers.reads_queries()
            || self.accepting(route).is_some_and(Accepting::reads_query)
    }

    /// The header fields in which credentials may stand, and which are not sent on as they came.
    pub fn credential_headers(&self) -> Vec<HeaderName> {
        self.verifiers.credential_headers()
    }

    /// The longest body, in bytes, that is held on a route to verify a delivery; nothing where none is.
    pub fn longest_delivery(&self, route: &Route) -> Option<usize> {
        let deliveries = self.accepting(route)?.deliveries.as_deref()?;
        let of = deliveries.of.iter();
        of.map(|one| deliveries.most_body(&one.webhook)).max()
    }

    fn accepting(&self, route: &Route) -> Option<&Accepting> {
        self.accepting.get(route.index())
    }

    /// The end of a request that is not judged, for this reason.
    pub fn turn_away(&self, plan: &Plan<'_>, denied: Denied) -> Denial {
        match plan.route() {
            Some(route) => Denial::on(route, denied),
            None => Denial::unrouted(denied),
        }
    }

    /// Finds the route. Pure.
    pub fn plan<'e>(&'e self, request: &'e Request) -> Plan<'e> {
        let allowed = self.policy.allowed_oddities();
        let matched = if request.path.oddities().within(allowed) {
            self.policy
                .find(request)
                .ok_or_else(|| Reason::NoRoute.into())
        } else {
            Err(Denied::new(
                Reason::PathAmbiguous,
                "a spelling that the policy does not allow",
            ))
        };
        Plan { matched }
    }

    /// What an answer may repeat of a request: all but its header fields, and no credential of its query.
    pub fn repeatable(&self, request: &Request) -> Request {
        Request {
            method: request.method.clone(),
            scheme: request.scheme,
            host: request.host.clone(),
            path: self.verifiers.without_tokens(&request.path).into_owned(),
            headers: Fields::new(),
            client: request.client,
            received_at: request.received_at,
        }
    }

    /// Decides, or says that the body is needed. Waits only when a credential needs a key set that is not here, or
    /// is an API key that is to be looked for.
    pub async fn decide<'r>(&'r self, plan: &'r Plan<'_>, request: &'r Request) -> Next<'r> {
        let verifying = match self.begin(plan, request) {
            Begun::Decided(decision) => return decision.into(),
            // In a box, so that those who need not wait carry no room for it about.
            Begun::Unknown(asked) => Box::pin(self.verify(asked, request)),
            Begun::Posted(posted) => return Box::pin(self.look(posted, request)).await,
        };
        verifying.await.into()
    }

    /// Decides where the body is here already: for tools, and for whoever tries a policy. Nothing is reserved.
    pub async fn decide_whole(&self, plan: &Plan<'_>, request: &Request, body: &Bytes) -> Decision {
        match self.decide(plan, request).await {
            Next::Decided(decision) => decision,
            Next::Body(awaited) => self.try_delivery(awaited, request, body).await,
        }
    }

    /// Decides what needs no verification: whatever is refused for its route or for its lack of one
    /// credential, what is public, and callers whose credential was verified before. Anything else is
    /// nothing here, and has cost a look-up. So is every request on a route that accepts signed deliveries.
    pub fn decide_now(&self, plan: &Plan<'_>, request: &Request) -> Option<Decision> {
        match self.begin(plan, request) {
            Begun::Decided(decision) => Some(decision),
            Begun::Unknown(_) | Begun::Posted(_) => None,
        }
    }

    /// Decides for a caller who is given outright, in the place of whoever a credential would speak for.
    /// The judging is that of [`Engine::decide`]; nobody is what a request without a credential is. Whether
    /// the facts have ended by now is not asked: they are taken as given.
    pub fn decide_as(
        &self,
        plan: &Plan<'_>,
        request: &Request,
        principal: Option<&Arc<Principal>>,
    ) -> Decision {
        self.enter(plan, request, |matched, accepting| {
            let verification = self.verifiers.vouch(principal, &accepting.accepted);
            let signed = principal.and_then(|principal| principal.webhook.as_deref());
            let lacks = accepting.lacks_signature(signed.map(|facts| &*facts.name));
            match verification {
                Verification::Verified(verified) if lacks => {
                    let denied = Reason::SignatureMissing.into();
                    Denial::of(matched.route, verified, denied).into()
                }
                verification => self.judge(matched, request, verification),
            }
        })
    }
}

/// How far a decision came.
#[derive(Debug)]
pub enum Next<'r> {
    /// To its end.
    Decided(Decision),
    /// As far as the head goes: see [`Engine::decide_delivery`].
    Body(Awaited<'r>),
}

impl From<Decision> for Next<'_> {
    fn from(decision: Decision) -> Self {
        Self::Decided(decision)
    }
}

#[cfg(test)]
mod tests;
