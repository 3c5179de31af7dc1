//! Keeping one key set fresh: wait, load, publish or keep what there is.

use std::sync::{Arc, Weak};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep_until, timeout};

use super::disk::DiskCopy;
use super::error::FetchError;
use super::freshness::{refresh_in, retry_in};
use super::jwk::Unusable;
use super::keyset::KeySet;
use super::load::{Loaded, Loader, Validator};
use super::set::ParsedSet;
use super::settings::Settings;

/// How often a file is looked at.
const FILE_POLL: Duration = Duration::from_secs(30);

/// How many left-out keys a log names one by one.
const MOST_NAMED: usize = 8;

/// The refresh of one key set. It ends when nobody holds the set any more.
pub(super) struct Refresh {
    pub(super) set: Weak<KeySet>,
    /// A caller with an unknown `kid` knocks here; closed when the set is gone.
    pub(super) wake: mpsc::Receiver<()>,
    pub(super) loader: Loader,
    pub(super) settings: Arc<Settings>,
    pub(super) disk: Option<DiskCopy>,
    /// What the published keys were read from.
    pub(super) last: Option<Last>,
    /// The write to disk that may still be under way.
    pub(super) saving: Option<JoinHandle<()>>,
}

/// The document behind the published keys.
pub(super) struct Last {
    pub(super) document: Value,
    pub(super) left_out: Vec<(usize, Unusable)>,
    pub(super) validator: Option<Validator>,
}

impl Refresh {
    /// Refreshes until the set is gone.
    pub(super) async fn run(mut self) {
        let mut next = Instant::now();
        while self.pause(next).await {
            let Some(pause) = self.flight().await else {
                return;
            };
            next = Instant::now() + pause;
        }
    }

    /// Waits for the time or for a caller; false when nobody holds the set any more.
    async fn pause(&mut self, next: Instant) -> bool {
        loop {
            let Some(stale_at) = self.set.upgrade().map(|set| set.stale_at()) else {
                return false;
            };
            let stale = async {
                match stale_at {
                    Some(stale_at) => sleep_until(stale_at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                knock = self.wake.recv() => match (knock, self.set.upgrade()) {
                    // A knock that an ended fetch has already answered counts for nothing.
                    (Some(()), Some(set)) if !set.flights().is_pending() => {}
                    (Some(()), Some(_)) => return true,
                    _ => return false,
                },
                () = sleep_until(next) => return true,
                () = stale => self.give_up(),
            }
        }
    }

    fn give_up(&mut self) {
        if let Some(set) = self.set.upgrade() {
            let issuer = &set.source().issuer;
            tracing::error!(%issuer, "keys are too old to be believed; tokens are refused");
            set.withdraw();
        }
        // An unchanged document has to be read again: its keys are gone.
        self.last = None;
    }

    /// One fetch; how long to pause after it, or nothing if the set is gone.
    async fn flight(&mut self) -> Option<Duration> {
        self.set.upgrade()?.flights().begin();
        let known = self.last.as_ref().and_then(|last| last.validator.as_ref());
        let limit = self.settings.timeout;
        // The set is not held meanwhile, so that nobody's waiting keeps it alive.
        let loaded = timeout(limit, self.loader.load(known)).await;
        let set = self.set.upgrade()?;
        let outcome = match loaded.unwrap_or(Err(FetchError::Timeout(limit))) {
            Ok(loaded) => self.accept(&set, loaded),
            Err(error) => Err(error),
        };
        let pause = match &outcome {
            Ok(_) if self.loader.is_file() => FILE_POLL,
            Ok(fresh_for) => refresh_in(*fresh_for, &self.settings),
            Err(_) if self.loader.is_file() => retry_in(set.health().failures + 1).min(FILE_POLL),
            Err(_) => retry_in(set.health().failures + 1),
        };
        set.note(outcome.as_ref().err());
        set.flights().end(Instant::now(), self.settings.cooldown);
        drop(set);
        if outcome.is_ok() {
            self.save();
        }
        Some(pause)
    }

    /// Publishes a good document, confirms an unchanged one.
    fn accept(&mut self, set: &KeySet, loaded: Loaded) -> Result<Option<Duration>, FetchError> {
        let stale_at = Instant::now().checked_add(self.settings.max_stale);
        match (loaded.text, &mut self.last) {
            (None, Some(last)) => {
                last.validator = loaded.validator;
                set.confirm(stale_at);
            }
            (None, None) => return Err(FetchError::Status(304)),
            (Some(text), last) => {
                let parsed = ParsedSet::parse(&text)?;
                let now = Last {
                    document: parsed.document.clone(),
                    left_out: parsed.left_out.clone(),
                    validator: loaded.validator,
                };
                if last.as_ref().is_none_or(|last| !last.says_the_same(&now)) {
                    now.log(set);
                }
                *last = Some(now);
                set.publish(parsed, Duration::ZERO, stale_at);
            }
        }
        Ok(loaded.fresh_for)
    }

    /// Writes the copy on disk, without waiting for the disk. A failure costs only the next restart.
    fn save(&mut self) {
        let (Some(disk), Some(last)) = (self.disk.clone(), &self.last) else {
            return;
        };
        if self
            .saving
            .as_ref()
            .is_some_and(|saving| !saving.is_finished())
        {
            return;
        }
        let document = last.document.clone();
        self.saving = Some(spawn_blocking(move || {
            if let Err(error) = disk.write(&document) {
                tracing::warn!(%error, "the copy of a key set cannot be written");
            }
        }));
    }
}

impl Last {
    fn says_the_same(&self, other: &Self) -> bool {
        self.document == other.document && self.left_out == other.left_out
    }

    fn log(&self, set: &KeySet) {
        let issuer = &set.source().issuer;
        let keys = self.document.pointer("/keys").and_then(Value::as_array);
        let keys = keys.map_or(0, Vec::len);
        let left_out = self.left_out.len();
        tracing::info!(%issuer, keys, left_out, "key set loaded");
        for (index, reason) in self.left_out.iter().take(MOST_NAMED) {
            tracing::warn!(%issuer, index, %reason, "a key of the set is left out");
        }
    }
}
