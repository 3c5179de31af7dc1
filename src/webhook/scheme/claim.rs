//! What a message says of its signature: where each part stands, read once and exactly.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use crate::webhook::{Refusal, Why};

use super::Declared;
use super::place::{Parts, Place, malformed};
use super::primitive::{Primitive, password};
use super::signature::Taken;
use super::template::Barred;
use super::timestamp::Format;
use crate::webhook::window::within;

/// The time of signing.
#[derive(Debug)]
pub(super) struct Stamp {
    pub(super) place: StampPlace,
    pub(super) format: Format,
    /// How far away it may lie, either way; nothing if that does not matter.
    pub(super) tolerance: Option<Duration>,
    /// Whether the signature covers it.
    pub(super) covered: bool,
}

/// Where the time of signing stands.
#[derive(Debug)]
pub(super) enum StampPlace {
    /// Among the signatures, under this label.
    List(Box<str>),
    /// Anywhere else.
    At(Place),
}

/// What the sender calls the event.
#[derive(Debug)]
pub(super) struct EventId {
    pub(super) place: Place,
    /// Whether it is filled in into what is signed.
    pub(super) is_signed_apart: bool,
    /// Whether the signature covers it.
    pub(super) covered: bool,
    /// What it must not hold, being told from what stands around it by that.
    pub(super) barred: Barred,
}

/// What a message says of its signature.
#[derive(Debug, Default)]
pub(super) struct Claim {
    pub(super) taken: Taken,
    pub(super) signed_at: Option<SystemTime>,
    pub(super) timestamp: Option<String>,
    pub(super) id: Option<String>,
}

/// How much of a message is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Head,
    Whole,
}

impl Reach {
    const fn has(self, place: &Place) -> bool {
        matches!(self, Self::Whole) || place.is_in_head()
    }
}

impl Declared {
    /// What the message says, as far as it is here; nothing if there is no signature.
    pub(super) fn claim(
        &self,
        parts: &Parts<'_>,
        now: SystemTime,
        reach: Reach,
    ) -> Result<Option<Claim>, Refusal> {
        if reach == Reach::Head && !self.signature.spots.are_in_head() {
            return Ok(Some(Claim::default()));
        }
        let Some(mut taken) = self.taken(parts)? else {
            return Ok(None);
        };
        for (name, value) in &self.require {
            if parts.header(name)? != Some(value.as_bytes()) {
                return Err(malformed(
                    "a header field has not the value that it must have",
                ));
            }
        }
        if reach == Reach::Whole {
            self.refuse_beside(parts)?;
        }
        let timestamp = self.timestamp(parts, &mut taken, reach)?;
        let signed_at = match (&self.timestamp, &timestamp) {
            (Some(stamp), Some(text)) => Some(stamp.time(text, now)?),
            _ => None,
        };
        let id = self.event_id(parts, reach)?;
        Ok(Some(Claim {
            taken,
            signed_at,
            timestamp,
            id,
        }))
    }

    /// Refuses a body in which something stands beside what is signed that an app would take for as good.
    pub(super) fn refuse_beside(&self, parts: &Parts<'_>) -> Result<(), Refusal> {
        match self.absent.iter().all(|place| parts.lacks(place)) {
            true => Ok(()),
            false => Err(malformed(
                "the body holds what must not be there: nobody signed it",
            )),
        }
    }

    pub(super) fn taken(&self, parts: &Parts<'_>) -> Result<Option<Taken>, Refusal> {
        if self.primitive == Primitive::Basic {
            return password(&self.signature, parts);
        }
        let label = match &self.timestamp {
            Some(Stamp {
                place: StampPlace::List(label),
                ..
            }) => Some(&**label),
            _ => None,
        };
        let length = self.primitive.length(self.hash);
        self.signature.take(parts, label, length)
    }

    /// The text of the time; nothing if the scheme has none, or it is not here yet.
    pub(super) fn timestamp(
        &self,
        parts: &Parts<'_>,
        taken: &mut Taken,
        reach: Reach,
    ) -> Result<Option<String>, Refusal> {
        let Some(stamp) = &self.timestamp else {
            return Ok(None);
        };
        let none = "there is no timestamp";
        match &stamp.place {
            // What lacks a part of itself is there.
            StampPlace::List(_) => match taken.timestamp.take() {
                Some(text) => Ok(Some(text)),
                None => Err(malformed(none)),
            },
            StampPlace::At(place) if reach.has(place) => {
                let text = parts.value(place)?.map(text).transpose()?;
                text.map(Some).ok_or_else(|| missing(none))
            }
            StampPlace::At(_) => Ok(None),
        }
    }

    /// The text of the event's id; an id that is not filled in into what is signed may be absent.
    pub(super) fn event_id(
        &self,
        parts: &Parts<'_>,
        reach: Reach,
    ) -> Result<Option<String>, Refusal> {
        let Some(id) = self.id.as_ref().filter(|id| reach.has(&id.place)) else {
            return Ok(None);
        };
        if !id.is_signed_apart {
            // Unreadable is absent here: what is stated of it is no more than what was signed.
            let value = parts.value(&id.place).ok().flatten();
            return Ok(value
                .and_then(|value| text(value).ok())
                .filter(|id| !id.is_empty()));
        }
        let value = parts.value(&id.place)?.map(text).transpose()?;
        let value = value.ok_or_else(|| missing("the event has no id"))?;
        match id.barred.is_in(&value) {
            _ if value.is_empty() => Err(malformed("the event has no id")),
            true => Err(malformed("the event's id holds what ends it")),
            false => Ok(Some(value)),
        }
    }
}

impl Stamp {
    /// The time of a text, if it is near enough to now.
    pub(super) fn time(&self, text: &str, now: SystemTime) -> Result<SystemTime, Refusal> {
        let time = self.format.parse(text);
        let time = time.ok_or_else(|| malformed("the timestamp cannot be read exactly"))?;
        match self.tolerance {
            Some(tolerance) => within(tolerance, time, now).map(|()| time),
            None => Ok(time),
        }
    }
}

/// What belongs to a signature and is not there. Its caller is told what one without a signature is told.
fn missing(detail: &'static str) -> Refusal {
    Refusal::new(Why::Missing, detail)
}

fn text(value: Cow<'_, [u8]>) -> Result<String, Refusal> {
    String::from_utf8(value.into_owned()).map_err(|_| malformed("a value is not text"))
}
