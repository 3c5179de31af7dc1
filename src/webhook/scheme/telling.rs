//! What verifying looks at, step by step, for people who ask why. It decides nothing.

use std::time::SystemTime;

use crate::webhook::candidates::Candidates;
use crate::webhook::message::Message;
use crate::webhook::refusal::Refusal;
use crate::webhook::telling::Step;

use super::place::{Parts, Place};
use super::primitive::Primitive;
use super::signature::{Spots, Taken};
use super::{Claim, Declared, Reach, Signed, StampPlace};
use crate::webhook::window::within;

/// What was found on the way.
#[derive(Debug, Default)]
pub(in crate::webhook) struct Trace {
    pub(in crate::webhook) steps: Vec<Step>,
    pub(in crate::webhook) text: Option<Vec<u8>>,
    pub(in crate::webhook) signed_at: Option<SystemTime>,
}

impl Trace {
    pub(in crate::webhook) fn step(
        &mut self,
        what: &'static str,
        found: impl Into<String>,
        holds: bool,
    ) {
        // A step is a line: what a message says of itself must not make another.
        let found: String = found.into();
        self.steps.push(Step {
            what,
            found: found.replace('\n', "\\n"),
            holds,
        });
    }
}

impl Declared {
    /// Goes the way of [`Declared::verify`], and on where that would end.
    pub(in crate::webhook) fn tell(
        &self,
        message: &Message<'_>,
        body: &[u8],
        candidates: &Candidates<'_>,
    ) -> Trace {
        let mut found = Trace::default();
        let parts = self.parts(message, body);
        let mut taken = self.tell_signature(&parts, &mut found);
        self.tell_required(&parts, &mut found);
        let timestamp = self.tell_time(&parts, &mut taken, candidates.now(), &mut found);
        let id = self.event_id(&parts, Reach::Whole);
        if self.id.is_some() {
            match &id {
                Ok(Some(id)) => found.step("event", id.as_str(), true),
                // Only one that is filled in must be there.
                Ok(None) => found.step("event", "none", true),
                Err(refusal) => found.step("event", refusal.denied.detail.as_ref(), false),
            }
        }
        let claim = Claim {
            taken,
            signed_at: found.signed_at,
            timestamp,
            id: id.ok().flatten(),
        };
        self.tell_match(&parts, &claim, candidates, &mut found);
        found
    }

    fn tell_signature(&self, parts: &Parts<'_>, found: &mut Trace) -> Taken {
        let spots = self.spots();
        match self.taken(parts) {
            Ok(Some(taken)) => {
                let count = match taken.signatures.len() {
                    1 => "one".to_owned(),
                    several => several.to_string(),
                };
                found.step("signature", format!("{count} in {spots}"), true);
                taken
            }
            Ok(None) => {
                found.step("signature", format!("none in {spots}"), false);
                Taken::default()
            }
            Err(refusal) => {
                let detail = &refusal.denied.detail;
                found.step("signature", format!("{detail}, in {spots}"), false);
                Taken::default()
            }
        }
    }

    fn tell_required(&self, parts: &Parts<'_>, found: &mut Trace) {
        for (name, value) in &self.require {
            let text = format!("the header {name} must be `{value}`");
            let holds = parts.header(name).ok().flatten() == Some(value.as_bytes());
            found.step("required", text, holds);
        }
    }

    fn tell_time(
        &self,
        parts: &Parts<'_>,
        taken: &mut Taken,
        now: SystemTime,
        found: &mut Trace,
    ) -> Option<String> {
        let stamp = self.timestamp.as_ref()?;
        let place = match &stamp.place {
            StampPlace::List(label) => format!("the item {label} beside the signature"),
            StampPlace::At(place) => shown(place),
        };
        let text = match self.timestamp(parts, taken, Reach::Whole) {
            Ok(text) => text?,
            Err(refusal) => {
                let detail = &refusal.denied.detail;
                found.step("timestamp", format!("{detail}, in {place}"), false);
                return None;
            }
        };
        let Some(time) = stamp.format.parse(&text) else {
            let why = format!("`{text}` is not written as the scheme has it, in {place}");
            found.step("timestamp", why, false);
            return Some(text);
        };
        found.signed_at = Some(time);
        let away = match now.duration_since(time) {
            Ok(age) => format!("{} s ago", age.as_secs()),
            Err(ahead) => format!("{} s in the future", ahead.duration().as_secs()),
        };
        let (window, holds) = match stamp.tolerance {
            Some(tolerance) => (
                format!("{} s are tolerated", tolerance.as_secs()),
                within(tolerance, time, now).is_ok(),
            ),
            None => ("any age is tolerated".to_owned(), true),
        };
        let covered = if stamp.covered {
            ""
        } else {
            ", and it is not signed"
        };
        let said = format!("`{text}` in {place}, {away}; {window}{covered}");
        found.step("timestamp", said, holds);
        Some(text)
    }

    fn tell_match(
        &self,
        parts: &Parts<'_>,
        claim: &Claim,
        candidates: &Candidates<'_>,
        found: &mut Trace,
    ) {
        if let Some(hash) = &self.body_hash {
            match hash.check(parts) {
                Ok(()) => found.step("digest", "that of the body", true),
                Err(refusal) => found.step("digest", refusal.denied.detail.as_ref(), false),
            }
        }
        let (signed, matched) = match self.signed_by(parts, claim, candidates) {
            Ok(matched) => matched,
            Err(refusal) => {
                return found.step("text", refusal.denied.detail.as_ref(), false);
            }
        };
        if self.template.is_some() {
            found.text = Some(signed.concat());
        }
        let tried: Vec<&str> = candidates.iter().map(|(_, held)| &*held.id).collect();
        let tried = tried.join(", ");
        if tried.is_empty() {
            return found.step("secret", "none is in force", false);
        }
        let id = matched.and_then(|number| candidates.iter().find(|(own, _)| *own == number));
        match id {
            Some((_, held)) => found.step("secret", format!("{} made it", held.id), true),
            None => found.step("secret", format!("none of {tried} made it"), false),
        }
    }

    /// The text as it was signed, and by whom; as it is spelled first, if by nobody.
    fn signed_by<'s>(
        &'s self,
        parts: &'s Parts<'_>,
        claim: &'s Claim,
        candidates: &Candidates<'_>,
    ) -> Result<(Signed<'s>, Option<usize>), Refusal> {
        let maker = |signed: &Signed<'_>| {
            let mut text = self.text(candidates, false);
            signed.iter().for_each(|part| text.add(part));
            self.matching(candidates, &text.end(), &claim.taken.signatures)
        };
        let signed = self.signed(parts, claim, false)?;
        let matched = maker(&signed);
        if matched.is_some() || !self.is_spelled_twice() {
            return Ok((signed, matched));
        }
        let verbatim = self.signed(parts, claim, true)?;
        let matched = maker(&verbatim);
        Ok(match matched {
            Some(_) => (verbatim, matched),
            None => (signed, None),
        })
    }

    fn spots(&self) -> String {
        if self.primitive == Primitive::Basic {
            return "the header authorization".to_owned();
        }
        match &self.signature.spots {
            Spots::One(place) => shown(place),
            Spots::OneOf(names) | Spots::Each(names) => {
                let most = names.iter().take(4).map(|name| name.as_str());
                let listed = most.collect::<Vec<_>>().join(", ");
                match names.len() > 4 {
                    true => format!("the headers {listed}, ..."),
                    false => format!("the headers {listed}"),
                }
            }
        }
    }
}

fn shown(place: &Place) -> String {
    match place {
        Place::Header(name) => format!("the header {name}"),
        Place::Query(name) => format!("the query's {name}"),
        Place::Json(_) => "the body's JSON".to_owned(),
        Place::Form(name) => format!("the form's {name}"),
    }
}
