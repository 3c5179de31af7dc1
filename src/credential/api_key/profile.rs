//! What the keys of a set are like, for whoever makes one to try a policy with.

use crate::keys::KeySet;
use crate::model::ApiKey;

use super::super::location::Place;
use super::config::Defaults;

/// What the keys of one set are like.
#[derive(Debug, Clone)]
pub struct KeyProfile {
    pub(super) set: KeySet,
    pub(super) places: Box<[Place]>,
    pub(super) defaults: Defaults,
    /// Whether some of its keys are listed.
    pub(super) listed: bool,
}

impl KeyProfile {
    /// The set.
    pub fn set(&self) -> &KeySet {
        &self.set
    }

    /// Where its keys are read, in the order of the file; never empty.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Fills in what a listed key does not say; keys of a set that lists none say all there is to say.
    /// `says_scopes` tells a key without scopes from one that says nothing of them.
    pub fn complete(&self, key: &mut ApiKey, says_scopes: bool) {
        if self.listed {
            self.defaults.fill(key, says_scopes);
        }
    }
}
