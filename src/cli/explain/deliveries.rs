//! What was made of the signature of a delivery.

use bytes::Bytes;

use crate::cli::trial::{World, shown};
use crate::cli::webhook::{covers, shortened, word};
use crate::model::{Request, WebhookFacts};
use crate::webhook::{End, Step, Telling, Why};

/// A delivery, as far as a record may show one, with every step of its verification.
#[derive(Debug)]
pub(super) struct Delivery {
    /// The webhook by its name in the policy.
    pub(super) webhook: String,
    /// Its preset, or what kind of scheme it is.
    pub(super) scheme: String,
    /// How much of a request its signature covers: the word of presets, and in words.
    pub(super) covers: (&'static str, &'static str),
    /// What chose its secrets, where something does.
    pub(super) chosen_by: Option<String>,
    pub(super) steps: Vec<Step>,
    /// The text that is signed, without its middle where it is long.
    pub(super) text: Option<String>,
    pub(super) outcome: Outcome,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is genuine.
    Genuine {
        /// What the secret is called that made the signature.
        secret: String,
        tenant: Option<String>,
        event_id: Option<String>,
        signed_at: Option<String>,
    },
    /// It is answered, and needs no signature.
    Challenge,
    /// It brings a secret, which would be taken.
    Enrolment,
    /// It is not genuine.
    Refused(Why),
}

/// What the webhook of a route made of a request: the first that finds something of it. Nothing where none does
/// and the route is content with other credentials.
pub(super) fn told(world: &World, request: &Request, body: &Bytes) -> Option<Delivery> {
    let plan = world.engine.plan(request);
    let matched = plan.matched().ok()?;
    let access = matched.route.access();
    let key = world.engine.verifiers().presented_key(request);
    let key = key.as_ref().map(|(_, text)| text.expose());
    let mut absent = None;
    for name in world
        .webhooks()
        .filter(|name| access.takes_deliveries_of(name))
    {
        let telling = world.tell(name, matched, request, key, body)?;
        let found = !matches!(telling.end, End::Absent);
        let delivery = delivery(world, name, telling);
        if found {
            return Some(delivery);
        }
        absent.get_or_insert(delivery);
    }
    let mut others = world.issuers().chain(world.api_key_sets());
    let alone = access.signed().is_some() || !others.any(|name| access.accepts(name));
    absent.filter(|_| alone)
}

fn delivery(world: &World, name: &str, telling: Telling) -> Delivery {
    Delivery {
        webhook: name.to_owned(),
        scheme: world.scheme(name).unwrap_or_default(),
        covers: (word(telling.covers), covers(telling.covers)),
        chosen_by: world.chooses(name),
        text: telling.text.as_deref().map(shortened),
        outcome: outcome(&telling.end),
        steps: telling.steps,
    }
}

fn outcome(end: &End) -> Outcome {
    match end {
        End::Absent => Outcome::Refused(Why::Missing),
        End::Refused(refusal) => Outcome::Refused(refusal.reason),
        End::Challenge(_) => Outcome::Challenge,
        End::Enrolment(_) => Outcome::Enrolment,
        End::Genuine(genuine) => {
            let WebhookFacts {
                secret,
                event_id,
                signed_at,
                ..
            } = genuine.facts.as_ref();
            Outcome::Genuine {
                secret: secret.to_string(),
                tenant: genuine.tenant.as_deref().map(str::to_owned),
                event_id: event_id.as_deref().map(str::to_owned),
                signed_at: signed_at.map(shown),
            }
        }
    }
}
