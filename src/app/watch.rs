//! Noticing that the policy file was written.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _, recommended_watcher};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tracing::warn;

/// How long a file must lie still before it counts as written.
const STILL: Duration = Duration::from_millis(200);
/// How often to wait for that; a file that never lies still is read in the end.
const PATIENCE: u32 = 10;

/// Watches the folders that a file's name leads through.
///
/// Not the file: a Kubernetes ConfigMap is changed by exchanging a symbolic link beside it, and
/// editors put a new file in the old one's place; a watch on the file would stay with the old one.
#[derive(Debug)]
pub(super) struct Watch {
    path: PathBuf,
    watcher: Option<RecommendedWatcher>,
    folders: BTreeSet<PathBuf>,
    events: mpsc::Receiver<()>,
    /// Something may have changed and nobody was told yet.
    restless: bool,
}

impl Watch {
    /// Watches from here on. Where the system gives no events there are none; who needs to be sure
    /// looks at the file from time to time as well.
    pub(super) fn new(path: &Path) -> Self {
        let (sender, events) = mpsc::channel(1);
        let watcher = recommended_watcher(move |event: notify::Result<notify::Event>| {
            if !event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_))) {
                // A full channel says the same already.
                let _ = sender.try_send(());
            }
        });
        let mut watch = Self {
            path: path.to_owned(),
            watcher: watcher.map_err(|error| unwatched(path, &error)).ok(),
            folders: BTreeSet::new(),
            events,
            restless: false,
        };
        watch.renew();
        watch
    }

    /// Waits until something may have changed, and then until the file lies still. Loses nothing when
    /// it is dropped before.
    pub(super) async fn changed(&mut self) {
        if !self.restless && self.events.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
        self.restless = true;
        settled(&self.path).await;
        // What came meanwhile is about what will be read now.
        let _ = self.events.try_recv();
        self.restless = false;
        self.renew();
    }

    /// Has [`Watch::changed`] come back though there was no event.
    pub(super) fn look_anyway(&mut self) {
        self.restless = true;
    }

    /// Follows the links again, for they may lead elsewhere now.
    fn renew(&mut self) {
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        let now = folders(&self.path);
        for gone in self.folders.difference(&now) {
            let _ = watcher.unwatch(gone);
        }
        // Watching again what is watched already is how to follow a folder that was itself replaced.
        for folder in &now {
            if let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive) {
                unwatched(folder, &error);
            }
        }
        self.folders = now;
    }
}

fn unwatched(path: &Path, error: &notify::Error) {
    warn!(path = %path.display(), %error, "changes are noticed late: the folder cannot be watched");
}

/// The folder that the name is in, and the one that the file is in.
fn folders(path: &Path) -> BTreeSet<PathBuf> {
    let named = std::path::absolute(path);
    let real = fs::canonicalize(path);
    let parent = |path: PathBuf| path.parent().map(Path::to_owned);
    let both = [named.ok(), real.ok()].into_iter().flatten();
    both.filter_map(parent).collect()
}

/// What tells one state of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    /// The file's number, and when it was made: numbers are used again.
    file: (u64, Option<SystemTime>),
    length: u64,
    written: Option<SystemTime>,
}

impl Stamp {
    pub(super) fn of(path: &Path) -> Option<Self> {
        let facts = fs::metadata(path).ok()?;
        Some(Self {
            file: (facts.ino(), facts.created().ok()),
            length: facts.len(),
            written: facts.modified().ok(),
        })
    }
}

/// Waits until nobody is writing the file. Half a file may well be a valid file with half of the
/// rules. One that another was put in the place of was written before.
pub(super) async fn settled(path: &Path) {
    for _ in 0..PATIENCE {
        let before = Stamp::of(path);
        sleep(STILL).await;
        if !is_being_written(before, Stamp::of(path)) {
            return;
        }
    }
}

/// Whether the same file changed between two looks.
pub(super) fn is_being_written(before: Option<Stamp>, after: Option<Stamp>) -> bool {
    before != after && before.map(|stamp| stamp.file) == after.map(|stamp| stamp.file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tokio::time::{Instant, timeout};

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    async fn notices(watch: &mut Watch, change: impl FnOnce()) -> bool {
        change();
        timeout(SOON, watch.changed()).await.is_ok()
    }

    #[tokio::test]
    async fn every_swap_of_a_config_map_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let publish = |version: &str| {
            fs::create_dir(at(version)).unwrap();
            fs::write(at(version).join("policy.yaml"), version).unwrap();
            symlink(version, at("..data_tmp")).unwrap();
            fs::rename(at("..data_tmp"), at("..data")).unwrap();
        };
        publish("..1");
        symlink("..data/policy.yaml", at("policy.yaml")).unwrap();
        let mut watch = Watch::new(&at("policy.yaml"));
        assert!(notices(&mut watch, || publish("..2")).await);
        fs::remove_dir_all(at("..1")).unwrap();
        assert!(notices(&mut watch, || publish("..3")).await);
        assert_eq!(fs::read_to_string(at("policy.yaml")).unwrap(), "..3");
    }

    #[tokio::test]
    async fn file_behind_a_link_and_file_replaced_by_rename_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        let (name, real) = (
            folder.path().join("policy.yaml"),
            other.path().join("real.yaml"),
        );
        fs::write(&real, "1").unwrap();
        symlink(&real, &name).unwrap();
        let mut watch = Watch::new(&name);
        assert!(notices(&mut watch, || fs::write(&real, "2").unwrap()).await);
        for text in ["3", "4"] {
            let replace = || {
                fs::write(folder.path().join("new"), text).unwrap();
                fs::rename(folder.path().join("new"), &name).unwrap();
            };
            assert!(notices(&mut watch, replace).await);
        }
    }

    /// The time that passes here is the runtime's, so a busy machine changes nothing.
    #[tokio::test(start_paused = true)]
    async fn file_that_is_being_written_is_left_alone_until_it_lies_still() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.yaml");
        fs::write(&path, "").unwrap();
        let writer = tokio::spawn({
            let path = path.clone();
            async move {
                for length in 1..=8 {
                    sleep(STILL / 2).await;
                    fs::write(&path, "x".repeat(length)).unwrap();
                }
                Instant::now()
            }
        });
        // So that no look falls on the moment of a write.
        sleep(STILL / 4).await;
        settled(&path).await;
        let looked_last = Instant::now();
        assert_eq!(fs::read(&path).unwrap().len(), 8);
        assert!(looked_last >= writer.await.unwrap() + STILL);
    }
}
