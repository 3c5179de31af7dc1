//! What the keys of a set are like, for whoever makes one to try a policy with.

use crate::keys::KeySet;
use crate::model::ApiKey;

use super::location::Place;

/// What the keys of one set are like.
#[derive(Debug, Clone)]
pub struct KeyProfile {
    pub(super) set: KeySet,
    pub(super) places: Box<[Place]>,
}

impl KeyProfile {
    /// The set.
    pub fn set(&self) -> &KeySet {
        &self.set
    }

    /// Where its keys are read, in the order of the file.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Fills in what the key of a list does not say. `says_scopes` tells a key without scopes from one that
    /// says nothing of them.
    pub fn complete(&self, _key: &mut ApiKey, _says_scopes: bool) {}
}
