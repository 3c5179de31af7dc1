//! Who has an API key in a trial.

use std::time::SystemTime;

use crate::credential::KeyProfile;
use crate::model::ApiKey;

use super::api_key::{KeyDraft, MadeKey};
use super::ask::Ask;
use super::world::World;

impl World {
    /// The names of the sets of API keys, in the order of the file.
    pub(in crate::cli) fn api_key_sets(&self) -> impl Iterator<Item = &str> {
        self.sets.iter().map(|set| set.set().name.as_ref())
    }

    /// The set of a name; without a name, the only one.
    pub(in crate::cli) fn api_key_set(&self, name: Option<&str>) -> Option<&KeyProfile> {
        match (name, self.sets.as_slice()) {
            (Some(name), sets) => sets.iter().find(|set| *set.set().name == *name),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }

    /// The key that was made for a draft.
    pub(in crate::cli) fn key(&self, draft: &KeyDraft, now: SystemTime) -> Option<&MadeKey> {
        let set = self.api_key_set(draft.set.as_deref())?;
        self.rack.find(draft, &set.set().name, now)
    }

    /// The keys that were made of a set and are somebody's.
    pub(in crate::cli) fn made_keys(&self, set: &str) -> Vec<ApiKey> {
        let made = self.rack.of(set).into_iter();
        made.map(|further| further.key).collect()
    }

    /// Puts the key of a draft into a request, where it is to be presented.
    pub(in crate::cli) fn present(&self, draft: &KeyDraft, ask: &mut Ask) {
        let set = self.api_key_set(draft.set.as_deref());
        if let (Some(set), Some(made)) = (set, self.key(draft, ask.now)) {
            draft.carry(made, set.places(), ask);
        }
    }

    /// Puts a token into a request, where the policy reads tokens first.
    pub(in crate::cli) fn carry(&self, token: &str, ask: &mut Ask) {
        if let Some(place) = self.engine.verifiers().places().first() {
            ask.carry(place, token);
        }
    }
}
