//! The life of stored keys: made, rotated, revoked, each change with its audit entry.

use std::time::{Duration, SystemTime};

use ipnet::IpNet;
use serde_json::{Map, Value};

use crate::model::ApiKey;
use crate::secret::Secret;
use crate::store::{self, Filter, Listed, Page, Store};

use super::{FormatError, KeySet};

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// What was wished for makes no sense: the field, and what would be right.
    #[error("`{field}` {message}")]
    Invalid {
        /// The field, as documents call it.
        field: &'static str,
        /// What would be right.
        message: String,
    },
    /// There is no such key within reach.
    #[error("there is no such key")]
    Unknown,
    /// The key was revoked, or is over.
    #[error("the key is over: {0}")]
    Over(&'static str),
    /// Whoever asks may not have that.
    #[error("not allowed: {0}")]
    NotAllowed(String),
    /// No text could be made.
    #[error("no key can be made: {0}")]
    NotMade(#[from] FormatError),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What a new key is to be. Texts are checked: none empty, none longer than 256 bytes, no control characters.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewKey {
    /// A name for people.
    pub name: String,
    /// The tenant.
    pub tenant: Option<String>,
    /// Whose it is.
    pub owner: Option<String>,
    /// The owner's roles.
    pub roles: Option<Vec<String>>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The only sources it may speak for.
    pub sources: Option<Vec<String>>,
    /// The only networks it may be presented from.
    pub networks: Option<Vec<IpNet>>,
    /// Not good before.
    pub not_before: Option<SystemTime>,
    /// Not good from here on; without one, the set's lifetime counts.
    pub expires_at: Option<SystemTime>,
    /// Further facts.
    pub metadata: Map<String, Value>,
}

/// A key with its text, which is shown once.
#[derive(Debug)]
pub struct Made {
    /// The key.
    pub key: ApiKey,
    /// Its text.
    pub text: Secret,
}

/// Which keys somebody may see and change; all that is given has to agree.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reach<'a> {
    /// Only those of this set.
    pub set: Option<&'a str>,
    /// Only those of this tenant.
    pub tenant: Option<&'a str>,
}

/// Makes, shows and changes stored keys.
#[derive(Debug, Clone)]
pub struct Registry {
    store: Store,
}

impl Registry {
    /// Over this store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Makes a key.
    pub async fn make(
        &self,
        _set: &KeySet,
        _new: NewKey,
        _by: &str,
        _now: SystemTime,
    ) -> Result<Made, Error> {
        Err(Error::Unknown)
    }

    /// Gives a key a new text. The old ones go on to count until the grace is over, at most 90 days.
    pub async fn rotate(
        &self,
        _sets: &[KeySet],
        _id: &str,
        _grace: Duration,
        _reach: Reach<'_>,
        _by: &str,
        _now: SystemTime,
    ) -> Result<Made, Error> {
        Err(Error::Unknown)
    }

    /// Ends a key for good. One that was revoked before stays as it is.
    pub async fn revoke(
        &self,
        _id: &str,
        _reach: Reach<'_>,
        _by: &str,
        _now: SystemTime,
    ) -> Result<ApiKey, Error> {
        Err(Error::Unknown)
    }

    /// One key.
    pub async fn show(&self, _id: &str, _reach: Reach<'_>) -> Result<Listed, Error> {
        Err(Error::Unknown)
    }

    /// Keys, page by page.
    pub async fn list(&self, filter: &Filter) -> Result<Page, Error> {
        Ok(self.store.list(filter).await?)
    }

    /// Adds keys of another system by their hashes, all or none.
    pub async fn import(
        &self,
        _keys: Vec<ApiKey>,
        _by: &str,
        _now: SystemTime,
    ) -> Result<usize, Error> {
        Err(Error::Unknown)
    }
}
