//! Who reads in a place of a request, and whose a text is that stands there.
//!
//! The form of a text and where it stands decide, before anybody is asked about it, and finally: what is
//! taken for a key is never tried as a token, nor the other way round.

use super::location::Place;

/// Whose a presented text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// A token of some issuer.
    Tokens,
    /// A key of the set at this position.
    Set(usize),
    /// Nobody's: only sets with prefixes read there, and it has none of them.
    Nobody,
}

/// A place, and who reads there.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) place: Place,
    tokens: bool,
    /// Prefixes with the positions of their sets; none is the beginning of another.
    prefixes: Vec<(Box<str>, usize)>,
    /// The set that takes what nobody else does.
    rest: Option<usize>,
}

/// A set, as far as its keys are told from what else stands in a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim<'s> {
    pub(super) places: &'s [Place],
    pub(super) prefix: Option<&'s str>,
    /// Whether keys may have another form.
    pub(super) foreign: bool,
}

impl Reading {
    /// A place where nobody reads yet.
    fn of(place: Place) -> Self {
        Self {
            place,
            tokens: false,
            prefixes: Vec::new(),
            rest: None,
        }
    }

    /// Whose a text is.
    pub(super) fn reader(&self, text: &[u8]) -> Reader {
        let mut prefixes = self.prefixes.iter();
        let begun = prefixes.find(|(prefix, _)| text.starts_with(prefix.as_bytes()));
        match (begun, self.rest) {
            (Some((_, set)), _) => Reader::Set(*set),
            (None, _) if self.tokens => Reader::Tokens,
            (None, Some(set)) => Reader::Set(set),
            (None, None) => Reader::Nobody,
        }
    }

    /// Whether some set reads here.
    pub(super) fn has_keys(&self) -> bool {
        !self.prefixes.is_empty() || self.rest.is_some()
    }

    /// How keys begin that stand beside tokens; nothing where only keys are read, however they begin.
    pub(super) fn beside_tokens(&self) -> Option<Box<[Box<str>]>> {
        let prefixes = self.prefixes.iter().map(|(prefix, _)| prefix.clone());
        self.tokens.then(|| prefixes.collect())
    }
}

/// Every place of the policy, once, with who reads there.
pub(super) fn readings(tokens: &[Place], sets: &[Claim<'_>]) -> Box<[Reading]> {
    let mut readings: Vec<Reading> = Vec::new();
    for place in tokens {
        at(&mut readings, place, |reading| reading.tokens = true);
    }
    for (position, set) in sets.iter().enumerate() {
        for place in set.places {
            at(&mut readings, place, |reading| match set.prefix {
                Some(prefix) => reading.prefixes.push((prefix.into(), position)),
                None => reading.rest = Some(position),
            });
        }
    }
    for reading in &mut readings {
        // Keys of other forms need not have the prefix, where nothing else can be meant.
        if let (false, None, [(_, only)]) = (reading.tokens, reading.rest, &*reading.prefixes)
            && sets.get(*only).is_some_and(|set| set.foreign)
        {
            reading.rest = Some(*only);
        }
    }
    readings.into()
}

/// Changes what is known of a place.
fn at(readings: &mut Vec<Reading>, place: &Place, change: impl FnOnce(&mut Reading)) {
    match readings.iter_mut().find(|reading| reading.place == *place) {
        Some(reading) => change(reading),
        None => {
            let mut reading = Reading::of(place.clone());
            change(&mut reading);
            readings.push(reading);
        }
    }
}
