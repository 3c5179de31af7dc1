//! Asking the store for the key of a text.

use std::sync::Arc;
use std::time::Instant;

use crate::keys::metrics::{Found, Metrics};
use crate::keys::{Hasher, Known, start_of};
use crate::model::{ApiKey, KeyHash, Reason};
use crate::secret::Secret;
use crate::store::{Error, Lookup, Store};

use super::Finding;
use super::flight::Flights;
use super::lane::Lane;
use super::place::Place;
use super::shelf::{Recalled, Shelf};
use super::trust::Trust;

/// How often a text is looked up again because something changed in between.
const TRIES: usize = 3;

/// What look-ups need. They outlive whoever asked first.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) store: Store,
    pub(super) hasher: Hasher,
    pub(super) shelf: Shelf,
    pub(super) trust: Trust,
    pub(super) flights: Arc<Flights>,
    pub(super) strangers: Lane,
    pub(super) regulars: Lane,
    pub(super) metrics: Metrics,
}

/// A text that is looked for.
pub(super) struct Wanted {
    pub(super) place: Place,
    pub(super) set: Box<str>,
    pub(super) text: Secret,
}

impl Desk {
    /// What is remembered of a text, if that is an answer.
    pub(super) fn recall(&self, place: &Place) -> Option<(Finding, Found)> {
        match self.shelf.recall(place) {
            Recalled::Known(known) if self.trust.is_trusted() => {
                Some((Finding::Known(known), Found::Memory))
            }
            // The store would only keep the caller waiting.
            Recalled::Doubted(known, since) if self.trust.is_lost() && self.trust.bears(since) => {
                Some((Finding::Known(known), Found::Memory))
            }
            // It may have been made while the store is silent.
            Recalled::Nobodys if !self.trust.is_lost() => Some((Finding::Unknown, Found::Nowhere)),
            _ => None,
        }
    }

    /// Asks the store, and remembers what it says.
    pub(super) async fn look_up(self: Arc<Self>, wanted: Wanted) -> Finding {
        if let Some((finding, _)) = self.recall(&wanted.place) {
            // Somebody else has just had the answer.
            return finding;
        }
        let recalled = self.shelf.recall(&wanted.place);
        let was_known = matches!(recalled, Recalled::Known(_) | Recalled::Doubted(..));
        let lane = if was_known {
            &self.regulars
        } else {
            &self.strangers
        };
        let started = Instant::now();
        let found = self.ask_and_keep(&wanted, lane).await;
        self.metrics.took.observe(started.elapsed().as_secs_f64());
        match (found, recalled) {
            (Ok(finding), _) => finding,
            (Err(Reason::StoreUnavailable), Recalled::Doubted(known, since))
                if self.trust.bears(since) =>
            {
                Finding::Known(known)
            }
            (Err(reason), _) => {
                self.metrics.failed.count(reason);
                Finding::Unavailable(reason)
            }
        }
    }

    /// An answer that a change has overtaken is asked for once more. When changes do not end, the last
    /// answer counts for whoever waits, who came before it was given, and for nobody else.
    async fn ask_and_keep(&self, wanted: &Wanted, lane: &Lane) -> Result<Finding, Reason> {
        let mut finding = Finding::Unknown;
        for _ in 0..TRIES {
            let epoch = self.shelf.epoch();
            let found = self.ask(wanted, lane).await?;
            let is_kept = match &found {
                // Nobody says when this changes.
                found if !self.trust.is_followed() => {
                    found.iter().for_each(|known| known.outdate());
                    true
                }
                Some(known) => self.shelf.keep(wanted.place, known, epoch),
                None => self.shelf.keep_nobodys(wanted.place, epoch),
            };
            finding = found.map_or(Finding::Unknown, Finding::Known);
            if is_kept {
                break;
            }
        }
        Ok(finding)
    }

    /// What the store says now.
    async fn ask(&self, wanted: &Wanted, lane: &Lane) -> Result<Option<Arc<Known>>, Reason> {
        let digest = &wanted.place.digest;
        let is_it = |hash: &KeyHash| *hash == KeyHash::Sha256(*digest);
        for key in self.find(wanted, Lookup::Digest(digest), lane).await? {
            if let Some(index) = position(&key, is_it) {
                return Ok(Some(known(key, index)));
            }
        }
        self.ask_slowly(wanted, lane).await
    }

    /// Looks for keys that only slow hashes are known of.
    async fn ask_slowly(&self, wanted: &Wanted, lane: &Lane) -> Result<Option<Arc<Known>>, Reason> {
        let text = wanted.text.expose();
        let start = start_of(text);
        if start.is_empty() {
            return Ok(None);
        }
        for key in self.find(wanted, Lookup::Start(start), lane).await? {
            for (index, generation) in key.generations.iter().enumerate() {
                let is_slow = !matches!(generation.hash, KeyHash::Sha256(_));
                if is_slow
                    && *generation.start == *start
                    && self.matches(&generation.hash, text).await?
                {
                    return Ok(Some(known(key, index)));
                }
            }
        }
        Ok(None)
    }

    /// Asks the store in one's turn, which is over before any slow hash is waited for.
    async fn find(
        &self,
        wanted: &Wanted,
        lookup: Lookup<'_>,
        lane: &Lane,
    ) -> Result<Vec<ApiKey>, Reason> {
        let _turn = lane.enter().await.ok_or(Reason::Overloaded)?;
        let found = self.store.find(&wanted.set, lookup).await;
        found.map_err(unavailable)
    }

    async fn matches(&self, hash: &KeyHash, text: &[u8]) -> Result<bool, Reason> {
        let answer = self.hasher.matches(hash, text).await;
        answer.map_err(|_| Reason::Overloaded)
    }
}

fn position(key: &ApiKey, is_it: impl Fn(&KeyHash) -> bool) -> Option<usize> {
    let mut generations = key.generations.iter();
    generations.position(|generation| is_it(&generation.hash))
}

fn known(key: ApiKey, generation: usize) -> Arc<Known> {
    Arc::new(Known::new(Arc::new(key), generation, true))
}

/// Whatever the store cannot do now, the caller may try again.
fn unavailable(error: Error) -> Reason {
    tracing::debug!(%error, "an API key could not be looked up");
    Reason::StoreUnavailable
}
