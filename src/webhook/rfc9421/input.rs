//! The signature of a message that is meant, with everything but the mathematics judged.

use std::time::{Duration, SystemTime};

use http::HeaderName;

use crate::model::Request;
use crate::webhook::refusal::{Refusal, Why};
use crate::webhook::scheme::within;

use super::structured::{Bare, Dictionary, InnerList, Item, Member, dictionary, parameter};
use super::subject::{is_understood, joined};
use super::{INPUT, Rfc9421, SIGNATURE};

/// The longest field that is looked at, in bytes.
const MOST_FIELD: usize = 16 * 1024;

/// A signature and what it says of itself.
pub(super) struct Input {
    /// The components, and the signature's parameters.
    pub(super) covered: InnerList,
    pub(super) signature: Vec<u8>,
    pub(super) created: SystemTime,
}

impl Input {
    /// The signature of a request that counts; nothing if there is none at all.
    pub(super) fn of(rules: &Rfc9421, request: &Request) -> Result<Option<Self>, Refusal> {
        let (input, signature) = (members(request, &INPUT)?, members(request, &SIGNATURE)?);
        let (input, signature) = match (input, signature) {
            (None, None) => return Ok(None),
            (Some(input), Some(signature)) => (input, signature),
            _ => {
                return Err(malformed(
                    "there is a signature without its input, or the reverse",
                ));
            }
        };
        let (label, covered) = meant(input, rules.label.as_deref())?;
        let mut signatures = signature.into_iter().filter(|(own, _)| *own == label);
        let Some((
            _,
            Member::Item(Item {
                bare: Bare::Bytes(signature),
                ..
            }),
        )) = signatures.next()
        else {
            return Err(malformed("the input's label has no signature"));
        };
        let created = time(&covered, "created")?;
        let created =
            created.ok_or_else(|| malformed("the signature does not say when it was made"))?;
        let input = Self {
            covered,
            signature,
            created,
        };
        input.refuse_other(rules)?;
        input.refuse_old(rules, request.received_at)?;
        Ok(Some(input))
    }

    /// What the key is called.
    pub(super) fn key_id(&self) -> Option<&str> {
        self.text("keyid")
    }

    /// Whether a component is covered, whole or in part.
    pub(super) fn covers(&self, name: &str) -> bool {
        let named = |item: &Item| matches!(&item.bare, Bare::Text(own) if own == name);
        self.covered.items.iter().any(named)
    }

    fn text(&self, name: &str) -> Option<&str> {
        match parameter(&self.covered.parameters, name) {
            Some(Bare::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn refuse_other(&self, rules: &Rfc9421) -> Result<(), Refusal> {
        let items = &self.covered.items;
        let twice =
            |(number, item): (usize, &Item)| items.iter().take(number).any(|one| one == item);
        if items.iter().enumerate().any(twice) || !items.iter().all(is_understood) {
            return Err(malformed(
                "a covered component is not understood, or named twice",
            ));
        }
        if !rules.components.iter().all(|needed| items.contains(needed)) {
            return Err(malformed("the signature does not cover what it must"));
        }
        let texts = ["alg", "keyid", "nonce", "tag"];
        let given = |name: &&str| parameter(&self.covered.parameters, name).is_some();
        if texts
            .iter()
            .filter(|name| given(name))
            .any(|name| self.text(name).is_none())
        {
            return Err(malformed("a parameter of the signature is no text"));
        }
        if self
            .text("alg")
            .is_some_and(|named| named != rules.signed_by.name)
        {
            return Err(Refusal::new(
                Why::Mismatch,
                "the signature names another algorithm",
            ));
        }
        if rules.tag.is_some() && self.text("tag") != rules.tag.as_deref() {
            return Err(Refusal::new(
                Why::Mismatch,
                "the signature is for another use",
            ));
        }
        match rules.needs_nonce && self.text("nonce").is_none_or(str::is_empty) {
            true => Err(malformed("the signature has no nonce")),
            false => Ok(()),
        }
    }

    fn refuse_old(&self, rules: &Rfc9421, now: SystemTime) -> Result<(), Refusal> {
        within(rules.tolerance, self.created, now)?;
        match time(&self.covered, "expires")? {
            Some(end) if end <= now => Err(Refusal::new(Why::Stale, "the signature is over")),
            _ => Ok(()),
        }
    }
}

/// The members of a field, its lines joined; nothing if there is no line.
fn members(request: &Request, name: &HeaderName) -> Result<Option<Dictionary>, Refusal> {
    let lines: Vec<&[u8]> = request.headers.get_all(name).collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let text = joined(&lines).filter(|text| text.len() <= MOST_FIELD);
    let members = text.and_then(|text| dictionary(&text));
    let members = members.filter(|members| !members.is_empty());
    let unread = || malformed("the signature's fields cannot be read exactly");
    members.map(Some).ok_or_else(unread)
}

/// The one input that counts, with its label.
fn meant(input: Dictionary, label: Option<&str>) -> Result<(String, InnerList), Refusal> {
    let mut meant = input
        .into_iter()
        .filter(|(own, _)| label.is_none_or(|label| own == label));
    match (meant.next(), meant.next()) {
        (Some((label, Member::List(covered))), None) => Ok((label, covered)),
        (Some(_), Some(_)) => Err(malformed(
            "there are several signatures, and no label is set",
        )),
        (Some(_), None) => Err(malformed("the input is no list of components")),
        (None, _) => Err(Refusal::new(
            Why::Missing,
            "there is no signature of the label that is set",
        )),
    }
}

fn time(covered: &InnerList, name: &str) -> Result<Option<SystemTime>, Refusal> {
    let seconds = match parameter(&covered.parameters, name) {
        None => return Ok(None),
        Some(Bare::Integer(seconds)) => u64::try_from(*seconds).ok(),
        Some(_) => None,
    };
    let since = seconds.map(Duration::from_secs);
    let time = since.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
    time.map(Some)
        .ok_or_else(|| malformed("a time of the signature is none"))
}

fn malformed(detail: &'static str) -> Refusal {
    Refusal::new(Why::Malformed, detail)
}
