//! One file on this machine.
//!
//! One thread writes, one looks keys up and follows changes, one lists; each has a connection of its
//! own and a bounded queue before it. Changes of other processes are found in the table of changes,
//! which is looked at several times a second; our own are told as soon as they are written.

mod error;
mod file;
mod migrate;
mod read;
mod worker;
mod write;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use self::file::{Access, File, transaction};
use self::worker::{Task, Worker};
use super::change::KEPT;
use super::feed::Feed;
use super::{AuditEntry, Error, Filter, Listed, Lookup, Page, Settings, Uses, Version};
use crate::model::ApiKey;

/// How often changes of other processes are looked for.
const LOOK: Duration = Duration::from_millis(200);
/// How often old changes are removed.
const PRUNE: Duration = Duration::from_secs(300);
/// What a change of one key may take beyond the usual, because it waits for the disk.
const DISK: Duration = Duration::from_secs(2);
/// What making one key may take beyond that.
const EACH: Duration = Duration::from_micros(500);

#[derive(Debug)]
pub(super) struct Sqlite {
    finder: Worker,
    lister: Worker,
    writer: Worker,
    timeout: Duration,
    feed: Feed,
    /// The file whose changes were looked at last.
    followed: AtomicU64,
    written: Notify,
}

impl Sqlite {
    /// Opens the file, and makes it or brings it up to date when that is wished.
    pub(super) fn open(path: &Path, settings: &Settings) -> Result<Self, Error> {
        let patience = settings.timeout;
        if settings.migrate {
            migrate_file(path, patience)?;
        }
        let worker = |name, access| {
            let mut file = File::new(path, patience, access);
            file.with(|_, _| Ok(()))?;
            Worker::start(name, file)
        };
        Ok(Self {
            writer: worker("store-write", Access::Write)?,
            finder: worker("store-find", Access::Read)?,
            lister: worker("store-list", Access::Read)?,
            timeout: patience,
            feed: Feed::default(),
            followed: AtomicU64::new(0),
            written: Notify::new(),
        })
    }

    pub(super) fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Looks for changes for ever.
    pub(super) async fn run(&self) {
        let mut pruned: Option<Instant> = None;
        loop {
            match self.changes().await {
                Ok(batch) => self.feed.tell(batch),
                Err(error) => self.feed.lose(&error),
            }
            if pruned.is_none_or(|last| last.elapsed() >= PRUNE) {
                pruned = Some(Instant::now());
                if let Err(error) = self.prune(KEPT).await {
                    tracing::debug!(%error, "old changes were not removed");
                }
            }
            // Either something was written here, or it is time.
            let _ = timeout(LOOK, self.written.notified()).await;
        }
    }

    /// What has changed. Of another file than the one before nothing is known, whatever its numbers are: keys
    /// may have been looked up in that one whose making was not told yet.
    async fn changes(&self) -> Result<super::feed::Batch, Error> {
        let (known, before) = (self.feed.position(), self.followed.load(Ordering::Acquire));
        let work = move |task: Task<'_>| {
            let known = known.filter(|_| task.file == before);
            Ok((read::changes(task.connection, known)?, task.file))
        };
        let (batch, file) = self.finder.ask(self.timeout, work).await?;
        self.followed.store(file, Ordering::Release);
        Ok(batch)
    }

    /// Removes changes that are older, and all but so many.
    pub(super) async fn prune(&self, (age, rows): (Duration, i64)) -> Result<(), Error> {
        let micros = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
        self.change(self.timeout, move |connection| {
            write::prune(connection, micros, rows)
        })
        .await
    }

    pub(super) async fn find(&self, set: &str, lookup: Lookup<'_>) -> Result<Vec<ApiKey>, Error> {
        let set: Box<str> = set.into();
        let wanted = read::Wanted::from(lookup);
        let work = move |task: Task<'_>| read::find(task.connection, &set, &wanted);
        self.finder.ask(self.timeout, work).await
    }

    pub(super) async fn key(&self, id: &str) -> Result<Option<Listed>, Error> {
        let id: Box<str> = id.into();
        let work = move |task: Task<'_>| read::key(task.connection, &id);
        self.finder.ask(self.timeout, work).await
    }

    pub(super) async fn list(&self, filter: &Filter) -> Result<Page, Error> {
        let filter = filter.clone();
        let work = move |task: Task<'_>| read::list(task.connection, &filter);
        self.lister.ask(self.timeout + DISK, work).await
    }

    pub(super) async fn audit(
        &self,
        key: Option<&str>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, Error> {
        let key: Option<Box<str>> = key.map(Into::into);
        let work = move |task: Task<'_>| read::audit(task.connection, key.as_deref(), limit);
        self.lister.ask(self.timeout + DISK, work).await
    }

    pub(super) async fn create(&self, keys: &[ApiKey], audit: &AuditEntry) -> Result<(), Error> {
        let number = u32::try_from(keys.len()).unwrap_or(u32::MAX);
        let patience = self.timeout + DISK + EACH.saturating_mul(number);
        let keys: Arc<[ApiKey]> = keys.into();
        let audit = audit.clone();
        self.change(patience, move |connection| {
            write::create(connection, &keys, &audit)
        })
        .await
    }

    pub(super) async fn replace(&self, key: &ApiKey, audit: &AuditEntry) -> Result<(), Error> {
        let (key, audit) = (key.clone(), audit.clone());
        self.change(self.timeout + DISK, move |connection| {
            write::replace(connection, &key, &audit)
        })
        .await
    }

    pub(super) async fn count(&self, uses: &[Uses]) -> Result<(), Error> {
        let uses = uses.to_vec();
        self.change(self.timeout + DISK, move |connection| {
            write::count(connection, &uses)
        })
        .await
    }

    /// Lets the file not grow any more, as a full disk does.
    #[cfg(test)]
    pub(super) async fn limit_pages(&self) {
        let limit = |task: Task<'_>| {
            let pages: i64 = task
                .connection
                .pragma_query_value(None, "page_count", |row| row.get(0))
                .unwrap();
            task.connection
                .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
                .unwrap();
            Ok(())
        };
        self.writer.ask(self.timeout, limit).await.unwrap();
    }

    /// Changes something, all or none, and has it told.
    async fn change(
        &self,
        patience: Duration,
        work: impl FnOnce(&rusqlite::Connection) -> Result<(), Error> + Send + 'static,
    ) -> Result<(), Error> {
        let whole =
            move |task: Task<'_>| transaction(task.connection, task.wanted, |inside| work(inside));
        let result = self.writer.ask(patience, whole).await;
        self.written.notify_one();
        result
    }
}

/// Makes the file, or brings it up to date; gives the version that it had.
pub(super) fn migrate_file(path: &Path, timeout: Duration) -> Result<Version, Error> {
    file::create(path)?;
    let mut connection = file::connect(path, timeout, Access::Write)?;
    migrate::migrate(&mut connection)
}

/// The version that the file has; 0 when there is no file.
pub(super) fn version_of_file(path: &Path, timeout: Duration) -> Result<Version, Error> {
    if !path.exists() {
        return Ok(Version {
            found: 0,
            wanted: migrate::wanted(),
        });
    }
    migrate::version(&file::connect(path, timeout, Access::Read)?)
}
