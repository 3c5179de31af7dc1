//! The line of a signed delivery: look at the head, wait for the body, verify, authorize, reserve.
//!
//! Always: one webhook is looked for, the first that finds something of it; where tokens or keys would do as
//! well, a request that has both is refused; what a permit lets pass is the body that was verified, and no other.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

use crate::credential::{Recalled, Verification, Verified};
use crate::model::{Denied, Reason, Request};
use crate::policy::{Grant, Match};
use crate::replay::{Reservation, Reserved};
use crate::secret::Secret;
use crate::webhook::{Genuine, GivenKey, Look, Message, Once, Refusal, Reply, Seen, Why};

use super::accepting::{Accepting, Accepts, Beside, Deliveries};
use super::{Asked, Decision, Denial, Engine, Next, Permit};

/// A request on a route that accepts deliveries, before anybody looked for one.
pub(super) struct Posted<'r> {
    pub(super) matched: &'r Match<'r>,
    pub(super) accepting: &'r Accepting,
    pub(super) deliveries: &'r Deliveries,
}

/// A request that may be a delivery: its body is needed to say.
#[derive(Debug)]
pub struct Awaited<'r>(Box<Waiting<'r>>);

struct Waiting<'r> {
    matched: &'r Match<'r>,
    accepts: &'r Accepts,
    limit: usize,
    /// Whoever came along, verified already.
    first: Option<Verified>,
    /// The text of the key that came along.
    key: Option<Secret>,
}

impl std::fmt::Debug for Waiting<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.accepts.webhook.name();
        f.debug_struct("Waiting")
            .field("webhook", name)
            .finish_non_exhaustive()
    }
}

/// What becomes of a delivery that is genuine and may pass.
enum Turn {
    /// It is sent on, and settled when the upstream has answered.
    Send(Option<Reservation>),
    /// It was accepted before, and its sender is told so.
    Acknowledge,
    Refuse(Refusal),
}

impl Awaited<'_> {
    /// The longest body that may be held, in bytes.
    pub fn limit(&self) -> usize {
        self.0.limit
    }

    /// How long the caller may take until the body is whole.
    pub fn patience(&self) -> Duration {
        self.0.accepts.webhook.patience()
    }

    /// The end of a request whose body cannot be had, for this reason.
    pub fn give_up(self, denied: Denied) -> Decision {
        match denied.reason {
            Reason::BodyTooLarge => self.0.accepts.refused(Why::TooLarge),
            Reason::Overloaded => self.0.accepts.refused(Why::Unavailable),
            _ => {}
        }
        let Waiting { matched, first, .. } = *self.0;
        denial(matched, first, denied).into()
    }
}

impl Engine {
    /// Looks for a delivery in a head. Waits only for the key or the token that must come along.
    pub(super) async fn look<'r>(&'r self, posted: Posted<'r>, request: &'r Request) -> Next<'r> {
        let Posted {
            matched,
            accepting,
            deliveries,
        } = posted;
        let accepted = &accepting.accepted;
        let missed = match deliveries.beside {
            Beside::Nothing => None,
            Beside::Both => {
                let verified = match self.verifiers.verify(request, accepted).await {
                    Verification::Verified(verified) => verified,
                    refused => return self.judge(matched, request, refused).into(),
                };
                let key = self.verifiers.presented_key(request);
                let key = key.map(|(_, text)| text);
                return self.find(posted, request, Some((verified, key)), None);
            }
            Beside::Either => match self.verifiers.recall(request, accepted) {
                Recalled::Answer(Verification::Absent(reason)) => Some(reason),
                presented => {
                    if deliveries.are_presented(matched, request) {
                        let detail = "a signature beside a token or a key";
                        let denied = Denied::new(Reason::CredentialAmbiguous, detail);
                        return Decision::from(Denial::on(matched.route, denied)).into();
                    }
                    let verification = match presented {
                        Recalled::Answer(verification) => verification,
                        Recalled::Unknown(credential) => {
                            let asked = Asked {
                                matched,
                                accepted,
                                credential,
                            };
                            return self.verify(asked, request).await.into();
                        }
                    };
                    return self.judge(matched, request, verification).into();
                }
            },
        };
        self.find(posted, request, None, missed)
    }

    /// Finds the webhook whose delivery a request may be. `missed` is what it lacks where it is none.
    fn find<'r>(
        &'r self,
        posted: Posted<'r>,
        request: &'r Request,
        first: Option<(Verified, Option<Secret>)>,
        missed: Option<Reason>,
    ) -> Next<'r> {
        let Posted {
            matched,
            deliveries,
            ..
        } = posted;
        let (first, key) = first.unzip();
        let key = key.flatten();
        for accepts in &deliveries.of {
            let given = given(key.as_ref(), first.as_ref());
            let look = |message: &Message<'_>| accepts.webhook.look(message);
            let looked = with_message(matched, request, given, look);
            return match looked {
                Look::Absent => continue,
                Look::Delivery => Next::Body(Awaited(Box::new(Waiting {
                    matched,
                    limit: deliveries.most_body(&accepts.webhook),
                    accepts,
                    first,
                    key,
                }))),
                Look::Challenge(reply) => {
                    if let Some(tally) = accepts.tally() {
                        tally.challenged();
                    }
                    let grant = self.policy.unasked(matched);
                    Decision::from(Permit::answering(grant, self.stripped(), first, reply)).into()
                }
                Look::Refused(refusal) => {
                    accepts.refused(refusal.reason);
                    Decision::from(denial(matched, first, refusal.denied)).into()
                }
            };
        }
        let reason = missed.unwrap_or_else(|| deliveries.nothing());
        Decision::from(denial(matched, first, reason.into())).into()
    }

    /// Decides on what [`Engine::decide`] awaited the body of. Waits for what a sender publishes, and for the
    /// memory of deliveries.
    pub async fn decide_delivery(
        &self,
        awaited: Awaited<'_>,
        request: &Request,
        body: &Bytes,
    ) -> Decision {
        self.deliver(awaited, request, body, false).await
    }

    /// The same for a policy that is only tried: nothing is reserved, and what was accepted before is not asked.
    pub async fn try_delivery(
        &self,
        awaited: Awaited<'_>,
        request: &Request,
        body: &Bytes,
    ) -> Decision {
        self.deliver(awaited, request, body, true).await
    }

    async fn deliver(
        &self,
        awaited: Awaited<'_>,
        request: &Request,
        body: &Bytes,
        only_tried: bool,
    ) -> Decision {
        if body.len() > awaited.limit() {
            return awaited.give_up(Reason::BodyTooLarge.into());
        }
        let Waiting {
            matched,
            accepts,
            first,
            key,
            ..
        } = *awaited.0;
        let capture = |name: &str| matched.capture(name);
        let message = Message {
            request,
            capture: &capture,
            key: given(key.as_ref(), first.as_ref()),
        };
        let genuine = match accepts.webhook.verify(&message, body).await {
            Ok(genuine) => genuine,
            Err(refusal) => {
                accepts.refused(refusal.reason);
                return denial(matched, first, refusal.denied).into();
            }
        };
        if let Some(tally) = accepts.tally() {
            tally.genuine(&genuine.facts, genuine.ending, request.received_at);
        }
        let verified = match self.verifiers.delivered(&accepts.webhook, &genuine, first) {
            Ok(verified) => verified,
            Err(refused) => {
                let (first, denied) = *refused;
                return denial(matched, first, denied).into();
            }
        };
        let (grant, verified) = match self.grant(matched, request, verified) {
            Ok(granted) => granted,
            Err(denial) => return Decision::from(*denial),
        };
        let Genuine { once, reply, .. } = genuine;
        if let Some(reply) = reply {
            if let Some(tally) = accepts.tally() {
                tally.challenged();
            }
            return Permit::answering(grant, self.stripped(), Some(verified), reply).into();
        }
        let turn = match once.filter(|_| !only_tried) {
            None => Turn::Send(None),
            Some(once) => self.reserve(&once).await,
        };
        match turn {
            Turn::Send(reservation) => {
                if let Some(tally) = accepts.tally() {
                    tally.passed();
                }
                let body = body.clone();
                Permit::delivering(grant, self.stripped(), verified, body, reservation).into()
            }
            Turn::Acknowledge => {
                accepts.refused(Why::Replay);
                let reply = acknowledged();
                Permit::answering(grant, self.stripped(), Some(verified), reply).into()
            }
            Turn::Refuse(refusal) => {
                accepts.refused(refusal.reason);
                Denial::of(matched.route, verified, refusal.denied).into()
            }
        }
    }

    /// Reserves a delivery, so that it is sent on once. Without a memory nothing is sent.
    async fn reserve(&self, once: &Once) -> Turn {
        let reserved = match &self.replay {
            Some(replay) => replay.reserve(&once.delivery).await,
            None => Reserved::Unavailable,
        };
        match (reserved, once.seen) {
            (Reserved::New(reservation), _) => Turn::Send(Some(reservation)),
            (Reserved::Pending, _) => Turn::Refuse(Why::Pending.into()),
            (Reserved::Seen, Seen::Acknowledge) => Turn::Acknowledge,
            (Reserved::Seen, Seen::Reject) => Turn::Refuse(Why::Replay.into()),
            (Reserved::Unavailable, _) => Turn::Refuse(Refusal {
                reason: Why::Unavailable,
                denied: Denied::new(Reason::StoreUnavailable, "the memory of deliveries"),
            }),
        }
    }

    /// What a route says of a verified caller.
    pub(super) fn grant(
        &self,
        matched: &Match<'_>,
        request: &Request,
        verified: Verified,
    ) -> Result<(Grant, Verified), Box<Denial>> {
        let granted = self.policy.authorize(matched, request, &verified.principal);
        let denied = match granted {
            // Keys are served tenant by tenant, and to nobody who has none.
            Ok(_) if matched.route.serves().is_some() && verified.principal.tenant.is_none() => {
                Denied::new(Reason::TenantMismatch, "a caller without a tenant")
            }
            Ok(grant) => return Ok((grant, verified)),
            Err(denied) => denied,
        };
        Err(Box::new(Denial::of(matched.route, verified, denied)))
    }
}

impl Deliveries {
    /// Whether a request has something of any of the webhooks.
    fn are_presented(&self, matched: &Match<'_>, request: &Request) -> bool {
        self.of.iter().any(|accepts| {
            let look = |message: &Message<'_>| accepts.webhook.look(message);
            !matches!(with_message(matched, request, None, look), Look::Absent)
        })
    }
}

fn with_message<T>(
    matched: &Match<'_>,
    request: &Request,
    key: Option<GivenKey<'_>>,
    then: impl FnOnce(&Message<'_>) -> T,
) -> T {
    let capture = |name: &str| matched.capture(name);
    then(&Message {
        request,
        capture: &capture,
        key,
    })
}

/// The key that came along, with what its holder signs deliveries with.
fn given<'k>(key: Option<&'k Secret>, first: Option<&'k Verified>) -> Option<GivenKey<'k>> {
    Some(GivenKey {
        text: key?.expose(),
        signing_secret: first.and_then(|verified| verified.signing.as_deref()),
    })
}

fn denial(matched: &Match<'_>, first: Option<Verified>, denied: Denied) -> Denial {
    match first {
        Some(verified) => Denial::of(matched.route, verified, denied),
        None => Denial::on(matched.route, denied),
    }
}

/// What a sender is told whose delivery was accepted before: all is well, do not come again.
fn acknowledged() -> Reply {
    Reply {
        status: StatusCode::OK,
        fields: Vec::new(),
        body: Bytes::new(),
    }
}
