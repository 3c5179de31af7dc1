//! Challenges: how senders test an address before they use it, as data.
//!
//! A definition says which requests are such a test (`when`), whether their signature must be right first
//! (`signed`), which fixed text they must hold (`token`), what is taken from them (`input`, `mac`), and what is
//! answered (`answer`). Presets carry definitions; they are answered only where the file says
//! `answer_challenges: true`. An [`Enrolment`] is read like one: a first request whose text is kept as the secret.
//!
//! A challenge is an oracle: who asks gets a text of its choice back, or the MAC of one under the secret that
//! deliveries are signed with. So what is taken is one short text of a plain alphabet: never JSON that could be a
//! delivery where a MAC is made of it. JSON answers are made by a serialiser; no address in a message is visited.
//!
//! Straight line: [`Challenges::read`] -> [`Challenges::unsigned`] before anybody asks for a signature, or
//! [`Challenges::signed`] behind a right one -> [`Reply`].
//!
//! Always: off unless turned on; a definition that lacks its fixed text or its list of origins is a load error;
//! answers are text or JSON that no browser guesses about, and nobody stores them.

mod answer;
mod enrolment;
mod input;
mod place;
mod read;
#[cfg(test)]
mod tests;
mod text;
mod when;

use http::Method;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use crate::secret::Secret;

use super::candidates::Candidates;
use super::refusal::{Refusal, Why};
use super::{Message, Reply};

use answer::Answer;
pub(super) use enrolment::{Brought, Enrolment};
use input::{Input, Mac};
use place::{Place, Sources};
use when::When;

/// The longest body of a challenge, in bytes. What is longer is a delivery and is not parsed here.
const MOST_BODY: usize = 16 * 1024;

/// The challenges that one webhook answers.
#[derive(Debug, Default)]
pub(super) struct Challenges {
    answered: Vec<Challenge>,
    token: Option<Secret>,
    origins: Vec<Box<str>>,
}

/// One definition.
#[derive(Debug)]
struct Challenge {
    when: When,
    /// Whether the request must be signed like a delivery.
    signed: bool,
    /// Where the fixed text stands.
    token: Option<Place>,
    input: Option<Input>,
    mac: Option<Mac>,
    answer: Answer,
}

impl Challenges {
    /// Whether none is answered.
    pub(super) fn is_empty(&self) -> bool {
        self.answered.is_empty()
    }

    /// The methods of the requests that are answered, each once.
    pub(super) fn methods(&self) -> Box<[Method]> {
        let mut methods: Vec<Method> = Vec::new();
        for challenge in &self.answered {
            if !methods.contains(&challenge.when.method) {
                methods.push(challenge.when.method.clone());
            }
        }
        methods.into()
    }

    /// Whether an answer is a MAC under the webhook's secret: a public key can make none.
    pub(super) fn need_secret(&self) -> bool {
        self.answered.iter().any(|one| one.mac.is_some())
    }

    /// Whether a request may be an unsigned challenge that only its body tells from a delivery.
    pub(super) fn want_body(&self, message: &Message<'_>) -> bool {
        let mut unsigned = self.answered.iter().filter(|one| !one.signed);
        unsigned.any(|one| one.needs_body() && one.when.fits_head(message.request))
    }

    /// The answer to a challenge that needs no signature, or why there is none; nothing if the request is no such
    /// challenge. Without a body, only those are looked for that do not need it. `candidates` are the webhook's own
    /// secrets: none for a tenant that is unknown.
    pub(super) fn unsigned(
        &self,
        message: &Message<'_>,
        body: Option<&[u8]>,
        candidates: &Candidates<'_>,
    ) -> Option<Result<Reply, Refusal>> {
        let (one, json) = self.find(message, body, false)?;
        let key = candidates.secrets().next().map(|(_, key)| key);
        Some(self.reply(one, &Sources::new(message.request, json.as_ref()), key))
    }

    /// The answer to a challenge whose signature was right, made by the candidate of this number. Nothing if the
    /// request is an ordinary delivery, or asks for more than is answered.
    pub(super) fn signed(
        &self,
        message: &Message<'_>,
        body: &[u8],
        candidates: &Candidates<'_>,
        number: usize,
    ) -> Option<Reply> {
        let (one, json) = self.find(message, Some(body), true)?;
        let mut secrets = candidates.secrets().filter(|(own, _)| *own == number);
        let key = secrets.next().map(|(_, key)| key);
        let sources = Sources::new(message.request, json.as_ref());
        self.reply(one, &sources, key).ok()
    }

    /// The first definition that the request fits, with the JSON of its body where that was read.
    fn find(
        &self,
        message: &Message<'_>,
        body: Option<&[u8]>,
        signed: bool,
    ) -> Option<(&Challenge, Option<Json>)> {
        let mut json = None;
        for one in self.answered.iter().filter(|one| one.signed == signed) {
            if !one.when.fits_head(message.request) {
                continue;
            }
            if !one.needs_body() {
                return Some((one, None));
            }
            let Some(body) = body else { continue };
            let value = json.get_or_insert_with(|| parsed(body));
            if one.when.fits_body(value) {
                return Some((one, json));
            }
        }
        None
    }

    fn reply(
        &self,
        one: &Challenge,
        sources: &Sources<'_>,
        key: Option<&[u8]>,
    ) -> Result<Reply, Refusal> {
        if let Some(place) = &one.token
            && !self.is_token(sources.text(place).unwrap_or_default().as_bytes())
        {
            return Err(refused("the challenge's fixed token is missing or wrong"));
        }
        let taken = |input: &Input| {
            let taken = input.taken(sources, &self.origins);
            taken.ok_or_else(|| refused("the challenge's text is not one that is taken"))
        };
        let input = one.input.as_ref().map(taken).transpose()?;
        let text = input.as_deref();
        let made = |mac: &Mac| {
            let key = key.filter(|key| !key.is_empty());
            let key =
                key.ok_or_else(|| refused("no secret counts to answer the challenge with"))?;
            Ok::<_, Refusal>(mac.of(key, text.unwrap_or_default()))
        };
        let mac = one.mac.as_ref().map(made).transpose()?;
        let reply = one.answer.reply(text, mac.as_deref());
        reply.ok_or_else(|| refused("the challenge's answer cannot be sent"))
    }

    /// Compares digests, so that not even the length of the fixed text can be measured.
    fn is_token(&self, given: &[u8]) -> bool {
        self.token.as_ref().is_some_and(|token| {
            let expected = Secret::new(Sha256::digest(token.expose()).to_vec());
            expected.matches(&Sha256::digest(given))
        })
    }
}

impl Challenge {
    fn needs_body(&self) -> bool {
        let input = self.input.as_ref().map(Input::place);
        self.when.needs_body()
            || [input, self.token.as_ref()]
                .into_iter()
                .flatten()
                .any(Place::is_in_body)
    }
}

/// The JSON of a body that may be a challenge; `null` where it is none.
fn parsed(body: &[u8]) -> Json {
    match body.len() <= MOST_BODY {
        true => serde_json::from_slice(body).unwrap_or_default(),
        false => Json::Null,
    }
}

fn refused(detail: &'static str) -> Refusal {
    Refusal::new(Why::Challenge, detail)
}
