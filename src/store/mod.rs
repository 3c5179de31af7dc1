//! What is remembered of API keys: SQLite or PostgreSQL.
//!
//! This room knows tables, transactions, connections and how changes made elsewhere become known here.
//! It refuses to know what makes a key good, who may change one, and what a caller is told: it keeps
//! records and gives them back.
//!
//! Straight line: [`Settings`] -> [`Store::open`] -> [`Store::run`] beside whoever asks.
//!
//! The tables are described where they are made, `sqlite/migrations` and `postgres/migrations`: keys,
//! their generations (hashes of texts), uses, changes (what followers read, by growing number), audit.
//!
//! Always: a text of a key never comes here, only what was made of it; a change and its audit entry
//! are one transaction; changes become known in the order in which they were made, and when that
//! cannot be said for sure, [`Event::Gap`] says so; a store that does not answer in time is an error,
//! never "no such key". Moments are kept in whole microseconds.
#![cfg_attr(
    not(any(feature = "sqlite", feature = "postgres")),
    expect(
        dead_code,
        unused_variables,
        unreachable_code,
        reason = "what both databases share waits for one of them"
    )
)]

mod change;
mod error;
mod feed;
#[cfg(feature = "postgres")]
mod postgres;
mod record;
mod row;
mod settings;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(test)]
mod tests;
mod time;
mod url;
mod version;

use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::mpsc;

use crate::model::ApiKey;

pub use error::Error;
pub use record::{AuditEntry, Event, Filter, Listed, Lookup, Page, Uses};
pub use settings::Settings;
pub use url::Backend;
pub use version::Version;

/// A store. Clones are the same store; any thread may ask, from any runtime that has time.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
enum Inner {
    #[cfg(feature = "sqlite")]
    Sqlite(Box<sqlite::Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(Box<postgres::Postgres>),
}

/// Asks whichever database it is. The one place that tells them apart, once they are open.
macro_rules! either {
    ($store:expr, $database:ident => $answer:expr) => {
        match *$store.0 {
            #[cfg(feature = "sqlite")]
            Inner::Sqlite(ref $database) => $answer,
            #[cfg(feature = "postgres")]
            Inner::Postgres(ref $database) => $answer,
        }
    };
}

impl Store {
    /// Takes what is needed to reach the database. SQLite is opened and brought up to date now;
    /// PostgreSQL is not asked before [`Store::run`].
    pub fn open(settings: &Settings) -> Result<Self, Error> {
        let inner = match &settings.backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite(path) => Inner::Sqlite(sqlite::Sqlite::open(path, settings)?.into()),
            #[cfg(feature = "postgres")]
            Backend::Postgres(url) => {
                Inner::Postgres(postgres::Postgres::open(url, settings)?.into())
            }
            #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
            absent => return Err(not_built(absent)),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Makes the tables, or brings them up to date; gives the version they had. Needs no open store, and
    /// is what `migrate: false` asks for.
    pub async fn migrate(settings: &Settings) -> Result<Version, Error> {
        match &settings.backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite(path) => sqlite::migrate_file(path, settings.timeout),
            #[cfg(feature = "postgres")]
            Backend::Postgres(url) => postgres::migrate(url, settings).await,
            #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
            absent => Err(not_built(absent)),
        }
    }

    /// Which version the tables have. Changes nothing, and makes no file.
    pub async fn version(settings: &Settings) -> Result<Version, Error> {
        match &settings.backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite(path) => sqlite::version_of_file(path, settings.timeout),
            #[cfg(feature = "postgres")]
            Backend::Postgres(url) => postgres::version(url, settings).await,
            #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
            absent => Err(not_built(absent)),
        }
    }

    /// Keeps connections, and tells every follower what changes. Never returns while the store is in use;
    /// has to run for anything else to be answered. Runs on any tokio runtime.
    pub async fn run(&self) {
        either!(self, database => database.run().await)
    }

    /// What is wrong, and for how long; nothing when the database answered the last time it was asked.
    pub fn trouble(&self) -> Option<String> {
        either!(self, database => database.feed().trouble())
    }

    /// What changes from now on. The first event is [`Event::Gap`], once the store follows changes, or
    /// [`Event::Lost`] while the database does not answer.
    pub fn follow(&self) -> mpsc::UnboundedReceiver<Event> {
        either!(self, database => database.feed().follow())
    }

    /// The keys of a set whose text may be this one, as they are in the database now.
    pub async fn find(&self, set: &str, lookup: Lookup<'_>) -> Result<Vec<ApiKey>, Error> {
        either!(self, database => database.find(set, lookup).await)
    }

    /// One key by its id, with its uses.
    pub async fn key(&self, id: &str) -> Result<Option<Listed>, Error> {
        either!(self, database => database.key(id).await)
    }

    /// Keys in the order of their ids.
    pub async fn list(&self, filter: &Filter) -> Result<Page, Error> {
        either!(self, database => database.list(filter).await)
    }

    /// Adds keys, all or none. [`Error::Exists`] when an id, or a SHA-256 in the same set, is taken. Of
    /// more than 256 at once followers are told by one [`Event::Gap`].
    pub async fn create(&self, keys: &[ApiKey], audit: &AuditEntry) -> Result<(), Error> {
        either!(self, database => database.create(keys, audit).await)
    }

    /// Puts a changed key in the place of the one whose version is one less than its own.
    /// [`Error::Changed`] when somebody else was faster; [`Error::Unknown`] when there is none.
    pub async fn replace(&self, key: &ApiKey, audit: &AuditEntry) -> Result<(), Error> {
        either!(self, database => database.replace(key, audit).await)
    }

    /// Adds to what is counted of uses, all or none. Keys that are gone are passed over.
    pub async fn count(&self, uses: &[Uses]) -> Result<(), Error> {
        either!(self, database => database.count(uses).await)
    }

    /// What was changed, the newest first, at most `limit` entries; of one key or of all.
    pub async fn audit(&self, key: Option<&str>, limit: u32) -> Result<Vec<AuditEntry>, Error> {
        either!(self, database => database.audit(key, limit).await)
    }

    /// When the last change was made that a follower has been told of; for tests and status.
    pub fn followed_until(&self) -> Option<SystemTime> {
        either!(self, database => database.feed().until())
    }
}

#[cfg(not(all(feature = "sqlite", feature = "postgres")))]
fn not_built(backend: &Backend) -> Error {
    Error::Unusable(format!("this sidegate was built without {}", backend.kind()).into())
}
