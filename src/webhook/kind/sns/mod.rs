//! Deliveries of Amazon SNS over HTTPS.
//!
//! This part knows the message that SNS wraps everything in, which of its fields are signed, and how. It refuses
//! to visit anything a message names but the certificate: confirming a subscription is somebody's decision.
//!
//! Straight line: the type in the head -> the envelope (JSON) -> topic and time -> the certificate's address ->
//! the certificate -> the signature over the fields of that type.
//!
//! Always: topics are pinned, for anybody can have SNS sign messages of a topic of their own; no field has two
//! readings; no signed field but the message can hold a line break, so that a text has one way to be divided.

mod envelope;
mod telling;
#[cfg(test)]
mod tests;

use std::time::Duration;

use bytes::Bytes;

use crate::document::{Fields, Problems, Read as _, Shape};
use crate::model::Coverage;

use self::envelope::{Envelope, Type, Version};
use crate::webhook::Fetcher;
use crate::webhook::aside;
use crate::webhook::fetch::Publisher;
use crate::webhook::kind::published::{address, certificate, malformed, signature, single, time};
use crate::webhook::kind::{Around, Nature, Presence};
use crate::webhook::message::Message;
use crate::webhook::proof::{Proof, unique};
use crate::webhook::refusal::{Refusal, Why};
use crate::webhook::scheme::{KeyForm, Parameters};
use crate::webhook::sign::{Draft, SignError, Signed};
use crate::webhook::window;

/// How long before or after its arrival a message may have been signed: SNS tries again for about an hour.
const TOLERANCE: Duration = Duration::from_secs(60 * 60);

/// Deliveries of Amazon SNS.
#[derive(Debug)]
pub(in crate::webhook) struct Sns {
    topics: Box<[Box<str>]>,
    least: Version,
    tolerance: Duration,
    pass_confirmations: bool,
}

impl Sns {
    /// Reads its own keys of the section `scheme`, and the parameter `topic`.
    pub(super) fn read(fields: &mut Fields<'_>, around: &Around<'_>) -> Option<Self> {
        let problems = around.problems;
        let least = fields.shaped("min_signature_version", || Shape::Integer(1, 2));
        let least = least.map_or(Some(Version::One), |node| {
            let wanted = usize::read(node, problems)?;
            let version = Version::of(wanted);
            if version.is_none() {
                problems.error_with(
                    node,
                    format!("there is no signature version {wanted}"),
                    "write `1` (SHA-1, what topics begin with) or `2` (SHA-256)",
                );
            }
            version
        });
        let words = &[("pass", true), ("refuse", false)];
        let pass_confirmations = fields.choice("confirmations", words).unwrap_or(false);
        let tolerance = window::tolerance(fields, TOLERANCE, None, problems);
        let topics = topics(around.parameters, fields, problems)?;
        Some(Self {
            topics,
            least: least?,
            tolerance: tolerance?,
            pass_confirmations,
        })
    }

    /// What is to be known of it.
    pub(super) fn nature(&self) -> Nature {
        Nature {
            covers: Coverage::Part,
            tolerance: Some(self.tolerance),
            identified: true,
        }
    }

    /// How its secrets are written.
    pub(super) fn key_form(&self) -> KeyForm {
        KeyForm::None
    }

    /// What can be said without the body.
    pub(super) fn look(&self, message: &Message<'_>) -> Result<Presence, Refusal> {
        let Some(kind) = single(message, "x-amz-sns-message-type")? else {
            return Ok(Presence::Absent);
        };
        if single(message, "x-amz-sns-rawdelivery")?.is_some() {
            return Err(malformed("raw deliveries of SNS are not signed"));
        }
        self.allow(Type::of(kind).ok_or_else(unknown_type)?)?;
        Ok(Presence::Present)
    }

    /// Whether it is genuine.
    pub(super) async fn verify(
        &self,
        message: &Message<'_>,
        body: Bytes,
        fetcher: &Fetcher,
    ) -> Result<Proof, Refusal> {
        let much = aside::is_much(body.len());
        let envelope = match much {
            true => aside::run(move || Envelope::read(&body)).await??,
            false => Envelope::read(&body)?,
        };
        self.allow(envelope.kind)?;
        agree(message, &envelope)?;
        self.refuse_other_topic(&envelope)?;
        self.refuse_lower(&envelope)?;
        let now = message.request.received_at;
        let signed_at = time(&envelope.timestamp)?;
        window::within(self.tolerance, signed_at, now)?;
        let signature = signature(&envelope.signature)?;
        let address = address(Publisher::Sns, &envelope.certificate)?;
        let certificate = certificate(fetcher, &address, message).await?;
        let (topic, id) = (envelope.topic.clone(), envelope.id.clone());
        let is_genuine = move || {
            let signed = envelope.signed();
            match envelope.version {
                Version::One => certificate.made_with_sha1(&signed, &signature),
                Version::Two => certificate.made_with_sha256(&signed, &signature),
            }
        };
        let genuine = match much {
            true => aside::run(is_genuine).await?,
            false => is_genuine(),
        };
        if !genuine {
            return Err(Why::Mismatch.into());
        }
        Ok(Proof {
            secret: 0,
            unique: unique(format!("{topic}\n{id}").as_bytes()),
            event_id: Some(id.into()),
            signed_at: Some(signed_at),
        })
    }

    fn refuse_other_topic(&self, envelope: &Envelope) -> Result<(), Refusal> {
        match self.topics.iter().any(|topic| **topic == envelope.topic) {
            true => Ok(()),
            false => Err(Refusal::new(Why::Mismatch, "it is of another topic")),
        }
    }

    fn refuse_lower(&self, envelope: &Envelope) -> Result<(), Refusal> {
        if envelope.version < self.least {
            let detail = "its signature version is lower than the scheme accepts";
            return Err(Refusal::new(Why::Mismatch, detail));
        }
        Ok(())
    }

    /// Only SNS has the key.
    pub(super) fn sign(&self, _draft: &Draft<'_>) -> Result<Signed, SignError> {
        Err(SignError::NotBySecret)
    }

    fn allow(&self, kind: Type) -> Result<(), Refusal> {
        if kind == Type::Notification || self.pass_confirmations {
            return Ok(());
        }
        let detail = "confirmations are refused: `confirmations: pass` hands them to the app";
        Err(Refusal::new(Why::Challenge, detail))
    }
}

/// What SNS repeats in the head must be what it signed: the app may read either.
fn agree(message: &Message<'_>, envelope: &Envelope) -> Result<(), Refusal> {
    let kind = single(message, "x-amz-sns-message-type")?;
    if kind.and_then(Type::of) != Some(envelope.kind) {
        return Err(malformed("head and body name different types"));
    }
    for (name, signed) in [
        ("x-amz-sns-message-id", &envelope.id),
        ("x-amz-sns-topic-arn", &envelope.topic),
    ] {
        if single(message, name)?.is_some_and(|given| given != signed) {
            return Err(malformed(format!("`{name}` is not what was signed")));
        }
    }
    Ok(())
}

fn unknown_type() -> Refusal {
    malformed("it is of a type that SNS does not have")
}

/// The topics that are accepted: at least one, each an Amazon Resource Name.
fn topics(
    parameters: &Parameters,
    fields: &Fields<'_>,
    problems: &Problems,
) -> Option<Box<[Box<str>]>> {
    let topics = parameters.all("topic");
    let is_topic = |topic: &String| {
        let parts: Vec<&str> = topic.split(':').collect();
        let [arn, partition, service, region, account, name] = parts.as_slice() else {
            return false;
        };
        *arn == "arn"
            && partition.starts_with("aws")
            && *service == "sns"
            && [region, account, name].iter().all(|part| !part.is_empty())
            && topic
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'*')
    };
    if topics.is_empty() || !topics.iter().all(is_topic) {
        problems.error_with(
            fields.node(),
            "aws-sns needs the topics whose deliveries are accepted",
            "add `parameters: { topic: arn:aws:sns:us-east-1:123456789012:name }`, one or a list",
        );
        return None;
    }
    Some(topics.iter().map(|topic| topic.as_str().into()).collect())
}
