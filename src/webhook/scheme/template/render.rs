//! Filling a template in.

use std::borrow::Cow;

use crate::webhook::Refusal;

use super::super::base::Base;
use super::super::hash::Hash;
use super::super::place::{Parts, Place, malformed};
use super::super::query::sorted;
use super::{Piece, Segment, Template};

/// What is known of a message beside its parts.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Given<'g> {
    /// The timestamp as it is written.
    pub(in super::super) timestamp: Option<&'g str>,
    /// The event's id as it is written.
    pub(in super::super) id: Option<&'g str>,
    /// The public base of addresses.
    pub(in super::super) base: Option<&'g Base>,
    /// Whether addresses of two spellings are taken as they were received.
    pub(in super::super) verbatim: bool,
}

type Text<'r> = Cow<'r, [u8]>;

impl Template {
    /// The parts of the text, to be joined. The body is not copied.
    pub(in super::super) fn render<'r>(
        &'r self,
        parts: &'r Parts<'_>,
        given: Given<'r>,
    ) -> Result<Vec<Text<'r>>, Refusal> {
        self.render_from(0, parts, given)
    }

    /// Those from the part of this number on.
    pub(in super::super) fn render_from<'r>(
        &'r self,
        first: usize,
        parts: &'r Parts<'_>,
        given: Given<'r>,
    ) -> Result<Vec<Text<'r>>, Refusal> {
        filled(self.segments.get(first..).unwrap_or_default(), parts, given)
    }

    /// Those before the body, and the number of the part behind it. Nothing where the body does not stand in the
    /// text, or not all that stands before it is known from a message's head.
    pub(in super::super) fn render_before_body<'r>(
        &'r self,
        parts: &'r Parts<'_>,
        given: Given<'r>,
    ) -> Option<(Vec<Text<'r>>, usize)> {
        let mut segments = self.segments.iter();
        let at = segments.position(|segment| segment.is(&Piece::Body))?;
        let before = self.segments.get(..at)?;
        let known = before.iter().all(Segment::is_in_head);
        let text = known.then(|| filled(before, parts, given).ok())??;
        Some((text, at + 1))
    }
}

fn filled<'r>(
    segments: &'r [Segment],
    parts: &'r Parts<'_>,
    given: Given<'r>,
) -> Result<Vec<Text<'r>>, Refusal> {
    let mut text = Vec::with_capacity(segments.len());
    for segment in segments {
        match segment {
            Segment::Always(piece) => {
                let found = piece.text(parts, given)?;
                text.push(found.map_or_else(|| piece.absent(), Ok)?);
            }
            Segment::Optional(pieces) => {
                let found = pieces.iter().map(|piece| piece.text(parts, given));
                let found: Result<Option<Vec<_>>, Refusal> = found.collect();
                text.extend(found?.into_iter().flatten());
            }
        }
    }
    Ok(text)
}

impl Piece {
    /// What stands for it; nothing where the message has no such value.
    fn text<'r>(
        &'r self,
        parts: &'r Parts<'_>,
        given: Given<'r>,
    ) -> Result<Option<Text<'r>>, Refusal> {
        let borrowed = |text: &'r str| Some(Cow::Borrowed(text.as_bytes()));
        Ok(match self {
            Self::Text(text) => Some(Cow::Borrowed(&**text)),
            Self::Body => Some(Cow::Borrowed(parts.body)),
            Self::Timestamp => given.timestamp.and_then(borrowed),
            Self::Id => given.id.and_then(borrowed),
            Self::Method => borrowed(parts.method.as_str()),
            Self::Url => given
                .base
                .map(|base| address(base, parts))
                .transpose()?
                .map(owned),
            Self::UrlDecoded => {
                let address = given.base.map(|base| address(base, parts)).transpose()?;
                address.map(|address| {
                    owned(if given.verbatim {
                        address
                    } else {
                        decoded(&address)
                    })
                })
            }
            Self::Host => given.base.and_then(|base| borrowed(base.authority())),
            Self::Target => {
                let prefix = given.base.map_or("", Base::prefix);
                Some(owned(format!("{prefix}{}", parts.target)))
            }
            Self::Path => borrowed(parts.path()),
            Self::Query => borrowed(parts.query()),
            Self::QuerySorted => Some(owned(query_sorted(parts.query()))),
            Self::Crc32 => Some(owned(parts.crc32().to_string())),
            Self::BodySha256(encoding) => {
                let digest = parts.digest(Hash::Sha256);
                Some(match encoding {
                    None => digest,
                    Some(encoding) => owned(encoding.encode(&digest)),
                })
            }
            Self::FormSorted => Some(Cow::Owned(sorted(parts.form()?))),
            Self::Value(place) => parts.value(place)?,
            Self::Lower(place) => {
                let value = parts.value(place)?;
                value.map(|value| Cow::Owned(value.to_ascii_lowercase()))
            }
            Self::Secret => None,
        })
    }

    /// What stands for a value that is absent and not optional. Senders that join fields of a body leave such a
    /// field empty; a header or a parameter that is signed must be there.
    fn absent<'r>(&self) -> Result<Text<'r>, Refusal> {
        match self {
            Self::Value(Place::Json(_) | Place::Form(_)) => Ok(Cow::Borrowed(&[])),
            _ => Err(malformed("a value that is signed is absent")),
        }
    }
}

/// The address that a message was sent to. Senders escape quotes and braces in a path. Where nothing stands between
/// address and body, a body of JSON could move over into a path that holds them, which is another to the routes.
fn address(base: &Base, parts: &Parts<'_>) -> Result<String, Refusal> {
    match parts.path().contains(['"', '{', '}']) {
        true => Err(malformed("the address holds what senders escape")),
        false => Ok(base.join(parts.target)),
    }
}

fn owned<'r>(text: String) -> Text<'r> {
    Cow::Owned(text.into_bytes())
}

/// An address with those escapes decoded that HubSpot decodes before it signs: of `: / ? @ ! $ ' ( ) * , ;`. In the
/// path those of `/` and `?` stay: where segments and the query begin is judged as it was received, and a signature
/// of one path would fit another.
fn decoded(address: &str) -> String {
    match address.split_once('?') {
        Some((path, query)) => format!(
            "{}?{}",
            unescaped(path, b":@!$'()*,;"),
            unescaped(query, b":/?@!$'()*,;")
        ),
        None => unescaped(address, b":@!$'()*,;"),
    }
}

/// A text with the escapes of these bytes decoded.
fn unescaped(text: &str, bytes: &[u8]) -> String {
    let mut pieces = text.split('%');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let escape = piece.split_at_checked(2);
        let code = escape.and_then(|(code, _)| u8::from_str_radix(code, 16).ok());
        match (code, escape) {
            (Some(code), Some((_, rest))) if bytes.contains(&code) => {
                text.push(char::from(code));
                text.push_str(rest);
            }
            _ => {
                text.push('%');
                text.push_str(piece);
            }
        }
    }
    text
}

fn query_sorted(query: &str) -> String {
    let mut pieces: Vec<&str> = query.split('&').filter(|piece| !piece.is_empty()).collect();
    // By name and then by value: `=` is no part of either, and some characters of names come before it.
    pieces.sort_unstable_by_key(|piece| piece.split_once('=').unwrap_or((piece, "")));
    pieces.join("&")
}
