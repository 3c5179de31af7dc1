//! A delivery whose body is here: verify, authorize, reserve.
//!
//! Always: what a permit lets pass is the body that was verified, and no other.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use sha2::{Digest as _, Sha256};

use crate::credential::Verified;
use crate::model::{Denied, Reason, Request};
use crate::policy::{Grant, Route};
use crate::replay::{Reservation, Reserved};
use crate::webhook::{Genuine, Message, Once, Proved, Reading, Refusal, Reply, Seen, Why};

use super::accepting::Accepts;
use super::head::{Awaited, Waiting, denial, given};
use super::{Decision, Denial, Engine, Permit};

/// What becomes of a delivery that is genuine and may pass.
enum Turn {
    /// It is sent on, and settled when the upstream has answered.
    Send(Option<Reservation>),
    /// It was accepted before, and its sender is told so.
    Acknowledge,
    Refuse(Refusal),
}

/// A delivery that is genuine and granted.
struct Passing<'a> {
    accepts: &'a Accepts,
    route: &'a Arc<Route>,
    grant: Grant,
    verified: Verified,
    genuine: Genuine,
}

impl Engine {
    /// Decides on what [`Engine::decide`] awaited the body of. Waits for what a sender publishes, and for the
    /// memory of deliveries.
    pub async fn decide_delivery(
        &self,
        awaited: Awaited<'_>,
        request: &Request,
        body: &Bytes,
    ) -> Decision {
        let reading = read_whole(&awaited, request, body).await;
        self.deliver(awaited, request, body, reading, false).await
    }

    /// The same for a body that was read as it came, to its end: see [`Awaited::read`].
    pub async fn decide_read(
        &self,
        awaited: Awaited<'_>,
        request: &Request,
        body: &Bytes,
        reading: Reading,
    ) -> Decision {
        self.deliver(awaited, request, body, reading, false).await
    }

    /// The same for a policy that is only tried: nothing is reserved, and what was accepted before is not asked.
    pub async fn try_delivery(
        &self,
        awaited: Awaited<'_>,
        request: &Request,
        body: &Bytes,
    ) -> Decision {
        let reading = read_whole(&awaited, request, body).await;
        self.deliver(awaited, request, body, reading, true).await
    }

    async fn deliver(
        &self,
        awaited: Awaited<'_>,
        request: &Request,
        body: &Bytes,
        reading: Reading,
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
        let proved = accepts.webhook.verify_read(&message, body, reading);
        let genuine = match proved.await {
            Ok(Proved::Delivery(genuine)) => genuine,
            // Nobody signed it: whoever it is, they are answered and no more.
            Ok(Proved::Challenge(reply)) => {
                return self.challenged(matched, accepts, first, reply);
            }
            Ok(Proved::Enrolment(enrolling)) => {
                let enrol = self.enrol((matched, accepts), first, request, *enrolling, only_tried);
                return Box::pin(enrol).await;
            }
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
        let grant = match self.granted(matched, request, &verified) {
            Ok(grant) => grant,
            Err(denied) => return Denial::of(matched.route, verified, denied).into(),
        };
        let passing = Passing {
            accepts,
            route: matched.route,
            grant,
            verified,
            genuine,
        };
        self.pass(passing, body, only_tried).await
    }

    /// The line from where a delivery may pass: it is answered, sent on, or known from before.
    async fn pass(&self, passing: Passing<'_>, body: &Bytes, only_tried: bool) -> Decision {
        let Passing {
            accepts,
            route,
            grant,
            verified,
            genuine,
        } = passing;
        let Genuine { once, reply, .. } = genuine;
        if let Some(reply) = reply {
            if let Some(tally) = accepts.tally() {
                tally.challenged();
            }
            return Permit::answering(grant, self.stripped(), Some(verified), reply).into();
        }
        let turn = match once.filter(|_| !only_tried) {
            None => Turn::Send(None),
            Some(once) => self.reserve(once, route).await,
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
                Denial::of(route, verified, refusal.denied).into()
            }
        }
    }

    /// Reserves a delivery, so that it is sent on once by each route: a sender may have two addresses here and one
    /// secret. Without a memory nothing is sent.
    async fn reserve(&self, mut once: Once, route: &Route) -> Turn {
        once.delivery.digest = on_route(once.delivery.digest, route);
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
}

/// Reads a body that is here already, unless it is too long.
async fn read_whole(awaited: &Awaited<'_>, request: &Request, body: &Bytes) -> Reading {
    let mut reading = awaited.read(request);
    if body.len() <= awaited.limit() {
        reading.add(body).await;
    }
    reading
}

/// What tells a delivery to one route from the same to others.
fn on_route(digest: [u8; 16], route: &Route) -> [u8; 16] {
    let both = Sha256::new().chain_update(digest);
    let both = both.chain_update(route.name().as_bytes()).finalize();
    both.first_chunk().copied().unwrap_or(digest)
}

/// What a sender is told whose delivery was accepted before: all is well, do not come again.
fn acknowledged() -> Reply {
    Reply {
        status: StatusCode::OK,
        fields: Vec::new(),
        body: Bytes::new(),
    }
}
