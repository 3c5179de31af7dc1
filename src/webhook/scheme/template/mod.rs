//! What is signed: a text with placeholders.
//!
//! `{body}` and its like stand for parts of the message. `[...]` is left out where a value in it is absent. `{{`,
//! `}}`, `[[` and `]]` stand for the brackets themselves, `\n`, `\r`, `\t` and `\\` for what they usually do.

mod parse;
mod render;
#[cfg(test)]
mod tests;

use crate::webhook::whole::Sums;

use super::codec::Encoding;
use super::hash::Hash;
use super::place::Place;

pub(super) use parse::Terms;
pub(super) use render::Given;

/// A text with placeholders.
#[derive(Debug, Clone, Default)]
pub(super) struct Template {
    /// Whether the secret stands before all others.
    pub(super) secret_first: bool,
    segments: Vec<Segment>,
}

/// A part of it.
#[derive(Debug, Clone)]
enum Segment {
    /// Always there.
    Always(Piece),
    /// Left out as a whole where a value in it is absent.
    Optional(Vec<Piece>),
}

/// A text, or what stands for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text of the file.
    Text(Box<[u8]>),
    /// The body, byte for byte.
    Body,
    /// The timestamp as it is written.
    Timestamp,
    /// The event's id as it is written.
    Id,
    /// The method.
    Method,
    /// The public base with the target as it was received.
    Url,
    /// The same with some escapes decoded, or as it was received: see [`Given::verbatim`].
    UrlDecoded,
    /// Host and port of the public base.
    Host,
    /// What stands behind it in the address: path and query as they were received.
    Target,
    /// The path as it was received.
    Path,
    /// The query as it was received, without its question mark.
    Query,
    /// The secret.
    Secret,
    /// The CRC-32 of the body, as a decimal number.
    Crc32,
    /// The SHA-256 of the body: its bytes, or as text.
    BodySha256(Option<Encoding>),
    /// The fields of a form, sorted and joined.
    FormSorted,
    /// The parts of the query, sorted, as they were received.
    QuerySorted,
    /// A value of the message.
    Value(Place),
    /// A value of the message, its ASCII letters in lower case.
    Lower(Place),
}

/// What an event's id must not hold: the text that is signed would have more than one reading, and a delivery could
/// be given another id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Barred {
    /// What the texts around it begin or end with.
    bytes: Vec<u8>,
    /// It stands beside a value, without anything between them.
    touches: bool,
}

impl Barred {
    /// Whether an id holds something of it. One that stands beside a value is of characters that neither a date nor
    /// JSON can do without.
    pub(super) fn is_in(&self, id: &str) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.=+/~".contains(&byte);
        id.bytes()
            .any(|byte| self.bytes.contains(&byte) || (self.touches && !plain(byte)))
    }
}

impl Segment {
    /// Whether it is this piece.
    fn is(&self, piece: &Piece) -> bool {
        matches!(self, Self::Always(own) if own == piece)
    }

    /// Whether what stands for it is known from a message's head, or never.
    fn is_in_head(&self) -> bool {
        match self {
            Self::Always(piece) => piece.is_in_head(),
            Self::Optional(pieces) => pieces.iter().all(Piece::is_in_head),
        }
    }

    /// Whether a place's value counts wherever there is one.
    fn states(&self, place: &Place) -> bool {
        // One in lower case is not all that it is.
        let is_it = |piece: &Piece| matches!(piece, Piece::Value(own) if own == place);
        match self {
            Self::Always(piece) => is_it(piece),
            // With another value in it, the part may be left out although this one is there.
            Self::Optional(pieces) => {
                let mut values = pieces.iter().filter(|piece| piece.is_value());
                pieces.iter().any(is_it) && values.all(is_it)
            }
        }
    }
}

impl Piece {
    /// Whether what stands for it is known from a message's head. Of a timestamp and of an event's id that is said
    /// by whether they are given.
    const fn is_in_head(&self) -> bool {
        match self {
            Self::Text(_)
            | Self::Timestamp
            | Self::Id
            | Self::Method
            | Self::Url
            | Self::UrlDecoded
            | Self::Host
            | Self::Target
            | Self::Path
            | Self::Query
            | Self::QuerySorted => true,
            Self::Value(place) | Self::Lower(place) => place.is_in_head(),
            Self::Body | Self::Secret | Self::Crc32 | Self::BodySha256(_) | Self::FormSorted => {
                false
            }
        }
    }

    /// Whether it may be nearly any text.
    const fn is_free(&self) -> bool {
        matches!(
            self,
            Self::Body
                | Self::Id
                | Self::Url
                | Self::UrlDecoded
                | Self::Target
                | Self::Path
                | Self::Query
                | Self::FormSorted
                | Self::QuerySorted
                | Self::Value(_)
                | Self::Lower(_)
        )
    }

    /// Whether it is a value of the message, which may be absent.
    const fn is_value(&self) -> bool {
        matches!(self, Self::Value(_) | Self::Lower(_))
    }
}

impl Template {
    /// What is computed of the body before it is filled in, besides the text itself.
    pub(super) fn digests(&self, sums: &mut Sums) {
        if self
            .always()
            .any(|piece| matches!(piece, Piece::BodySha256(_)))
        {
            sums.digest(Hash::Sha256);
        }
        if self.has(&Piece::Crc32) {
            sums.crc32();
        }
    }

    /// Whether a body that was computed with is read once more to fill it in, where the text is known from its
    /// part of this number on.
    pub(super) fn reads_body(&self, from: usize) -> bool {
        let reads = |piece: &Piece| match piece {
            Piece::Body | Piece::FormSorted => true,
            Piece::Value(place) | Piece::Lower(place) => !place.is_in_head(),
            _ => false,
        };
        let segments = self.segments.get(from..).unwrap_or_default();
        segments.iter().any(|segment| match segment {
            Segment::Always(piece) => reads(piece),
            Segment::Optional(pieces) => pieces.iter().any(reads),
        })
    }

    /// The pieces that are always there.
    fn always(&self) -> impl Iterator<Item = &Piece> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Always(piece) => Some(piece),
            Segment::Optional(_) => None,
        })
    }

    /// Whether a piece is always there.
    pub(super) fn has(&self, piece: &Piece) -> bool {
        self.always().any(|own| own == piece)
    }

    /// Whether a piece may be there.
    pub(super) fn mentions(&self, piece: &Piece) -> bool {
        self.segments.iter().any(|segment| match segment {
            Segment::Always(own) => own == piece,
            Segment::Optional(pieces) => pieces.contains(piece),
        })
    }

    /// Whether the address may be there.
    pub(super) fn mentions_address(&self) -> bool {
        let pieces = [Piece::Url, Piece::Host];
        pieces.iter().any(|piece| self.mentions(piece)) || self.is_spelled_twice()
    }

    /// Whether it has an address that senders spell in two ways.
    pub(super) fn is_spelled_twice(&self) -> bool {
        self.mentions(&Piece::UrlDecoded)
    }

    /// Whether every byte of the body counts.
    pub(super) fn covers_body(&self) -> bool {
        let whole = |piece: &Piece| matches!(piece, Piece::Body | Piece::BodySha256(_));
        self.always().any(whole)
    }

    /// Whether what stands at a place counts.
    pub(super) fn covers(&self, place: &Place) -> bool {
        let around = match place {
            Place::Header(_) => false,
            Place::Query(_) => self.always().any(|piece| {
                matches!(
                    piece,
                    Piece::Url | Piece::Target | Piece::Query | Piece::QuerySorted
                )
            }),
            // Not the joined fields of a form: where a value begins and ends there is anybody's choice.
            Place::Json(_) | Place::Form(_) => self.covers_body(),
        };
        around || self.segments.iter().any(|segment| segment.states(place))
    }

    /// What the event's id must not hold.
    pub(super) fn barred(&self) -> Barred {
        let pieces: Vec<&Piece> = self.always().collect();
        let mut barred = Barred::default();
        let Some(at) = pieces.iter().position(|piece| **piece == Piece::Id) else {
            return barred;
        };
        match pieces.get(at + 1) {
            Some(Piece::Text(text)) => barred.bytes.extend(text.first()),
            Some(_) => barred.touches = true,
            None => {}
        }
        let before = || pieces.iter().take(at);
        match before().next_back() {
            _ if !before().any(|piece| piece.is_free()) => {}
            Some(Piece::Text(text)) => barred.bytes.extend(text.last()),
            _ => barred.touches = true,
        }
        barred
    }

    /// Whether the timestamp stands beside a value without anything between, so that digits could move over.
    pub(super) fn timestamp_touches(&self) -> bool {
        let pieces: Vec<&Piece> = self.always().collect();
        pieces.windows(2).any(|pair| match pair {
            [Piece::Timestamp, other] | [other, Piece::Timestamp] => {
                !matches!(other, Piece::Text(_))
            }
            _ => false,
        })
    }
}
