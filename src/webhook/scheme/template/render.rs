//! Filling a template in.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::webhook::Refusal;

use super::super::base::Base;
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
}

type Text<'r> = Cow<'r, [u8]>;

impl Template {
    /// The parts of the text, to be joined. The body is not copied.
    pub(in super::super) fn render<'r>(
        &'r self,
        parts: &'r Parts<'_>,
        given: Given<'r>,
    ) -> Result<Vec<Text<'r>>, Refusal> {
        let mut text = Vec::with_capacity(self.segments.len());
        for segment in &self.segments {
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
            Self::Url => given.base.map(|base| owned(base.join(parts.target))),
            Self::Path => borrowed(parts.path()),
            Self::Query => borrowed(parts.query()),
            Self::QuerySorted => Some(owned(query_sorted(parts.query()))),
            Self::Crc32 => Some(owned(crc32fast::hash(parts.body).to_string())),
            Self::BodySha256(encoding) => {
                let digest = Sha256::digest(parts.body);
                Some(match encoding {
                    None => Cow::Owned(digest.to_vec()),
                    Some(encoding) => owned(encoding.encode(&digest)),
                })
            }
            Self::FormSorted => Some(Cow::Owned(sorted(parts.form()?))),
            Self::Value(place) => parts.value(place)?,
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

fn owned<'r>(text: String) -> Text<'r> {
    Cow::Owned(text.into_bytes())
}

fn query_sorted(query: &str) -> String {
    let mut pieces: Vec<&str> = query.split('&').filter(|piece| !piece.is_empty()).collect();
    pieces.sort_unstable();
    pieces.join("&")
}
