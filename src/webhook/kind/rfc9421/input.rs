//! The signature of a message that is meant, with everything but the mathematics judged.

use std::time::{Duration, SystemTime};

use http::HeaderName;

use crate::model::Request;
use crate::webhook::refusal::{Refusal, Why};
use crate::webhook::window::within;

use super::structured::{Bare, Dictionary, InnerList, Item, Member, dictionary, parameter};
use super::subject::{is_understood, joined};
use super::{INPUT, Rfc9421, SIGNATURE, is_plain};

/// The most signatures that are tried where no label is set: the sender's, and one of a proxy on the way.
const MOST_LABELS: usize = 2;
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
    /// The signatures of a request that may count, with all but the mathematics judged. None if there is no
    /// signature at all.
    pub(super) fn all(rules: &Rfc9421, request: &Request) -> Result<Vec<Self>, Refusal> {
        let read = Self::read_all(rules, request)?.into_iter();
        // One that may not count, such as a proxy's on the way, says nothing against another.
        some(read.map(|read| read.judge(rules, request.received_at).map(|()| read)))
    }

    /// The signatures of a request as they are written: those of the label that is set, or of whatever label.
    pub(super) fn read_all(rules: &Rfc9421, request: &Request) -> Result<Vec<Self>, Refusal> {
        let (input, signature) = (members(request, &INPUT)?, members(request, &SIGNATURE)?);
        let (input, signature) = match (input, signature) {
            (None, None) => return Ok(Vec::new()),
            (Some(input), Some(signature)) => (input, signature),
            _ => {
                return Err(malformed(
                    "there is a signature without its input, or the reverse",
                ));
            }
        };
        let meant = meant(input, rules.label.as_deref())?;
        let read = meant.into_iter();
        some(read.map(|(label, member)| Self::read(&label, member, &signature)))
    }

    fn read(label: &str, member: Member, signatures: &Dictionary) -> Result<Self, Refusal> {
        let Member::List(covered) = member else {
            return Err(malformed("the input is no list of components"));
        };
        let Some((
            _,
            Member::Item(Item {
                bare: Bare::Bytes(signature),
                ..
            }),
        )) = signatures.iter().find(|(own, _)| own == label)
        else {
            return Err(malformed("the input's label has no signature"));
        };
        let created = time(&covered, "created")?;
        let created =
            created.ok_or_else(|| malformed("the signature does not say when it was made"))?;
        Ok(Self {
            covered,
            signature: signature.clone(),
            created,
        })
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

    /// Whether it may count, as far as that can be said without a key.
    pub(super) fn judge(&self, rules: &Rfc9421, now: SystemTime) -> Result<(), Refusal> {
        self.refuse_other(rules)?;
        self.refuse_old(rules, now)
    }

    pub(super) fn refuse_other(&self, rules: &Rfc9421) -> Result<(), Refusal> {
        let items = &self.covered.items;
        let twice =
            |(number, item): (usize, &Item)| items.iter().take(number).any(|one| one == item);
        if items.iter().enumerate().any(twice) || !items.iter().all(is_understood) {
            return Err(malformed(
                "a covered component is not understood, or named twice",
            ));
        }
        let is_covered =
            |needed: &Item| items.contains(needed) || is_covered_in_parts(needed, items);
        if !rules.components.iter().all(is_covered) {
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

    pub(super) fn refuse_old(&self, rules: &Rfc9421, now: SystemTime) -> Result<(), Refusal> {
        within(rules.tolerance, self.created, now)?;
        match time(&self.covered, "expires")? {
            Some(end) if end <= now => Err(Refusal::new(Why::Stale, "the signature is over")),
            _ => Ok(()),
        }
    }
}

/// Those that are well; where there are none, what is wrong with the first.
fn some<T>(each: impl Iterator<Item = Result<T, Refusal>>) -> Result<Vec<T>, Refusal> {
    let (mut good, mut first) = (Vec::new(), None);
    for one in each {
        match one {
            Ok(one) => good.push(one),
            Err(refusal) => first = first.or(Some(refusal)),
        }
    }
    match first.filter(|_| good.is_empty()) {
        Some(refusal) => Err(refusal),
        None => Ok(good),
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

/// The inputs that may count, with their labels.
fn meant(input: Dictionary, label: Option<&str>) -> Result<Dictionary, Refusal> {
    let meant: Dictionary = input
        .into_iter()
        .filter(|(own, _)| label.is_none_or(|label| own == label))
        .collect();
    match meant.len() {
        0 => Err(Refusal::new(
            Why::Missing,
            "there is no signature of the label that is set",
        )),
        1..=MOST_LABELS => Ok(meant),
        _ => Err(malformed(
            "there are more than two signatures, and no label is set",
        )),
    }
}

/// Whether what makes up the address is covered part by part. Its scheme is the file's.
fn is_covered_in_parts(needed: &Item, items: &[Item]) -> bool {
    let parts = ["@authority", "@path", "@query"];
    is_plain(needed, "@target-uri")
        && parts
            .iter()
            .all(|part| items.iter().any(|item| is_plain(item, part)))
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
