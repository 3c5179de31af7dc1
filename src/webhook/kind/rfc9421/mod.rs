//! HTTP Message Signatures (RFC 9421), with the body bound by `Content-Digest` (RFC 9530).
//!
//! A signature of this kind says itself what it covers, and one that covers next to nothing is as genuine as any.
//! So the file says which components must be covered, and a signature that lacks one is refused before its
//! mathematics are looked at.
//!
//! Straight line: `Signature-Input` and `Signature` -> the label that is meant, or each -> covered components, times,
//! `alg`, `tag` -> signature base -> key -> digest of the body.
//!
//! Always: the algorithm is the file's, `keyid` picks among keys and no more; `created` is there and near; the
//! components `sf`, `tr` and `req` are refused, being of no use here or dependent on knowing types of fields; what is
//! said twice is refused; the address is the one that the file gives, so that a delivery to another receiver, who
//! has the same public key, is none to this one.

mod digest;
mod input;
mod read;
mod structured;
mod subject;
mod telling;
#[cfg(test)]
mod tests;

use std::time::Duration;

use http::{HeaderName, HeaderValue};

use crate::model::{Coverage, Request};

use crate::webhook::candidates::Candidates;
use crate::webhook::kind::{Nature, Presence};
use crate::webhook::message::Message;
use crate::webhook::proof::{Proof, unique};
use crate::webhook::refusal::{Refusal, Why};
use crate::webhook::scheme::{Encoding, Format, KeyForm};
use crate::webhook::sign::{Draft, SignError, Signed};
use crate::webhook::signer::{MOST_OPERATIONS, Named};
use crate::webhook::whole::{Sums, Whole};

use input::Input;
use structured::{Bare, InnerList, Item, Parameters};
use subject::Subject;

const INPUT: HeaderName = HeaderName::from_static("signature-input");
const SIGNATURE: HeaderName = HeaderName::from_static("signature");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

/// HTTP Message Signatures.
#[derive(Debug)]
pub(in crate::webhook) struct Rfc9421 {
    signed_by: Named,
    key_form: KeyForm,
    /// What must be covered.
    components: Vec<Item>,
    /// Which signature counts; nothing for the only one.
    label: Option<Box<str>>,
    tag: Option<Box<str>>,
    needs_nonce: bool,
    tolerance: Duration,
    address: Address,
}

/// The public address, as components state it. What the file does not give is taken from the request.
#[derive(Debug, Clone, Default)]
struct Address {
    scheme: Option<Box<str>>,
    authority: Option<Box<str>>,
    /// What stands before every path.
    prefix: Box<str>,
}

impl Rfc9421 {
    /// What is to be known of it.
    pub(super) fn nature(&self) -> Nature {
        let covers_body = self
            .components
            .iter()
            .any(|item| is_plain(item, CONTENT_DIGEST.as_str()));
        Nature {
            covers: match covers_body {
                true => Coverage::Body,
                false => Coverage::Origin,
            },
            tolerance: Some(self.tolerance),
            identified: false,
        }
    }

    /// How its secrets, or public keys, are written.
    pub(super) fn key_form(&self) -> KeyForm {
        self.key_form.clone()
    }

    /// What can be said without the body.
    pub(super) fn look(&self, message: &Message<'_>) -> Result<Presence, Refusal> {
        Ok(match Input::all(self, message.request)?.is_empty() {
            true => Presence::Absent,
            false => Presence::Present,
        })
    }

    /// What is computed of the body while it comes: the digests that the message states, whether they are signed
    /// or not.
    pub(super) fn begin(message: &Message<'_>, sums: &mut Sums) {
        let field = stated_digest(message.request);
        digest::stated(&field).for_each(|hash| sums.digest(hash));
    }

    /// Whether it is genuine: whether one of its signatures is.
    pub(super) fn verify(
        &self,
        message: &Message<'_>,
        body: &Whole,
        candidates: &Candidates<'_>,
    ) -> Result<Proof, Refusal> {
        let mut first = None;
        let inputs = Input::all(self, message.request)?;
        let operations = operations(&inputs);
        for input in inputs {
            match self.proof(&input, operations, message, body, candidates) {
                Ok(proof) => return Ok(proof),
                Err(refusal) => first = first.or(Some(refusal)),
            }
        }
        Err(first.unwrap_or_else(|| Why::Missing.into()))
    }

    fn proof(
        &self,
        input: &Input,
        operations: usize,
        message: &Message<'_>,
        body: &Whole,
        candidates: &Candidates<'_>,
    ) -> Result<Proof, Refusal> {
        let request = message.request;
        let base = self.base(input, message)?;
        let signer = self.signed_by.signer;
        let id = input.key_id();
        let (base_bytes, signature) = (base.as_bytes(), &input.signature);
        let secret = signer.number_within(operations, candidates, id, base_bytes, signature)?;
        if input.covers(CONTENT_DIGEST.as_str()) {
            digest::refuse_other(&stated_digest(request), body)?;
        }
        Ok(Proof {
            secret,
            event_id: None,
            signed_at: Some(input.created),
            // Not the signature: of one text there can be several.
            unique: unique(base.as_bytes()),
        })
    }

    /// What is signed.
    fn base(&self, input: &Input, message: &Message<'_>) -> Result<String, Refusal> {
        let target = format!("{}{}", self.address.prefix, message.target());
        self.base_of(message.request, &target, &input.covered)
    }

    fn base_of(
        &self,
        request: &Request,
        target: &str,
        covered: &InnerList,
    ) -> Result<String, Refusal> {
        let host = &request.host;
        let usual = if request.scheme.as_str() == "https" {
            443
        } else {
            80
        };
        let own = match host.port() {
            Some(port) if port == usual => host.name(),
            _ => host.as_str(),
        };
        let subject = Subject {
            method: &request.method,
            scheme: self
                .address
                .scheme
                .as_deref()
                .unwrap_or(request.scheme.as_str()),
            authority: self.address.authority.as_deref().unwrap_or(own),
            target,
            field: &|name| request.headers.get_all(name).collect(),
        };
        let base = subject.base(covered);
        base.ok_or_else(|| {
            Refusal::new(Why::Malformed, "a covered component is not in the message")
        })
    }

    /// Signs as the sender would.
    pub(super) fn sign(&self, draft: &Draft<'_>) -> Result<Signed, SignError> {
        let digest = self.nature().covers == Coverage::Body;
        let digest = digest.then(|| digest::of(draft.body));
        let covered = InnerList {
            items: self.components.clone(),
            parameters: self.parameters(draft),
        };
        let target = format!("{}{}", self.address.prefix, draft.target);
        let own = digest.as_deref().map(str::as_bytes);
        let field = |name: &str| match (name, own) {
            ("content-digest", Some(own)) => vec![own],
            _ => {
                let given = draft.headers.iter().filter(|(own, _)| own == name);
                given.map(|(_, value)| value.as_bytes()).collect()
            }
        };
        let subject = Subject {
            method: draft.method,
            scheme: self.address.scheme.as_deref().unwrap_or("https"),
            authority: self
                .address
                .authority
                .as_deref()
                .unwrap_or(draft.host.as_str()),
            target: &target,
            field: &field,
        };
        let missing =
            || SignError::Incomplete("a component that must be signed is not given".into());
        let base = subject.base(&covered).ok_or_else(missing)?;
        let signer = self.signed_by.signer;
        let signature = signer.sign(&self.key_form, draft, base.as_bytes())?;
        let label = self.label.as_deref().unwrap_or("sig1");
        let lines = [
            (CONTENT_DIGEST, digest.clone()),
            (INPUT, Some(format!("{label}={covered}"))),
            (
                SIGNATURE,
                Some(format!("{label}={}", Bare::Bytes(signature))),
            ),
        ];
        let lines = lines
            .into_iter()
            .filter_map(|(name, line)| Some((name, line?)));
        let headers = lines.map(|(name, line)| Ok((name, HeaderValue::try_from(line)?)));
        let headers = headers.collect::<Result<_, http::header::InvalidHeaderValue>>();
        Ok(Signed {
            headers: headers.map_err(|_| missing())?,
            target: None,
            body: None,
        })
    }

    fn parameters(&self, draft: &Draft<'_>) -> Parameters {
        let created = Format::Unix
            .write(draft.signed_at)
            .parse()
            .unwrap_or_default();
        let made_up = || Encoding::Hex.encode(&unique(draft.body));
        let nonce = self
            .needs_nonce
            .then(|| draft.event_id.map_or_else(made_up, str::to_owned));
        let texts = [
            ("alg", Some(self.signed_by.name.to_owned())),
            ("nonce", nonce),
            ("tag", self.tag.as_deref().map(str::to_owned)),
        ];
        let texts = texts
            .into_iter()
            .filter_map(|(key, text)| Some((key, Bare::Text(text?))));
        let created = [("created", Bare::Integer(created))].into_iter();
        created
            .chain(texts)
            .map(|(key, value)| (key.to_owned(), value))
            .collect()
    }
}

/// How many operations with public keys each of the signatures may cost: together no more than one alone.
fn operations(inputs: &[Input]) -> usize {
    MOST_OPERATIONS / inputs.len().max(1)
}

/// The field that describes the body.
fn stated_digest(request: &Request) -> String {
    let lines: Vec<&[u8]> = request.headers.get_all(&CONTENT_DIGEST).collect();
    subject::joined(&lines).unwrap_or_default()
}

/// Whether an identifier is a name without parameters.
fn is_plain(item: &Item, name: &str) -> bool {
    item.parameters.is_empty() && matches!(&item.bare, Bare::Text(own) if own == name)
}
