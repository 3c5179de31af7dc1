//! How a signed delivery is spoilt, whatever its scheme.
//!
//! Nothing here knows where a signature stands: what differs between two deliveries that two secrets have
//! signed is the signature, and what else differs between two moments is the timestamp.

use std::ops::RangeInclusive;

use http::{HeaderName, HeaderValue};

use super::delivery::{Change, DeliveryError, Message};

/// One delivery in its versions.
pub(super) struct Versions {
    /// Before it was signed.
    pub(super) unsigned: Message,
    pub(super) signed: Message,
    /// Signed with another secret.
    pub(super) unlike: Message,
    /// Signed a second later.
    pub(super) later: Option<Message>,
}

/// The delivery with what is to be wrong with it.
pub(super) fn spoil(change: Change, versions: Versions) -> Result<Message, DeliveryError> {
    let Versions {
        unsigned,
        mut signed,
        unlike,
        later,
    } = versions;
    match change {
        Change::OtherSecret => Ok(unlike),
        Change::Body => {
            match signed.body.last_mut() {
                Some(last) => *last ^= 1,
                None => signed.body.push(b'x'),
            }
            Ok(signed)
        }
        Change::Truncate => match signed.body.pop() {
            Some(_) => Ok(signed),
            None => Err(DeliveryError::Unchangeable(
                "there is no body that could be truncated",
            )),
        },
        Change::Drop => Ok(dropped(unsigned, signed, &unlike)),
        Change::Twice => twice(signed, &unlike),
        Change::Signature => altered(signed, &unlike),
        Change::Timestamp => match later {
            Some(later) => restamped(signed, &unlike, &later),
            None => Err(NO_TIMESTAMP),
        },
    }
}

const NO_TIMESTAMP: DeliveryError =
    DeliveryError::Unchangeable("nothing of the delivery states a time that could be changed");

const NO_FIELD: DeliveryError =
    DeliveryError::Unchangeable("the signature stands in no header, so none can be there twice");

/// Without what the signature stands in.
fn dropped(unsigned: Message, mut signed: Message, unlike: &Message) -> Message {
    signed
        .headers
        .retain(|field| unlike.headers.contains(field));
    if signed.target != unlike.target {
        signed.target = unsigned.target;
    }
    if signed.body != unlike.body {
        signed.body = unsigned.body;
    }
    signed
}

fn twice(mut signed: Message, unlike: &Message) -> Result<Message, DeliveryError> {
    let found = signed
        .headers
        .iter()
        .find(|field| !unlike.headers.contains(field))
        .cloned();
    signed.headers.push(found.ok_or(NO_FIELD)?);
    Ok(signed)
}

/// With the first character of the signature that the other one has otherwise.
fn altered(mut signed: Message, unlike: &Message) -> Result<Message, DeliveryError> {
    let one = |own: &[u8], other: &[u8]| {
        let place = differing(own, other)?;
        let mut own = own.to_vec();
        *own.get_mut(*place.start())? = *other.get(*place.start())?;
        Some(own)
    };
    let fields = pairs(&signed, unlike);
    let changed = fields
        .into_iter()
        .find_map(|(at, own, other)| Some((at, one(&own, &other)?)));
    if let Some((at, value)) = changed {
        set(&mut signed, at, &value);
        return Ok(signed);
    }
    if let Some(target) = one(signed.target.as_bytes(), unlike.target.as_bytes()) {
        signed.target = String::from_utf8_lossy(&target).into_owned();
        return Ok(signed);
    }
    match one(&signed.body, &unlike.body) {
        Some(body) => {
            signed.body = body;
            Ok(signed)
        }
        None => Err(DeliveryError::Unchangeable(
            "the delivery has no signature that could be changed",
        )),
    }
}

/// With all that differs a second later, but for the signature.
fn restamped(
    mut signed: Message,
    unlike: &Message,
    later: &Message,
) -> Result<Message, DeliveryError> {
    let before = signed.clone();
    for (at, own, late) in pairs(&before, later) {
        let other = unlike.headers.get(at);
        let other = other.map_or(own.as_slice(), |(_, value)| value.as_bytes());
        set(&mut signed, at, &spliced(&own, other, &late));
    }
    let target = spliced(
        before.target.as_bytes(),
        unlike.target.as_bytes(),
        later.target.as_bytes(),
    );
    signed.target = String::from_utf8_lossy(&target).into_owned();
    signed.body = spliced(&before.body, &unlike.body, &later.body);
    match signed == before {
        true => Err(NO_TIMESTAMP),
        false => Ok(signed),
    }
}

/// The bytes of `late` wherever they differ from `own`, but for those where `other` does.
fn spliced(own: &[u8], other: &[u8], late: &[u8]) -> Vec<u8> {
    if own.len() != late.len() {
        // Where lengths differ a signature and a time in one text cannot be told apart.
        return match own == other {
            true => late.to_vec(),
            false => own.to_vec(),
        };
    }
    let signature = differing(own, other);
    let inside = |at: usize| signature.as_ref().is_some_and(|range| range.contains(&at));
    let bytes = own.iter().zip(late).enumerate();
    bytes
        .map(|(at, (own, late))| if inside(at) { *own } else { *late })
        .collect()
}

/// From the first to the last byte that differ, in the shorter of the two.
fn differing(own: &[u8], other: &[u8]) -> Option<RangeInclusive<usize>> {
    let unlike = |(_, (own, other)): &(usize, (&u8, &u8))| own != other;
    let mut pairs = own.iter().zip(other).enumerate();
    let first = pairs.find(unlike)?.0;
    let last = pairs.rfind(unlike).map_or(first, |(at, _)| at);
    Some(first..=last)
}

/// The fields that two versions have with different values: where, and both values.
fn pairs(own: &Message, other: &Message) -> Vec<(usize, Vec<u8>, Vec<u8>)> {
    let both = own.headers.iter().zip(&other.headers).enumerate();
    let unlike = both.filter(|(_, ((own, a), (other, b)))| own == other && a != b);
    unlike
        .map(|(at, ((_, own), (_, other)))| {
            (at, own.as_bytes().to_vec(), other.as_bytes().to_vec())
        })
        .collect()
}

fn set(message: &mut Message, at: usize, value: &[u8]) {
    let field: Option<&mut (HeaderName, HeaderValue)> = message.headers.get_mut(at);
    if let (Some((_, old)), Ok(value)) = (field, HeaderValue::from_bytes(value)) {
        *old = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(signature: &'static str, time: &'static str) -> Message {
        let field = |name, value| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        };
        Message {
            target: "/hooks".into(),
            headers: vec![field("x-signature", signature), field("x-time", time)],
            body: b"{}".to_vec(),
        }
    }

    fn unsigned() -> Message {
        Message {
            headers: Vec::new(),
            ..message("", "")
        }
    }

    fn spoilt(change: Change) -> Message {
        let versions = Versions {
            unsigned: unsigned(),
            signed: message("t=10,v1=abcd", "10"),
            unlike: message("t=10,v1=ebcf", "10"),
            later: Some(message("t=11,v1=6789", "11")),
        };
        spoil(change, versions).unwrap()
    }

    #[test]
    fn each_change_makes_one_thing_wrong() {
        let right = message("t=10,v1=abcd", "10");
        assert_eq!(spoilt(Change::OtherSecret), message("t=10,v1=ebcf", "10"));
        assert_eq!(spoilt(Change::Signature), message("t=10,v1=ebcd", "10"));
        assert_eq!(spoilt(Change::Timestamp), message("t=11,v1=abcd", "11"));
        let body = |body: &[u8]| Message {
            body: body.to_vec(),
            ..right.clone()
        };
        assert_eq!(spoilt(Change::Body), body(b"{|"));
        assert_eq!(spoilt(Change::Truncate), body(b"{"));
        let dropped = spoilt(Change::Drop);
        assert_eq!(dropped.headers, message("", "10").headers[1..]);
        let twice = spoilt(Change::Twice);
        assert_eq!(twice.headers.len(), 3);
        assert_eq!(twice.headers[0], twice.headers[2]);
    }

    #[test]
    fn what_cannot_be_changed_is_said() {
        let versions = |later| Versions {
            unsigned: unsigned(),
            signed: Message {
                body: Vec::new(),
                ..message("a", "10")
            },
            unlike: message("b", "10"),
            later,
        };
        let same = || Some(versions(None).signed);
        assert_eq!(
            spoil(Change::Timestamp, versions(same())),
            Err(NO_TIMESTAMP)
        );
        assert!(spoil(Change::Truncate, versions(None)).is_err());
        let mut alike = versions(None);
        alike.unlike = alike.signed.clone();
        assert_eq!(spoil(Change::Twice, alike), Err(NO_FIELD));
    }
}
