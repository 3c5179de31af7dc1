//! What is remembered of API keys: SQLite or PostgreSQL.
//!
//! This room knows tables, transactions, connections and how changes made elsewhere become known here.
//! It refuses to know what makes a key good, who may change one, and what a caller is told: it keeps
//! records and gives them back.
//!
//! Straight line: [`Settings`] -> [`Store::open`] -> [`Store::run`] beside whoever asks.
//!
//! Always: a text of a key never comes here, only what was made of it; a change and its audit entry
//! are one transaction; changes become known in the order in which they were made, and when that
//! cannot be said for sure, [`Event::Gap`] says so; a store that does not answer in time is an error,
//! never "no such key".

mod error;
mod record;
mod settings;

use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::mpsc;

use crate::model::ApiKey;

pub use error::Error;
pub use record::{AuditEntry, Event, Filter, Listed, Lookup, Page, Uses};
pub use settings::{Backend, Settings};

/// A store. Clones are the same store; any thread may ask, from any runtime.
#[derive(Debug, Clone)]
pub struct Store(Arc<()>);

impl Store {
    /// Takes what is needed to reach the database. SQLite is opened and brought up to date now;
    /// PostgreSQL is not asked before [`Store::run`].
    pub fn open(_settings: &Settings) -> Result<Self, Error> {
        Ok(Self(Arc::new(())))
    }

    /// Keeps connections, and tells every follower what changes. Never returns while the store is in use;
    /// has to run for anything else to be answered. Runs on any tokio runtime.
    pub async fn run(&self) {
        std::future::pending().await
    }

    /// Whether the database answered the last time it was asked, and since when it did not.
    pub fn trouble(&self) -> Option<String> {
        None
    }

    /// What changes from now on. The first event is [`Event::Gap`], once the store follows changes.
    pub fn follow(&self) -> mpsc::UnboundedReceiver<Event> {
        mpsc::unbounded_channel().1
    }

    /// The keys of a set whose text may be this one, with the version of the feed they were read at.
    pub async fn find(&self, _set: &str, _lookup: Lookup<'_>) -> Result<Vec<ApiKey>, Error> {
        Err(Error::Unavailable("not built".into()))
    }

    /// One key by its id, with its uses.
    pub async fn key(&self, _id: &str) -> Result<Option<Listed>, Error> {
        Err(Error::Unavailable("not built".into()))
    }

    /// Keys in the order of their ids.
    pub async fn list(&self, _filter: &Filter) -> Result<Page, Error> {
        Err(Error::Unavailable("not built".into()))
    }

    /// Adds keys, all or none. [`Error::Exists`] when an id, or a SHA-256 in the same set, is taken.
    pub async fn create(&self, _keys: &[ApiKey], _audit: &AuditEntry) -> Result<(), Error> {
        Err(Error::Unavailable("not built".into()))
    }

    /// Puts a changed key in the place of the one whose version is one less than its own.
    /// [`Error::Changed`] when somebody else was faster; [`Error::Unknown`] when there is none.
    pub async fn replace(&self, _key: &ApiKey, _audit: &AuditEntry) -> Result<(), Error> {
        Err(Error::Unavailable("not built".into()))
    }

    /// Adds to what is counted of uses, all or none. Keys that are gone are passed over.
    pub async fn count(&self, _uses: &[Uses]) -> Result<(), Error> {
        Err(Error::Unavailable("not built".into()))
    }

    /// What was changed, the newest first, at most `limit` entries; of one key or of all.
    pub async fn audit(&self, _key: Option<&str>, _limit: u32) -> Result<Vec<AuditEntry>, Error> {
        Err(Error::Unavailable("not built".into()))
    }

    /// When the last change was made that a follower has been told of; for tests and status.
    pub fn followed_until(&self) -> Option<SystemTime> {
        None
    }
}
