//! The life of stored keys: made, rotated, revoked, each change with its audit entry.
//!
//! It knows what a key may be and what may become of it. It refuses to know who may ask: whoever calls
//! says which keys are within reach, and what is not is unknown.
//!
//! Straight line of a change: read -> check -> the next version -> store, in one transaction with the
//! entry of the audit -> log.
//!
//! Always: nothing that was revoked comes back; a key has at least one text, and a bounded number; a
//! change is made to the version that was judged, or judged again.

mod audit;
pub(super) mod check;
mod error;
mod import;
pub(super) mod life;
mod signing;
#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests;
mod wish;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::model::ApiKey;
use crate::store::{self, AuditEntry, Filter, Listed, Page, Store};

use super::{Directory, Format, KeySet, Sealer};

pub use error::Error;
pub use signing::Rotation;
pub use wish::{Made, NewKey};

/// How long former texts go on to count when nobody says.
pub const GRACE: Duration = Duration::from_secs(86_400);
/// How often a change is tried again when somebody else changes the key at the same time.
const TRIES: u32 = 8;

/// Which keys somebody may see and change; all that is given has to agree.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reach<'a> {
    /// Only those of this set.
    pub set: Option<&'a str>,
    /// Only those of this tenant.
    pub tenant: Option<&'a str>,
}

impl Reach<'_> {
    fn holds(&self, key: &ApiKey) -> bool {
        let agrees = |wanted: Option<&str>, found: Option<&str>| {
            wanted.is_none_or(|wanted| found == Some(wanted))
        };
        agrees(self.set, Some(&key.set)) && agrees(self.tenant, key.tenant.as_deref())
    }
}

/// Who changes something, among which keys, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change<'a> {
    pub(super) reach: Reach<'a>,
    pub(super) by: &'a str,
    pub(super) now: SystemTime,
}

/// Makes, shows and changes stored keys. Times are kept in whole milliseconds.
#[derive(Debug, Clone)]
pub struct Registry {
    store: Store,
    directory: Option<Arc<Directory>>,
    /// What encrypts the secrets that holders of keys sign with.
    sealer: Option<Arc<Sealer>>,
}

impl Registry {
    /// Over this store.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            directory: None,
            sealer: None,
        }
    }

    /// The same, which can keep secrets that holders of keys sign with. Without a sealer none is made.
    #[must_use]
    pub fn sealing(self, sealer: Option<Arc<Sealer>>) -> Self {
        Self { sealer, ..self }
    }

    /// The same, for a process that serves: what is known of a key here follows its change before whoever
    /// changed it has the answer. Others hear of it from the store.
    #[must_use]
    pub fn telling(self, directory: Arc<Directory>) -> Self {
        let directory = Some(directory);
        Self { directory, ..self }
    }

    /// Makes a key. Without an end of its own it has the one that the set gives it.
    pub async fn make(
        &self,
        set: &KeySet,
        new: NewKey,
        by: &str,
        now: SystemTime,
    ) -> Result<Made, Error> {
        let (by, now) = (audit::named(by), life::whole(now));
        let format = format(set)?;
        let new = new.settled(set, now)?;
        let (minted, wants_secret) = (format.mint(None)?, new.signing);
        let mut key = new.with_text(set, &minted, &by, now);
        let signing = self.sign_with(&mut key, wants_secret)?;
        let entry = audit::created(&key, &by, now);
        self.store
            .create(std::slice::from_ref(&key), &entry)
            .await?;
        audit::tell(&entry);
        let text = minted.text;
        Ok(Made { key, text, signing })
    }

    /// Gives a key a new text, and a new secret to sign with if the newest text has one or one is asked for. The
    /// old ones go on to count until the grace is over, at most 90 days; a grace of zero ends them at once. A key
    /// that is over cannot be rotated.
    pub async fn rotate(
        &self,
        sets: &[KeySet],
        id: &str,
        rotation: impl Into<Rotation>,
        reach: Reach<'_>,
        by: &str,
        now: SystemTime,
    ) -> Result<Made, Error> {
        let change = Change { reach, by, now };
        self.rotate_if(sets, id, rotation.into(), change, &|_| Ok(()))
            .await
    }

    /// Like [`Registry::rotate`], if that may be done to the key as it is when it is done.
    pub(super) async fn rotate_if(
        &self,
        sets: &[KeySet],
        id: &str,
        Rotation { grace, signing }: Rotation,
        change: Change<'_>,
        may: &(dyn Fn(&ApiKey) -> Result<(), Error> + Sync),
    ) -> Result<Made, Error> {
        if grace > life::MOST_GRACE {
            return Err(Error::invalid("grace", "must be at most 90 days"));
        }
        let (by, now) = (audit::named(change.by), life::whole(change.now));
        for _ in 0..TRIES {
            let seen = self.show(id, change.reach).await?.key;
            may(&seen)?;
            life::goes_on(&seen, now)?;
            let minted = format(set_of(sets, &seen)?)?.mint(Some(&seen.id))?;
            let mut key = life::renewed(&seen, &minted, grace, now)?;
            let former = seen.generations.first();
            let wants_secret = signing || former.is_some_and(|newest| newest.signing.is_some());
            let signing = self.sign_with(&mut key, wants_secret)?;
            let entry = audit::rotated(&key, grace, &by, now);
            if self.replaced(&key, &entry).await? {
                let text = minted.text;
                return Ok(Made { key, text, signing });
            }
        }
        Err(store::Error::Changed.into())
    }

    /// Ends a key for good. One that was revoked before stays as it is.
    pub async fn revoke(
        &self,
        id: &str,
        reach: Reach<'_>,
        by: &str,
        now: SystemTime,
    ) -> Result<ApiKey, Error> {
        let (by, now) = (audit::named(by), life::whole(now));
        for _ in 0..TRIES {
            let mut key = self.show(id, reach).await?.key;
            if key.revoked_at.is_some() {
                return Ok(key);
            }
            key.revoked_at = Some(now);
            key.version = key.version.saturating_add(1);
            let entry = audit::revoked(&key, &by, now);
            if self.replaced(&key, &entry).await? {
                return Ok(key);
            }
        }
        Err(store::Error::Changed.into())
    }

    /// One key.
    pub async fn show(&self, id: &str, reach: Reach<'_>) -> Result<Listed, Error> {
        if !check::is_id(id) {
            return Err(Error::Unknown);
        }
        let found = self.store.key(id).await?;
        found
            .filter(|found| reach.holds(&found.key))
            .ok_or(Error::Unknown)
    }

    /// Keys, page by page.
    pub async fn list(&self, filter: &Filter) -> Result<Page, Error> {
        Ok(self.store.list(filter).await?)
    }

    /// What was changed, the newest first; of one key or of all.
    pub async fn audit(&self, id: Option<&str>, limit: u32) -> Result<Vec<AuditEntry>, Error> {
        if let Some(id) = id {
            self.show(id, Reach::default()).await?;
        }
        Ok(self.store.audit(id, limit).await?)
    }

    /// A key of another system as [`Registry::import`] would keep it; nothing is added.
    pub fn acceptable(key: ApiKey, by: &str, now: SystemTime) -> Result<ApiKey, Error> {
        import::one(key, &audit::named(by), life::whole(now))
    }

    /// Adds keys of another system by their hashes, all or none; an empty id is made here. The first key
    /// that is wrong is named by its place, from 1. Gives how many there were.
    pub async fn import(
        &self,
        keys: Vec<ApiKey>,
        by: &str,
        now: SystemTime,
    ) -> Result<usize, Error> {
        let (by, now) = (audit::named(by), life::whole(now));
        let keys = import::accepted(keys, &by, now)?;
        import::told_apart(&self.store, &keys).await?;
        if !keys.is_empty() {
            let entry = audit::imported(&keys, &by, now);
            self.store.create(&keys, &entry).await?;
            audit::tell(&entry);
        }
        Ok(keys.len())
    }

    /// Puts the next version in the place of the one before; says whether nobody else was faster.
    async fn replaced(&self, key: &ApiKey, entry: &AuditEntry) -> Result<bool, Error> {
        match self.store.replace(key, entry).await {
            Ok(()) => {
                if let Some(directory) = &self.directory {
                    directory.changed(key);
                }
                audit::tell(entry);
                Ok(true)
            }
            Err(store::Error::Changed) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// The set that a key belongs to.
fn set_of<'a>(sets: &'a [KeySet], key: &ApiKey) -> Result<&'a KeySet, Error> {
    let found = sets.iter().find(|set| *set.name == *key.set);
    found.ok_or_else(|| Error::invalid("set", "of this key is not in the policy"))
}

/// What new texts of a set look like.
fn format(set: &KeySet) -> Result<&Format, Error> {
    if !set.stored {
        let message = "keeps its keys elsewhere than in the store";
        return Err(Error::invalid("set", message));
    }
    let message = "has no `prefix`, so that no key can be made for it";
    set.format
        .as_ref()
        .ok_or_else(|| Error::invalid("set", message))
}
