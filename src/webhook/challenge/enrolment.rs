//! What a sender's first request is like that brings the secret it signs with from then on, as data.
//!
//! It is a challenge whose text is kept. A sender may sign even that request, with the very secret it brings (as
//! Notion does); what it is signed with otherwise nobody could verify.

use bytes::Bytes;

use crate::document::{Fields, Problems, Shape};
use crate::secret::Secret;

use super::super::refusal::{Refusal, Why};
use super::super::scheme::Parameters;
use super::super::{Message, Reply};
use super::answer::Answer;
use super::input::{Input, Purpose};
use super::parsed;
use super::place::Sources;
use super::text::Terms;
use super::when::When;

/// The first request of a sender.
#[derive(Debug)]
pub(in crate::webhook) struct Enrolment {
    when: When,
    /// Where the secret stands, and how it is written.
    input: Input,
    answer: Answer,
}

/// What such a request brings.
#[derive(Debug)]
pub(in crate::webhook) struct Brought {
    /// The secret as it is written there.
    pub(in crate::webhook) secret: Secret,
    /// What is answered once it is kept. It may hold the secret, in fields that are not printed.
    pub(in crate::webhook) reply: Reply,
}

impl Enrolment {
    /// Reads the key `enrolment` of a webhook, its preset's already in it.
    pub(in crate::webhook) fn read(
        fields: &mut Fields<'_>,
        parameters: &Parameters,
        problems: &Problems,
    ) -> Option<Self> {
        let node = fields.shaped("enrolment", || Shape::Section("enrolment"))?;
        let mut section = Fields::of(node, "enrolment", problems)?;
        section.refuse_blanks();
        // Not needed by the schema: a preset may have them.
        let when = section.shaped("when", When::shape);
        let input = section.shaped("input", Input::shape);
        let answer = section.shaped("answer", Answer::shape);
        section.finish();
        for (key, found) in [("when", when), ("input", input), ("answer", answer)] {
            if found.is_none() {
                problems.error(node, format!("an enrolment needs the key `{key}`"));
            }
        }
        let terms = Terms {
            input: true,
            mac: false,
            parameters,
        };
        let when = when.and_then(|node| When::read(node, problems));
        let input = input.and_then(|node| Input::read(node, Purpose::Secret, problems));
        let answer = answer.and_then(|node| Answer::read(node, &terms, problems));
        Some(Self {
            when: when?,
            input: input?,
            answer: answer?,
        })
    }

    /// Whether the head of a request may be that of a first one.
    pub(in crate::webhook) fn may_be(&self, message: &Message<'_>) -> bool {
        self.when.fits_head(message.request)
    }

    /// The secret that a request brings, or why it is not taken; nothing if the request is none that brings one.
    pub(in crate::webhook) fn brought(
        &self,
        message: &Message<'_>,
        body: &Bytes,
    ) -> Option<Result<Brought, Refusal>> {
        if !self.may_be(message) {
            return None;
        }
        let needs_body = self.when.needs_body() || self.input.place().is_in_body();
        let json = needs_body.then(|| parsed(body));
        let fits = json.as_ref().is_none_or(|json| self.when.fits_body(json));
        let sources = Sources::new(message.request, json.as_ref());
        fits.then(|| match self.input.is_exact_in(body) {
            true => self.take(&sources),
            false => Err(refused("it brings its secret twice")),
        })
    }

    fn take(&self, sources: &Sources<'_>) -> Result<Brought, Refusal> {
        let text = self.input.taken(sources, &[]);
        let text = text.ok_or_else(|| refused("it brings a secret that is not one of the form"))?;
        let reply = self.answer.reply(Some(&text), None);
        let mut reply = reply.ok_or_else(|| refused("the answer cannot hold the secret"))?;
        // Some senders want their secret back: nobody else is to see it on its way there.
        for (_, value) in &mut reply.fields {
            value.set_sensitive(true);
        }
        let secret = Secret::new(text.into_owned().into_bytes());
        Ok(Brought { secret, reply })
    }
}

fn refused(detail: &'static str) -> Refusal {
    Refusal::new(Why::Enrolment, detail)
}
