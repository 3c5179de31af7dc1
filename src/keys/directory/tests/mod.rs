//! The directory over a real SQLite file, which is moved away to be lost.

mod changes;
mod finds;
mod floods;
mod races;
mod silence;
mod uses;

use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::*;
use crate::keys::sample;
use crate::model::ApiKey;
use crate::store::{self, AuditEntry};

pub(super) const SET: &str = "partners";

/// A directory that follows a store, and somebody else who has the same file open.
struct World {
    directory: Arc<Directory>,
    other: Store,
    running: Vec<JoinHandle<()>>,
    folder: TempDir,
}

impl Drop for World {
    fn drop(&mut self) {
        self.running.iter().for_each(JoinHandle::abort);
    }
}

impl World {
    /// One that follows changes already.
    async fn new(settings: Settings) -> Self {
        let mut world = Self::resting(settings);
        let (store, directory) = (world.other.clone(), Arc::clone(&world.directory));
        let own = directory.store().unwrap().clone();
        world.running = vec![
            tokio::spawn(async move { store.run().await }),
            tokio::spawn(async move { own.run().await }),
            tokio::spawn(async move { directory.run().await }),
        ];
        let directory = Arc::clone(&world.directory);
        wait_until(|| directory.desk().trust.is_followed()).await;
        world
    }

    /// One that does not follow.
    fn resting(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("here/keys.db");
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        let open = || Store::open(&store::Settings::sqlite(&path)).unwrap();
        let directory = Directory::new(Some(open()), &settings, &Registry::new()).unwrap();
        Self {
            directory,
            other: open(),
            running: Vec::new(),
            folder,
        }
    }

    async fn usual() -> Self {
        Self::new(Settings::default()).await
    }

    /// Somebody else makes keys.
    async fn make(&self, keys: &[ApiKey]) {
        self.other.create(keys, &audit("create")).await.unwrap();
    }

    /// Somebody else makes a key with this text.
    async fn make_one(&self, text: &[u8]) -> ApiKey {
        let key = sample::key(SET, text);
        self.make(std::slice::from_ref(&key)).await;
        key
    }

    /// Somebody else revokes a key.
    async fn revoke(&self, key: &ApiKey) -> ApiKey {
        let mut key = key.clone();
        key.revoked_at = Some(key.created_at);
        key.version += 1;
        self.other.replace(&key, &audit("revoke")).await.unwrap();
        key
    }

    async fn find(&self, text: &[u8]) -> Finding {
        self.directory.find(SET, text).await
    }

    async fn known(&self, text: &[u8]) -> Arc<Known> {
        known(self.find(text).await)
    }

    /// How many look-ups went to the store.
    fn asked(&self) -> u64 {
        self.directory.desk().metrics.took.get_sample_count()
    }

    /// Where the folder of the file is while it is lost.
    fn away(&self) -> PathBuf {
        self.folder.path().join("away")
    }

    fn here(&self) -> PathBuf {
        self.folder.path().join("here")
    }

    fn lose(&self) {
        std::fs::rename(self.here(), self.away()).unwrap();
    }

    fn bring_back(&self) {
        std::fs::rename(self.away(), self.here()).unwrap();
    }

    /// Loses the store, and waits until that is known.
    async fn lost(&self) {
        self.lose();
        wait_until(|| self.directory.desk().trust.is_lost()).await;
    }

    /// Brings the store back, and waits until that is known.
    async fn back(&self) {
        self.bring_back();
        wait_until(|| !self.directory.desk().trust.is_lost()).await;
    }
}

impl Directory {
    fn desk(&self) -> &Arc<Desk> {
        self.desk.as_ref().unwrap()
    }
}

fn audit(action: &str) -> AuditEntry {
    AuditEntry {
        at: SystemTime::UNIX_EPOCH,
        by: "test".into(),
        action: action.into(),
        key: None,
        tenant: None,
        detail: serde_json::Map::new(),
    }
}

#[track_caller]
fn known(finding: Finding) -> Arc<Known> {
    match finding {
        Finding::Known(known) => known,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_unknown(finding: &Finding) {
    assert!(matches!(finding, Finding::Unknown), "{finding:?}");
}

#[track_caller]
fn assert_silent(finding: &Finding) {
    let is_silent = matches!(finding, Finding::Unavailable(Reason::StoreUnavailable));
    assert!(is_silent, "{finding:?}");
}

/// Waits, for at most ten seconds on a busy machine.
async fn wait_until(is_so: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if is_so() {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came");
}
