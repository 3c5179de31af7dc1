//! Taking a new policy into use while requests pass, or leaving everything as it is.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{error, info, warn};

use crate::document::{Problem, Severity};
use crate::frontend;
use crate::listener::Tls;
use crate::telemetry::ProcessMetrics;

use super::load::{Loaded, Loader, Seen};
use super::status::PolicyStatus;
use super::watch::{Stamp, Watch, is_being_written};

/// How often the files are looked at, for the volumes that give no events.
const LOOK: Duration = Duration::from_secs(10);
/// How often one reload reads a file anew that was written while it was read.
const ATTEMPTS: u32 = 5;

/// The version now in force, or why it did not change.
pub type Answer = Result<Arc<str>, Vec<Problem>>;

/// Asks for reloads. Clones ask the same reloader.
#[derive(Debug, Clone)]
pub struct ReloadHandle(mpsc::Sender<oneshot::Sender<Answer>>);

impl ReloadHandle {
    /// Reads everything again, changed or not, and says what came of it. Nothing when the process is
    /// ending.
    pub async fn reload(&self) -> Option<Answer> {
        let (sender, answer) = oneshot::channel();
        self.0.send(sender).await.ok()?;
        answer.await.ok()
    }
}

/// What a reload concerns.
pub(super) struct Reloader {
    pub(super) loader: Loader,
    pub(super) seen: Seen,
    pub(super) shared: Arc<frontend::Shared>,
    pub(super) certificates: Vec<Certificate>,
    pub(super) metrics: ProcessMetrics,
    pub(super) status: PolicyStatus,
}

/// A listener's certificate, and what was wrong with it last, so that it is said once.
pub(super) struct Certificate {
    pub(super) tls: Arc<Tls>,
    pub(super) trouble: Option<String>,
}

/// A handle, and what takes its wishes.
pub(super) fn wishes() -> (ReloadHandle, mpsc::Receiver<oneshot::Sender<Answer>>) {
    let (sender, receiver) = mpsc::channel(16);
    (ReloadHandle(sender), receiver)
}

impl Reloader {
    /// Reloads on every wish and on every change. Never returns while a handle lives.
    pub(super) async fn run(mut self, mut wishes: mpsc::Receiver<oneshot::Sender<Answer>>) {
        let mut watch = Watch::new(&self.loader.path);
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                wish = wishes.recv() => {
                    let Some(asker) = wish else { return };
                    self.renew_certificates();
                    // Who asked may have gone; the reload was asked for all the same.
                    let _ = asker.send(self.reload().await);
                }
                () = watch.changed() => self.reload_if_changed().await,
                _ = look.tick() => {
                    self.renew_certificates();
                    self.reload_if_changed().await;
                }
            }
        }
    }

    async fn reload_if_changed(&mut self) {
        let (loader, seen) = (self.loader.clone(), self.seen.clone());
        let changed = spawn_blocking(move || loader.has_changed(&seen)).await;
        if changed.unwrap_or(true) {
            // The log and the metrics tell what came of it.
            let _ = self.reload().await;
        }
    }

    async fn reload(&mut self) -> Answer {
        let Some(loaded) = self.load().await else {
            self.metrics.reload_failed();
            return Err(Vec::new());
        };
        self.seen = loaded.seen;
        let Some(engine) = loaded.engine else {
            return Err(self.refuse(loaded.problems));
        };
        let version = Arc::clone(engine.version());
        if let Err(error) = self.shared.swap(engine) {
            return Err(self.refuse(vec![self.loader.whole(error.to_string())]));
        }
        log(&loaded.problems);
        info!(%version, file = %self.loader.path.display(), "policy reloaded");
        self.metrics.policy_loaded(&version, now(), true);
        self.status.loaded(&version, loaded.problems);
        Ok(version)
    }

    /// Compiles aside, where nobody waits for it. Reads again what was written meanwhile.
    async fn load(&self) -> Option<Loaded> {
        let mut loaded = None;
        for _ in 0..ATTEMPTS {
            let before = Stamp::of(&self.loader.path);
            let loader = self.loader.clone();
            loaded = spawn_blocking(move || loader.load()).await.ok();
            if !is_being_written(before, Stamp::of(&self.loader.path)) {
                break;
            }
        }
        loaded
    }

    fn refuse(&self, problems: Vec<Problem>) -> Vec<Problem> {
        log(&problems);
        error!(in_force = %self.shared.policy_version(), "policy refused, the one in force stays");
        self.metrics.reload_failed();
        self.status.refused(problems.clone());
        problems
    }

    fn renew_certificates(&mut self) {
        for certificate in &mut self.certificates {
            let trouble = match certificate.tls.reload() {
                Ok(true) => {
                    info!("certificate reloaded");
                    None
                }
                Ok(false) => None,
                Err(error) => Some(error.to_string()),
            };
            if let Some(text) = trouble.as_ref().filter(|_| trouble != certificate.trouble) {
                error!("certificate refused, the one in use stays: {text}");
            }
            certificate.trouble = trouble;
        }
    }
}

/// Writes problems to the log, each with its line in the file.
pub(super) fn log(problems: &[Problem]) {
    for problem in problems {
        match problem.severity {
            Severity::Error => error!("{problem}"),
            Severity::Warning => warn!("{problem}"),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "when a policy came into force is told in the operator's time"
)]
pub(super) fn now() -> SystemTime {
    SystemTime::now()
}
