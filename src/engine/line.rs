//! The line of a request whose head is enough: enter, authenticate, authorize, permit.

use std::sync::Arc;

use crate::credential::{Accepted, Recalled, Unknown, Verification, Verified};
use crate::model::{Denied, Reason, Request};
use crate::policy::{Access, Grant, HeaderNames, Match};

use super::accepting::Accepting;
use super::head::Posted;
use super::{Decision, Denial, Engine, Permit, Plan};

/// How far a decision comes without waiting.
pub(super) enum Begun<'r> {
    Decided(Decision),
    Unknown(Asked<'r>),
    /// It may be a signed delivery.
    Posted(Posted<'r>),
}

/// A request whose credential is to be verified.
pub(super) struct Asked<'r> {
    pub(super) matched: &'r Match<'r>,
    pub(super) accepted: &'r Accepted,
    pub(super) credential: Unknown<'r>,
}

impl<T: Into<Decision>> From<T> for Begun<'_> {
    fn from(decision: T) -> Self {
        Self::Decided(decision.into())
    }
}

impl Engine {
    /// The line up to where it may have to wait.
    pub(super) fn begin<'r>(&'r self, plan: &'r Plan<'_>, request: &'r Request) -> Begun<'r> {
        self.enter(plan, request, |matched, accepting| {
            let accepted = &accepting.accepted;
            if let Some(deliveries) = &accepting.deliveries {
                return Begun::Posted(Posted {
                    matched,
                    accepting,
                    deliveries,
                });
            }
            match self.verifiers.recall(request, accepted) {
                Recalled::Answer(verification) => self.judge(matched, request, verification).into(),
                Recalled::Unknown(credential) => Begun::Unknown(Asked {
                    matched,
                    accepted,
                    credential,
                }),
            }
        })
    }

    /// The line up to where somebody is asked who is calling.
    pub(super) fn enter<'r, T: From<Decision>>(
        &'r self,
        plan: &'r Plan<'_>,
        request: &'r Request,
        ask: impl FnOnce(&'r Match<'r>, &'r Accepting) -> T,
    ) -> T {
        let matched = match &plan.matched {
            Ok(matched) => matched,
            Err(denied) => return Decision::from(Denial::unrouted(denied.clone())).into(),
        };
        if *matched.route.access() == Access::Public {
            let decision = match self.policy.admit(matched, request) {
                Ok(grant) => {
                    let keys = self.verifiers.keys_removal();
                    Decision::from(Permit::public(grant, self.stripped(), keys))
                }
                Err(denied) => Denial::on(matched.route, denied).into(),
            };
            return decision.into();
        }
        // Every route has an entry; if one were missing, nobody would be accepted.
        match self.accepting.get(matched.route.index()) {
            Some(accepting) => ask(matched, accepting),
            None => Decision::from(Denial::on(matched.route, Reason::NoRoute.into())).into(),
        }
    }

    /// Has a credential judged that nobody knows yet, and goes on from there.
    pub(super) async fn verify(&self, asked: Asked<'_>, request: &Request) -> Decision {
        let Asked {
            matched,
            accepted,
            credential,
        } = asked;
        let verifying = self
            .verifiers
            .judge(credential, accepted, request.received_at);
        self.judge(matched, request, verifying.await)
    }

    /// The line from where nothing waits any more.
    pub(super) fn judge(
        &self,
        matched: &Match<'_>,
        request: &Request,
        verification: Verification,
    ) -> Decision {
        let verified = match verification {
            Verification::Verified(verified) => verified,
            Verification::Absent(reason) => {
                return Denial::on(matched.route, reason.into()).into();
            }
            Verification::Rejected(denied) | Verification::Unavailable(denied) => {
                return Denial::on(matched.route, denied).into();
            }
        };
        match self.granted(matched, request, &verified) {
            Ok(grant) => Permit::to(grant, self.stripped(), verified).into(),
            Err(denied) => Denial::of(matched.route, verified, denied).into(),
        }
    }

    /// What a route says of a verified caller.
    pub(super) fn granted(
        &self,
        matched: &Match<'_>,
        request: &Request,
        verified: &Verified,
    ) -> Result<Grant, Denied> {
        let principal = &verified.principal;
        let grant = self.policy.authorize(matched, request, principal)?;
        // Keys are served tenant by tenant, and to nobody who has none.
        if matched.route.serves().is_some() && principal.tenant.is_none() {
            let detail = "a caller without a tenant";
            return Err(Denied::new(Reason::TenantMismatch, detail));
        }
        Ok(grant)
    }

    /// What is taken out of every request.
    pub(super) fn stripped(&self) -> &Arc<HeaderNames> {
        self.policy.stripped()
    }
}
