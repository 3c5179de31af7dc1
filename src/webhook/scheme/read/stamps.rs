//! Reading the keys `timestamp` and `id`.

use std::time::Duration;

use crate::document::{Fields, Problems, Read as _, Shape, choice};
use crate::webhook::window;

use super::super::json::Pointers;
use super::super::place::{Place, Sort, required};
use super::super::timestamp::Format;
use super::super::{Stamp, StampPlace};

/// How far away a time may lie, either way, unless the file says otherwise.
const TOLERANCE: Duration = Duration::from_secs(300);

/// Where a time may stand: nothing means in the list.
const PLACES: &[(&str, Option<Sort>)] = &[
    ("list", None),
    ("header", Some(Sort::Header)),
    ("json", Some(Sort::Json)),
    ("form", Some(Sort::Form)),
    ("query", Some(Sort::Query)),
];

/// Reads the time of signing. Whether it is covered is said later.
pub(super) fn timestamp(
    fields: &mut Fields<'_>,
    pointers: &mut Pointers,
    problems: &Problems,
) -> Option<Stamp> {
    let node = fields.shaped("timestamp", || Shape::Section("timestamp"))?;
    let mut section = Fields::of(node, "timestamp", problems)?;
    section.refuse_blanks();
    let from = required(&mut section, "from", || Shape::words(PLACES), problems);
    let sort = from.and_then(|node| choice(node, problems, PLACES));
    let name = section.shaped("name", || Shape::Text);
    let format = section.choice("format", Format::WORDS);
    let tolerance = window::tolerance_or_none(&mut section, TOLERANCE, problems);
    section.finish();
    let text = name.and_then(|node| String::read(node, problems));
    let place = match (sort?, name.zip(text)) {
        // A list by position needs no label.
        (None, text) => StampPlace::List(text.map(|(_, text)| text).unwrap_or_default().into()),
        (Some(sort), Some((node, text))) => {
            StampPlace::At(Place::of(sort, &text, node, pointers, problems)?)
        }
        (Some(_), None) => {
            problems.error(node, "the key `name` is missing here");
            return None;
        }
    };
    Some(Stamp {
        place,
        format: format.unwrap_or(Format::Unix),
        tolerance,
        covered: false,
    })
}

/// Reads where the event's id stands.
pub(super) fn id(
    fields: &mut Fields<'_>,
    pointers: &mut Pointers,
    problems: &Problems,
) -> Option<Place> {
    let node = fields.shaped("id", || Shape::Section("event id"))?;
    let mut section = Fields::of(node, "event id", problems)?;
    section.refuse_blanks();
    let place = Place::read(&mut section, Sort::WORDS, pointers, problems);
    section.finish();
    place
}
