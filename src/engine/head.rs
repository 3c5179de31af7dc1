//! The head of a request where signed deliveries are accepted: whose delivery it may be.
//!
//! Always: one webhook is looked for, the first that finds something of it; where tokens or keys would do as
//! well, a request that has both is refused.

use std::time::Duration;

use crate::credential::{Recalled, Verification, Verified};
use crate::model::{Denied, Reason, Request};
use crate::policy::Match;
use crate::secret::Secret;
use crate::webhook::{GivenKey, Look, Message, Reading, Reply, Why};

use super::accepting::{Accepting, Accepts, Beside, Deliveries};
use super::line::Asked;
use super::{Decision, Denial, Engine, Next, Permit};

/// A request on a route that accepts deliveries, before anybody looked for one.
pub(super) struct Posted<'r> {
    pub(super) matched: &'r Match<'r>,
    pub(super) accepting: &'r Accepting,
    pub(super) deliveries: &'r Deliveries,
}

/// A request that may be a delivery: its body is needed to say.
#[derive(Debug)]
pub struct Awaited<'r>(pub(super) Box<Waiting<'r>>);

/// What is known of it by then.
pub(super) struct Waiting<'r> {
    pub(super) matched: &'r Match<'r>,
    pub(super) accepts: &'r Accepts,
    pub(super) limit: usize,
    /// Whoever came along, verified already.
    pub(super) first: Option<Verified>,
    /// The text of the key that came along.
    pub(super) key: Option<Secret>,
}

impl std::fmt::Debug for Waiting<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.accepts.webhook.name();
        f.debug_struct("Waiting")
            .field("webhook", name)
            .finish_non_exhaustive()
    }
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

    /// Begins to read the body of the request that was decided on so far: what can be computed of it is computed as
    /// it comes.
    pub fn read(&self, request: &Request) -> Reading {
        let Waiting {
            matched,
            accepts,
            first,
            key,
            ..
        } = &*self.0;
        let given = given(key.as_ref(), first.as_ref());
        let read = |message: &Message<'_>| accepts.webhook.read(message);
        with_message(matched, request, given, read)
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
        // One that only waits for its secret stands back behind those whose signature is there.
        let mut found = None;
        for accepts in &deliveries.of {
            let given = given(key.as_ref(), first.as_ref());
            let look = |message: &Message<'_>| accepts.webhook.look(message);
            match with_message(matched, request, given, look) {
                Look::Absent => {}
                Look::Enrolment => {
                    found.get_or_insert(accepts);
                }
                Look::Delivery => {
                    found = Some(accepts);
                    break;
                }
                Look::Challenge(reply) => {
                    return self.challenged(matched, accepts, first, reply).into();
                }
                Look::Refused(refusal) => {
                    accepts.refused(refusal.reason);
                    return Decision::from(denial(matched, first, refusal.denied)).into();
                }
            }
        }
        if let Some(accepts) = found {
            return Next::Body(Awaited(Box::new(Waiting {
                matched,
                limit: deliveries.most_body(&accepts.webhook),
                accepts,
                first,
                key,
            })));
        }
        let reason = missed.unwrap_or_else(|| deliveries.nothing());
        Decision::from(denial(matched, first, reason.into())).into()
    }

    /// The answer to a challenge that is not signed. Of whoever asks nothing is known that counts.
    pub(super) fn challenged(
        &self,
        matched: &Match<'_>,
        accepts: &Accepts,
        first: Option<Verified>,
        reply: Reply,
    ) -> Decision {
        if let Some(tally) = accepts.tally() {
            tally.challenged();
        }
        let grant = self.policy.unasked(matched);
        Permit::answering(grant, self.stripped(), first, reply).into()
    }
}

impl Deliveries {
    /// Whether a request has something of any of the webhooks.
    fn are_presented(&self, matched: &Match<'_>, request: &Request) -> bool {
        self.of.iter().any(|accepts| {
            let look = |message: &Message<'_>| accepts.webhook.look(message);
            let looked = with_message(matched, request, None, look);
            !matches!(looked, Look::Absent | Look::Enrolment)
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
pub(super) fn given<'k>(
    key: Option<&'k Secret>,
    first: Option<&'k Verified>,
) -> Option<GivenKey<'k>> {
    Some(GivenKey {
        text: key?.expose(),
        signing_secret: first.and_then(|verified| verified.signing.as_deref()),
    })
}

/// A refusal, with whoever came along if they were verified.
pub(super) fn denial(matched: &Match<'_>, first: Option<Verified>, denied: Denied) -> Denial {
    match first {
        Some(verified) => Denial::of(matched.route, verified, denied),
        None => Denial::on(matched.route, denied),
    }
}
