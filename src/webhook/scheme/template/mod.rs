//! What is signed: a text with placeholders.
//!
//! `{body}` and its like stand for parts of the message. `[...]` is left out where a value in it is absent. `{{`,
//! `}}`, `[[` and `]]` stand for the brackets themselves, `\n`, `\r`, `\t` and `\\` for what they usually do.

mod parse;
mod render;
#[cfg(test)]
mod tests;

use super::codec::Encoding;
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
}

impl Template {
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

    /// Whether every byte of the body counts.
    pub(super) fn covers_body(&self) -> bool {
        let whole = |piece: &Piece| matches!(piece, Piece::Body | Piece::BodySha256(_));
        self.always().any(whole)
    }

    /// Whether the body counts, at least in what a form says.
    pub(super) fn covers_form(&self) -> bool {
        self.covers_body() || self.has(&Piece::FormSorted)
    }

    /// Whether what stands at a place counts.
    pub(super) fn covers(&self, place: &Place) -> bool {
        let around = match place {
            Place::Header(_) => false,
            Place::Query(_) => self
                .always()
                .any(|piece| matches!(piece, Piece::Url | Piece::Query | Piece::QuerySorted)),
            Place::Json(_) => self.covers_body(),
            Place::Form(_) => self.covers_form(),
        };
        around || self.mentions(&Piece::Value(place.clone()))
    }

    /// The first byte of the text behind the event's id: an id that holds it has more than one reading.
    pub(super) fn behind_id(&self) -> Option<u8> {
        let mut pieces = self.always().skip_while(|piece| **piece != Piece::Id);
        pieces.next();
        match pieces.next()? {
            Piece::Text(text) => text.first().copied(),
            _ => None,
        }
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
