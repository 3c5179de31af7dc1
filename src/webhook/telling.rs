//! What is made of a message, step by step, for people who ask why.

use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::model::Coverage;

use super::candidates::Candidates;
use super::{Genuine, Look, Message, Proved, Refusal, Reply, Webhook, Why};

/// What is made of a message. Nothing in it is secret: no key, and no signature but those that were sent.
#[derive(Debug)]
pub struct Telling {
    /// What was found and checked, in the order in which it is.
    pub steps: Vec<Step>,
    /// The text that is signed, if it is known what that is: the body as it is sent, in a text that holds it, and
    /// never a secret.
    pub text: Option<Vec<u8>>,
    /// When the message says that it was signed.
    pub signed_at: Option<SystemTime>,
    /// How far that may be from now, in both directions.
    pub tolerance: Option<Duration>,
    /// How much of a request the signature covers.
    pub covers: Coverage,
    /// What comes of it.
    pub end: End,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is, in a word or two.
    pub what: &'static str,
    /// What was found.
    pub found: String,
    /// Whether it is as it must be.
    pub holds: bool,
}

/// What comes of a message.
#[derive(Debug)]
pub enum End {
    /// There is nothing of the webhook in it.
    Absent,
    /// It is a challenge that needs no signature.
    Challenge(Reply),
    /// It brings a secret, which would be taken.
    Enrolment(Reply),
    /// It is genuine.
    Genuine(Box<Genuine>),
    /// It is not.
    Refused(Refusal),
}

impl Webhook {
    /// Judges a message as [`Webhook::look`] and [`Webhook::verify`] do, and says how it came to that.
    pub async fn tell(&self, message: &Message<'_>, body: &Bytes) -> Telling {
        let nature = self.plan.kind.nature();
        let chosen = self.plan.secrets.choose(message);
        let candidates = Candidates::new(chosen.own(), message.request.received_at);
        let found = self.plan.kind.tell(message, body, &candidates);
        let end = match self.look(message) {
            Look::Absent => End::Absent,
            Look::Challenge(reply) => End::Challenge(reply),
            Look::Refused(refusal) => End::Refused(refusal),
            Look::Delivery | Look::Enrolment => match self.verify(message, body).await {
                Ok(Proved::Delivery(genuine)) => End::Genuine(Box::new(genuine)),
                Ok(Proved::Challenge(reply)) => End::Challenge(reply),
                Ok(Proved::Enrolment(enrolling)) => End::Enrolment(enrolling.reply),
                Err(refusal) => End::Refused(refusal),
            },
        };
        Telling {
            // What is a challenge or brings a secret is not judged as a delivery.
            steps: match &end {
                End::Challenge(_) | End::Enrolment(_) => Vec::new(),
                _ => found.steps,
            },
            text: found.text,
            signed_at: found.signed_at,
            tolerance: nature.tolerance,
            covers: nature.covers,
            end,
        }
    }
}

impl End {
    /// What is wrong, if something is.
    pub fn why(&self) -> Option<Why> {
        match self {
            Self::Absent => Some(Why::Missing),
            Self::Refused(refusal) => Some(refusal.reason),
            Self::Challenge(_) | Self::Enrolment(_) | Self::Genuine(_) => None,
        }
    }
}
