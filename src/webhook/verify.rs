//! From a head to a look, from a body to a genuine delivery.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::model::{Claims, Memo, Principal, PrincipalKind, WebhookFacts};
use crate::replay::Delivery;

use super::candidates::Candidates;
use super::kind::{Kind, Presence};
use super::proof::Proof;
use super::reading::Reading;
use super::secrets::Chosen;
use super::whole::Sums;
use super::{Genuine, Look, Message, Once, Proved, Refusal, Webhook, Why};

/// As long as the end of a delivery matters to anybody: the year 9999.
const FOREVER: Duration = Duration::from_secs(253_402_300_799);

impl Webhook {
    /// Looks at a head, before anybody waits for a body. Does no cryptography over more than the head.
    pub fn look(&self, message: &Message<'_>) -> Look {
        let now = message.request.received_at;
        let chosen = self.plan.secrets.choose(message);
        let candidates = Candidates::new(chosen.own(), now);
        match self.plan.challenges.unsigned(message, None, &candidates) {
            Some(Ok(reply)) => return Look::Challenge(reply),
            Some(Err(refusal)) => return Look::Refused(refusal),
            None => {}
        }
        let presence = match self.plan.kind.look(message) {
            Ok(presence) => presence,
            Err(refusal) => return Look::Refused(refusal),
        };
        let challenged = self.plan.challenges.want_body(message);
        match presence {
            Presence::Absent if !challenged => match self.may_enrol(message, &chosen) {
                true if !is_encoded(message) => Look::Enrolment,
                _ => Look::Absent,
            },
            _ if self.plan.holding.refuses_encoded && is_encoded(message) => {
                Look::Refused(Refusal::new(
                    Why::Encoded,
                    "the body is compressed, and `content_encoding` refuses that",
                ))
            }
            _ => Look::Delivery,
        }
    }

    /// Says whether a delivery is genuine whose body is here. Waits only for what a sender publishes: keys,
    /// certificates. Where there is much to compute, others have the thread in between.
    pub async fn verify(&self, message: &Message<'_>, body: &Bytes) -> Result<Proved, Refusal> {
        let mut reading = self.read(message);
        reading.add(body).await;
        self.verify_read(message, body, reading).await
    }

    /// Begins to read the body of a message that [`Webhook::look`] took for a delivery: what can be computed of it
    /// is computed as it comes.
    pub fn read(&self, message: &Message<'_>) -> Reading {
        let chosen = self.plan.secrets.choose(message);
        let candidates = Candidates::new(&chosen.held, message.request.received_at);
        let mut sums = Sums::new(self.plan.memory.is_some());
        self.plan.kind.begin(message, &candidates, &mut sums);
        Reading::new(chosen, sums)
    }

    /// Says the same as [`Webhook::verify`] of a body that was read as it came, to its end, and of the same message.
    pub async fn verify_read(
        &self,
        message: &Message<'_>,
        body: &Bytes,
        reading: Reading,
    ) -> Result<Proved, Refusal> {
        let now = message.request.received_at;
        let (chosen, whole) = reading.end(body);
        let own = Candidates::new(chosen.own(), now);
        let challenges = &self.plan.challenges;
        if let Some(reply) = challenges.unsigned(message, Some(body), &own) {
            return reply.map(Proved::Challenge);
        }
        if let Some(enrolling) = self.enrols(message, body, &chosen).await {
            return enrolling.map(|enrolling| Proved::Enrolment(Box::new(enrolling)));
        }
        let proved = Kind::verify(&self.plan, message, whole, &chosen.held, &self.fetcher);
        let proof = match proved.await {
            Ok(proof) if chosen.count => proof,
            Ok(_) => return Err(nobody()),
            Err(refusal) if refusal.reason == Why::Mismatch && self.has_none(&own) => {
                return Err(nobody());
            }
            Err(refusal) => return Err(refusal),
        };
        let mut genuine = self.genuine(&proof, &chosen, now);
        genuine.reply = challenges.signed(message, body, &own, proof.secret);
        Ok(Proved::Delivery(genuine))
    }

    /// Whether there is no key that counts, where there must be one.
    fn has_none(&self, own: &Candidates<'_>) -> bool {
        own.is_empty() && self.plan.kind.key_form() != super::scheme::KeyForm::None
    }

    fn genuine(&self, proof: &Proof, chosen: &Chosen, now: SystemTime) -> Genuine {
        let plan = &self.plan;
        let key = chosen.held.get(proof.secret);
        let facts = WebhookFacts {
            name: Arc::clone(&plan.name),
            secret: key.map_or_else(|| "published".into(), |key| Arc::clone(&key.id)),
            event_id: proof.event_id.clone(),
            signed_at: proof.signed_at,
        };
        let end = key.and_then(|key| key.not_after);
        Genuine {
            once: self.once(proof, chosen.tenant.as_deref()),
            ending: end.is_some_and(|end| now + plan.ending >= end),
            ..self.sender(facts, chosen)
        }
    }

    /// Who a webhook speaks for, with these facts.
    pub(super) fn sender(&self, facts: WebhookFacts, chosen: &Chosen) -> Genuine {
        let facts = Arc::new(facts);
        let own = || self.plan.sender.tenant.clone();
        let tenant = chosen.tenant.clone().or_else(own);
        Genuine {
            principal: Arc::new(self.principal(&facts, tenant.as_deref())),
            facts,
            ending: false,
            tenant,
            once: None,
            reply: None,
        }
    }

    fn principal(&self, facts: &Arc<WebhookFacts>, tenant: Option<&str>) -> Principal {
        let sender = &self.plan.sender;
        Principal {
            kind: PrincipalKind::Webhook,
            subject: sender.subject.clone(),
            tenant: tenant.map(Into::into),
            email: None,
            roles: sender.roles.clone(),
            scopes: sender.scopes.clone(),
            issuer: Arc::clone(&self.plan.name),
            claims: claims(facts),
            expires_at: SystemTime::UNIX_EPOCH + FOREVER,
            key: None,
            webhook: Some(Arc::clone(facts)),
            memo: Memo::default(),
        }
    }

    fn once(&self, proof: &Proof, tenant: Option<&str>) -> Option<Once> {
        let memory = self.plan.memory?;
        let mut digest = Sha256::new();
        for text in [&*self.plan.name, tenant.unwrap_or_default()] {
            digest.update(text.len().to_be_bytes());
            digest.update(text);
        }
        digest.update(proof.unique);
        let digest = digest.finalize();
        let digest = digest.first_chunk::<16>().copied().unwrap_or_default();
        Some(Once {
            delivery: Delivery {
                digest,
                webhook: Arc::clone(&self.plan.name),
                pending: memory.pending,
                keep: memory.keep,
            },
            seen: memory.seen,
        })
    }
}

fn nobody() -> Refusal {
    Refusal::new(
        Why::NoSecret,
        "no secret is in force for whom it says it is from",
    )
}

/// Whether a body is compressed (RFC 9110 section 8.4).
fn is_encoded(message: &Message<'_>) -> bool {
    let mut codings = message.request.headers.get_all("content-encoding");
    codings.any(|coding| {
        let coding = coding.trim_ascii();
        !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")
    })
}

/// What conditions and headers may know of a delivery.
fn claims(facts: &WebhookFacts) -> Claims {
    let mut claims = Map::new();
    let signed_at = facts
        .signed_at
        .and_then(|time| Timestamp::try_from(time).ok());
    let signed_at = signed_at.and_then(|time| Timestamp::from_second(time.as_second()).ok());
    let signed_at = signed_at.map(|time| time.to_string());
    for (name, value) in [
        ("webhook", Some(&*facts.name)),
        ("secret_id", Some(&*facts.secret)),
        ("event_id", facts.event_id.as_deref()),
        ("signed_at", signed_at.as_deref()),
    ] {
        if let Some(value) = value {
            claims.insert(name.to_owned(), Value::from(value));
        }
    }
    Claims::new(claims)
}
