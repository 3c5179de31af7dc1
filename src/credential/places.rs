//! All places of one version of the policy, and what is taken out of them.

use std::sync::Arc;

use http::header::{AUTHORIZATION, COOKIE, HeaderName, REFERER};

use crate::model::FoldedName;

use super::location::Place;
use super::reader::{Claim, Reading, readings};
use super::removal::Removal;

/// Where credentials stand in a request.
#[derive(Debug)]
pub(super) struct Places {
    /// Every place where anything is read.
    pub(super) readings: Box<[Reading]>,
    /// Where tokens are read, by what the file says.
    pub(super) tokens: Box<[Place]>,
    /// Where the keys of each set are read.
    sets: Box<[Box<[Place]>]>,
    /// Everything in every place: for whatever is not the upstream, and beside a key.
    pub(super) everything: Arc<Removal>,
    /// What is taken out beside a token.
    pub(super) beside_token: Arc<Removal>,
    /// What is taken out when nobody was asked who calls: keys alone.
    pub(super) keys: Option<Arc<Removal>>,
}

impl Places {
    /// The places of tokens, unless there can be none, and of sets. Tokens may be forwarded; keys never are.
    pub(super) fn new(
        tokens: Box<[Place]>,
        has_tokens: bool,
        forward: bool,
        sets: &[Claim<'_>],
    ) -> Self {
        let readings = readings(if has_tokens { &tokens } else { &[] }, sets);
        let of_keys = sets.iter().flat_map(|set| set.places);
        let mut all: Vec<Place> = Vec::new();
        for place in tokens.iter().chain(of_keys) {
            if !all.contains(place) {
                all.push(place.clone());
            }
        }
        let everything = Arc::new(Removal::of(all));
        let keys = Removal::of_keys(&readings).map(Arc::new);
        let beside_token = match forward {
            true => keys.clone().unwrap_or_else(|| Arc::new(Removal::of([]))),
            false => Arc::clone(&everything),
        };
        Self {
            sets: sets.iter().map(|set| set.places.into()).collect(),
            readings,
            tokens,
            everything,
            beside_token,
            keys,
        }
    }

    /// Where the keys of the set at a position are read.
    pub(super) fn of_set(&self, position: usize) -> &[Place] {
        self.sets.get(position).map_or(&[], |places| places)
    }

    /// Whether credentials are read from a header of this name, in whichever spelling.
    pub(super) fn has_header(&self, name: &str) -> bool {
        let name = FoldedName::new(name);
        self.all().any(|place| match place {
            Place::Bearer => name.matches(AUTHORIZATION.as_str().as_bytes()),
            Place::Header(ours) => name.matches(ours.as_str().as_bytes()),
            Place::Cookie(_) => name.matches(COOKIE.as_str().as_bytes()),
            Place::Query(_) => false,
        })
    }

    /// Whether credentials are read from a parameter of the query, named as it reads once decoded.
    pub(super) fn has_parameter(&self, name: &str) -> bool {
        let ours = |place: &Place| matches!(place, Place::Query(ours) if **ours == *name);
        self.all().any(ours)
    }

    /// Whether credentials are read from the query.
    pub(super) fn read_queries(&self) -> bool {
        self.readings
            .iter()
            .any(|reading| matches!(reading.place, Place::Query(_)))
    }

    /// The header fields in which something may have to be taken out.
    pub(super) fn headers(&self) -> Vec<HeaderName> {
        let names = self.all().map(|place| match place {
            Place::Bearer => AUTHORIZATION,
            Place::Header(name) => name.clone(),
            Place::Cookie(_) => COOKIE,
            Place::Query(_) => REFERER,
        });
        names.collect()
    }

    fn all(&self) -> impl Iterator<Item = &Place> {
        self.tokens.iter().chain(self.sets.iter().flatten())
    }
}
