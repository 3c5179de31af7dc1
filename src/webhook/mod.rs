//! Signed deliveries: how senders sign, as data, and whether one is genuine.
//!
//! This room knows schemes of signatures, in a form that an operator can write and that ships for the senders
//! people use; which secrets count; what a signature covers; how senders test an address before they use it. It
//! refuses to know routes, rights and answers to callers, and it forwards nothing: it is given a request's head,
//! then its body, and says what they prove.
//!
//! Straight line: [`Settings::read`] (a preset, and what the file changes of it) -> [`Webhook`] ->
//! [`Webhook::look`] at the head -> [`Webhook::read`] while the body is collected -> [`Webhook::verify_read`] ->
//! [`Proved`].
//!
//! Always: the configured scheme decides, never the message: no other algorithm, header or version is tried; all
//! secrets that count are tried, compared in constant time; what cannot be decoded exactly is not decoded; the
//! bytes that were verified are the bytes that are sent on; time is the moment the request arrived.

mod aside;
mod candidates;
mod challenge;
mod enrol;
mod fetch;
mod kind;
mod message;
mod metrics;
mod plan;
mod presets;
mod proof;
mod public;
mod reading;
mod refusal;
mod scheme;
mod secrets;
mod settings;
mod sign;
mod signer;
#[cfg(test)]
mod staged;
mod telling;
#[cfg(test)]
mod tests;
mod trace;
mod verify;
mod whole;
mod window;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};

use crate::model::{Principal, WebhookFacts};
use crate::replay::Delivery;

pub use enrol::Enrolling;
pub use fetch::Fetcher;
pub use message::{GivenKey, Message};
pub use metrics::{Metrics, Tally};
pub use presets::{Preset, Proof, presets};
pub use reading::Reading;
pub use refusal::{Refusal, Why};
pub use settings::Settings;
pub use sign::{Draft, SignError, Signed};
pub use telling::{End, Step, Telling};

use plan::Plan;

/// One webhook of the policy, ready to verify. Immutable, shared by every worker.
#[derive(Debug)]
pub struct Webhook {
    plan: Arc<Plan>,
    fetcher: Arc<Fetcher>,
}

/// What the head of a request says.
#[derive(Debug)]
pub enum Look {
    /// There is nothing of this webhook in it: no signature where one must be, and no challenge.
    Absent,
    /// It may be a delivery: its body is needed to say.
    Delivery,
    /// It is a challenge that needs no signature: this is the answer.
    Challenge(Reply),
    /// Nothing of this webhook is in it, unless it brings the secret that is awaited: its body is needed to say.
    Enrolment,
    /// There is a signature, and it cannot be right whatever the body is.
    Refused(Refusal),
}

/// What a whole request proves.
#[derive(Debug)]
pub enum Proved {
    /// It is a delivery, signed by whom it says.
    Delivery(Genuine),
    /// It is a challenge that needs no signature: this is the answer, and it speaks for nobody.
    Challenge(Reply),
    /// It brings the secret that is awaited. That is no proof of who sent it.
    Enrolment(Box<Enrolling>),
}

/// A delivery that was signed by whom it says.
#[derive(Debug)]
pub struct Genuine {
    /// Who it speaks for where nobody else does: the sender.
    pub principal: Arc<Principal>,
    /// What the signature says.
    pub facts: Arc<WebhookFacts>,
    /// Whether the secret is to end within the time that the file calls `ending`.
    pub ending: bool,
    /// The tenant whose secret it was, where secrets are chosen by tenant or the file names one.
    pub tenant: Option<Box<str>>,
    /// How it is told from others, if it may be sent on once only.
    pub once: Option<Once>,
    /// It is a signed challenge: this is the answer, and nothing is sent on.
    pub reply: Option<Reply>,
}

/// How a delivery is told from others.
#[derive(Debug)]
pub struct Once {
    /// What the memory of deliveries is asked with.
    pub delivery: Delivery,
    /// What is answered to one that was accepted before.
    pub seen: Seen,
}

/// What is answered to a delivery that was accepted before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Seen {
    /// A refusal: 409.
    #[default]
    Reject,
    /// 200, so that the sender stops; nothing is sent on.
    Acknowledge,
}

/// An answer that the gate gives itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its status; a success.
    pub status: StatusCode,
    /// Its fields, the type of the body among them.
    pub fields: Vec<(HeaderName, HeaderValue)>,
    /// Its body.
    pub body: Bytes,
}

impl Webhook {
    /// The name in the policy file.
    pub fn name(&self) -> &Arc<str> {
        &self.plan.name
    }

    /// The preset it is made of, if any.
    pub fn preset(&self) -> Option<&'static str> {
        self.plan.preset
    }

    /// The longest body, in bytes, that is held to verify it, unless a route says otherwise.
    pub fn most_body(&self) -> usize {
        self.plan.holding.most_body
    }

    /// How long a sender may take until the body is whole.
    pub fn patience(&self) -> Duration {
        self.plan.holding.patience
    }

    /// Names of header fields that hold a secret of the scheme and must not be sent on: fixed tokens, passwords.
    pub fn secret_headers(&self) -> &[HeaderName] {
        self.plan.kind.secret_headers()
    }

    /// The name of a parameter of the query, as it reads once decoded, that holds a secret of the scheme and must not
    /// be sent on.
    pub fn secret_parameter(&self) -> Option<&str> {
        self.plan.kind.secret_parameter()
    }

    /// Whether a sender may be answered with success though nothing is sent on: a challenge, a secret that it is
    /// still to bring, or a delivery that was accepted before.
    pub fn may_reply(&self) -> bool {
        let acknowledges = |memory: &plan::Memory| memory.seen == Seen::Acknowledge;
        let plan = &self.plan;
        let enrols = plan.secrets.openings().next().is_some();
        enrols || !plan.challenges.is_empty() || plan.memory.as_ref().is_some_and(acknowledges)
    }

    /// What these would say of a principal that is given outright: see `Verifiers::vouch`.
    pub fn speaks_for(&self, principal: &Principal) -> bool {
        *principal.issuer == *self.plan.name
    }

    /// Signs a draft as the sender would, with a secret of ours: to try a route.
    pub fn sign(&self, draft: &Draft<'_>) -> Result<Signed, SignError> {
        self.plan.kind.sign(draft)
    }

    /// Text for people: the preset, or what kind of scheme it is.
    pub fn described(&self) -> Cow<'static, str> {
        self.plan
            .preset
            .map_or(Cow::Borrowed("a scheme of the file"), Cow::Borrowed)
    }
}
