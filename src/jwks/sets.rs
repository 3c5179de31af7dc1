//! All key sets of the process, shared by every policy that names them.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::disk::DiskCopy;
use super::edge::read_file;
use super::error::{Error, FetchError};
use super::fetch::Fetcher;
use super::keyset::KeySet;
use super::load::Loader;
use super::metrics::Metrics;
use super::refresh::Refresh;
use super::set::ParsedSet;
use super::settings::Settings;
use super::source::{Origin, Source};
use super::status::KeySetStatus;
use crate::telemetry::Registry;

/// The process's key sets. They outlive policies: what two of them share is fetched once.
pub struct KeySets {
    settings: Arc<Settings>,
    fetcher: Arc<Fetcher>,
    metrics: Arc<Metrics>,
    sets: Mutex<Vec<Weak<KeySet>>>,
    /// New sets on their way to [`KeySets::run`].
    opened: mpsc::UnboundedSender<Refresh>,
    waiting: AsyncMutex<mpsc::UnboundedReceiver<Refresh>>,
}

impl std::fmt::Debug for KeySets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeySets").finish_non_exhaustive()
    }
}

impl KeySets {
    /// No key sets yet. Reads the CA file, asks nobody.
    pub fn new(settings: Settings, registry: &Registry) -> Result<Arc<Self>, Error> {
        let (opened, waiting) = mpsc::unbounded_channel();
        Ok(Arc::new(Self {
            fetcher: Arc::new(Fetcher::new(&settings)?),
            metrics: Arc::new(Metrics::new(registry)?),
            settings: Arc::new(settings),
            sets: Mutex::default(),
            opened,
            waiting: AsyncMutex::new(waiting),
        }))
    }

    /// The key set of a source. The same origin gives the same set, which lives until the last
    /// holder lets it go.
    ///
    /// Files, inline sets and copies on disk are read here, once, and serve at once; the network is
    /// asked by [`KeySets::run`] alone.
    pub fn subscribe(self: &Arc<Self>, source: Source) -> Arc<KeySet> {
        let loader = Loader::new(&source, &self.fetcher, self.settings.max_size);
        self.open(source, loader)
    }

    pub(super) fn open(&self, source: Source, loader: Option<Loader>) -> Arc<KeySet> {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        sets.retain(|set| set.strong_count() > 0);
        let mut alive = sets.iter().filter_map(Weak::upgrade);
        if let Some(known) = alive.find(|set| set.source().is_same(&source)) {
            return known;
        }
        let metrics = self.metrics.of(&source.issuer);
        let (wake, knocks) = mpsc::channel(1);
        let wake = loader.is_some().then_some(wake);
        let set = Arc::new(KeySet::new(source, wake, self.settings.timeout, metrics));
        sets.push(Arc::downgrade(&set));
        drop(sets);
        let disk = self.settings.cache_dir.as_deref();
        let disk = disk.and_then(|folder| DiskCopy::new(folder, set.source()));
        self.preload(&set, disk.as_ref());
        if let Some(loader) = loader {
            // The receiver lives as long as this value: sending cannot fail.
            let _ = self.opened.send(Refresh {
                set: Arc::downgrade(&set),
                wake: knocks,
                loader,
                settings: Arc::clone(&self.settings),
                disk,
                last: None,
                saving: None,
            });
        }
        set
    }

    /// Serves what this machine already has.
    fn preload(&self, set: &KeySet, disk: Option<&DiskCopy>) {
        let stale_at = Instant::now().checked_add(self.settings.max_stale);
        let max_size = self.settings.max_size;
        let (read, stale_at) = match &set.source().origin {
            Origin::Inline(document) => (ParsedSet::from_json(document).map_err(Into::into), None),
            Origin::File(path) => {
                let text = read_file(path, max_size);
                let parsed = text.and_then(|text| Ok(ParsedSet::parse(&text)?));
                (parsed, stale_at)
            }
            Origin::Url(_) | Origin::Discovery { .. } => {
                disk.into_iter().for_each(|disk| self.recall(set, disk));
                return;
            }
        };
        let failure: Option<FetchError> = match read {
            Ok(parsed) => {
                set.publish(parsed, Duration::ZERO, stale_at);
                None
            }
            Err(error) => Some(error),
        };
        set.note(failure.as_ref());
    }

    /// Serves the copy on disk, as old as it is, while the first fetch runs.
    fn recall(&self, set: &KeySet, disk: &DiskCopy) {
        let issuer = &set.source().issuer;
        match disk.read(self.settings.max_size) {
            Ok(None) => {}
            Ok(Some((parsed, age))) => match self.settings.max_stale.checked_sub(age) {
                Some(left) => {
                    tracing::info!(%issuer, age = ?age, "the copy of the key set on disk serves");
                    set.publish(parsed, age, Instant::now().checked_add(left));
                }
                None => tracing::warn!(%issuer, age = ?age, "the copy on disk is too old"),
            },
            Err(error) => tracing::warn!(%issuer, %error, "the copy on disk is not used"),
        }
    }

    /// Keeps every set fresh. Runs once per process, on the control runtime; never returns.
    pub async fn run(self: Arc<Self>) {
        let mut opened = self.waiting.lock().await;
        let mut refreshes = JoinSet::new();
        loop {
            tokio::select! {
                Some(refresh) = opened.recv() => {
                    refreshes.spawn(refresh.run());
                }
                Some(ended) = refreshes.join_next() => {
                    if let Err(error) = ended {
                        tracing::error!(%error, "the refresh of a key set broke off");
                    }
                }
            }
        }
    }

    /// How every set is doing, in the order of their first use.
    pub fn status(&self) -> Vec<KeySetStatus> {
        self.alive()
            .iter()
            .map(|set| KeySetStatus::of(set))
            .collect()
    }

    /// Whether every issuer's tokens can be verified.
    pub fn all_ready(&self) -> bool {
        self.alive().iter().all(|set| set.is_ready())
    }

    fn alive(&self) -> Vec<Arc<KeySet>> {
        let sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        sets.iter().filter_map(Weak::upgrade).collect()
    }
}
