//! A server of PostgreSQL, shared by replicas.
//!
//! Three connections, each kept by itself: look-ups go pipelined over one, changes and lists one after
//! the other over the second, the third listens. Notifications say that something changed; what it
//! was is read from the table of changes, which is looked at twice a second anyway, because
//! notifications get lost with a connection. Whoever changes something takes a lock before it gets
//! its number, and keeps it until all see it: numbers appear in their order.

mod dial;
mod error;
mod line;
mod list;
mod listen;
mod lookup;
mod migrate;
mod pause;
mod read;
mod rows;
mod write;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::sleep;

use self::dial::Dialer;
pub(super) use self::dial::config;
use self::line::Line;
use self::lookup::Looker;
use self::pause::random_part;
use self::write::Changer;
use super::change::{KEPT, MADE};
use super::feed::Feed;
use super::{AuditEntry, Error, Filter, Listed, Lookup, Page, Settings, Uses, Version};
use crate::model::ApiKey;
use crate::secret::Secret;

/// How often old changes are removed, by each replica.
const PRUNE: Duration = Duration::from_secs(300);

#[derive(Debug)]
pub(super) struct Postgres {
    dialer: Dialer,
    look: Line<Looker>,
    change: Line<Changer>,
    feed: Feed,
    running: AtomicBool,
}

impl Postgres {
    /// Takes what is needed to connect.
    pub(super) fn open(url: &Secret, settings: &Settings) -> Result<Self, Error> {
        Ok(Self {
            dialer: Dialer::new(url, settings)?,
            look: Line::new("look-ups"),
            change: Line::new("changes"),
            feed: Feed::default(),
            running: AtomicBool::new(false),
        })
    }

    pub(super) fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Keeps the connections for ever.
    pub(super) async fn run(&self) {
        if self.running.swap(true, Ordering::Relaxed) {
            // One of them is enough, and two would tell everything twice.
            return std::future::pending().await;
        }
        let _stopped = Stopped(&self.running);
        let found = || {
            self.look.hope();
            self.change.hope();
        };
        tokio::join!(
            self.look.keep(&self.dialer),
            self.change.keep(&self.dialer),
            listen::follow(&self.dialer, &self.feed, &found),
            self.prune_at_times(),
        );
    }

    async fn prune_at_times(&self) {
        loop {
            // Replicas that were started together need not all do it at once.
            sleep(random_part(PRUNE)).await;
            if let Err(error) = self.prune(KEPT).await {
                tracing::debug!(%error, "old changes were not removed");
            }
            sleep(PRUNE).await;
        }
    }

    /// Removes changes that are older, and all but so many.
    pub(super) async fn prune(&self, kept: (Duration, i64)) -> Result<(), Error> {
        let ask = async |changer: &Changer| changer.prune(kept).await;
        self.change.ask(self.dialer.timeout, ask).await
    }

    pub(super) async fn find(&self, set: &str, lookup: Lookup<'_>) -> Result<Vec<ApiKey>, Error> {
        let ask = async |looker: &Looker| looker.find(set, lookup).await;
        self.look.ask(self.dialer.timeout, ask).await
    }

    pub(super) async fn key(&self, id: &str) -> Result<Option<Listed>, Error> {
        let ask = async |looker: &Looker| looker.key(id).await;
        self.look.ask(self.dialer.timeout, ask).await
    }

    pub(super) async fn list(&self, filter: &Filter) -> Result<Page, Error> {
        let ask = async |changer: &Changer| changer.list(filter).await;
        self.change.ask(self.dialer.timeout, ask).await
    }

    pub(super) async fn audit(
        &self,
        key: Option<&str>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, Error> {
        let ask = async |changer: &Changer| changer.audit(key, limit).await;
        self.change.ask(self.dialer.timeout, ask).await
    }

    pub(super) async fn create(&self, keys: &[ApiKey], audit: &AuditEntry) -> Result<(), Error> {
        if keys.len() > MADE {
            // They take their time, which nobody else should have to wait for.
            let work = async |changer: &Changer| changer.create(keys, audit).await;
            return self.dialer.once(work).await;
        }
        let ask = async |changer: &Changer| changer.create(keys, audit).await;
        self.change.ask(self.dialer.timeout, ask).await
    }

    pub(super) async fn replace(&self, key: &ApiKey, audit: &AuditEntry) -> Result<(), Error> {
        let ask = async |changer: &Changer| changer.replace(key, audit).await;
        self.change.ask(self.dialer.timeout, ask).await
    }

    pub(super) async fn count(&self, uses: &[Uses]) -> Result<(), Error> {
        let ask = async |changer: &Changer| changer.count(uses).await;
        self.change.ask(self.dialer.timeout, ask).await
    }
}

/// Lets the store be run again once it is not run any more.
struct Stopped<'a>(&'a AtomicBool);

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Makes the tables, or brings them up to date; gives the version that they had.
pub(super) async fn migrate(url: &Secret, settings: &Settings) -> Result<Version, Error> {
    let dialer = Dialer::new(url, settings)?;
    dialer
        .bare(async |mut client| migrate::migrate(&mut client).await)
        .await
}

/// The version that the tables have.
pub(super) async fn version(url: &Secret, settings: &Settings) -> Result<Version, Error> {
    let dialer = Dialer::new(url, settings)?;
    dialer
        .bare(async |client| migrate::version(&client).await)
        .await
}
