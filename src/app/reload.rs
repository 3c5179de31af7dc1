//! Taking a new policy into use while requests pass, or leaving everything as it is.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{error, info, warn};

use crate::admin::ReloadRequest;
use crate::document::{Problem, Severity};
use crate::frontend;
use crate::listener::Tls;
use crate::telemetry::ProcessMetrics;

use super::load::{Loaded, Loader};
use super::seen::Seen;
use super::shadow::ShadowFacts;
use super::status::{PolicyFacts, now};
use super::watch::{Stamp, Watch, is_being_written};

/// How often the files are looked at, for the volumes that give no events.
pub(super) const LOOK: Duration = Duration::from_secs(10);
/// How often one reload reads a file anew that was written while it was read.
const ATTEMPTS: u32 = 5;

/// What a reload concerns.
pub(super) struct Reloader {
    pub(super) loader: Loader,
    pub(super) seen: Seen,
    pub(super) shared: Arc<frontend::Shared>,
    pub(super) certificates: Vec<Certificate>,
    pub(super) metrics: ProcessMetrics,
    pub(super) facts: PolicyFacts,
    /// The policy that is tried, if there is one.
    pub(super) shadow: Option<ShadowFacts>,
}

/// A listener's certificate.
pub(super) struct Certificate {
    tls: Arc<Tls>,
    /// What was wrong with its files last, so that it is said once.
    trouble: Option<String>,
}

impl Reloader {
    /// Reloads on every wish, changed or not, and on every change. Returns when nobody is left who
    /// could wish.
    pub(super) async fn run(mut self, mut wishes: mpsc::Receiver<ReloadRequest>) {
        let mut watch = Watch::new(&self.loader.path);
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                wish = wishes.recv() => {
                    let Some(asker) = wish else { return };
                    self.renew_certificates();
                    self.shadow.iter().for_each(ShadowFacts::wish);
                    // Who asked may have gone; the reload was asked for all the same.
                    let _ = asker.send(self.reload().await);
                }
                () = watch.changed() => self.reload_if_changed().await,
                _ = look.tick() => {
                    self.renew_certificates();
                    watch.look_anyway();
                }
            }
        }
    }

    async fn reload_if_changed(&mut self) {
        let (loader, seen) = (self.loader.clone(), self.seen.clone());
        let changed = spawn_blocking(move || loader.has_changed(&seen)).await;
        if changed.unwrap_or(true) {
            // The log, the metrics and the status tell what came of it.
            let _ = self.reload().await;
        }
    }

    /// Gives the version that is then in force, or everything that is wrong.
    pub(super) async fn reload(&mut self) -> Result<String, Vec<String>> {
        let Some(loaded) = load(&self.loader).await else {
            let broken = self
                .loader
                .whole("compiling the policy broke off".to_owned());
            return Err(self.refuse(&[broken]));
        };
        self.seen = loaded.seen;
        let Some(engine) = loaded.engine else {
            return Err(self.refuse(&loaded.problems));
        };
        let version = Arc::clone(engine.version());
        let routes = engine.policy().routes().len();
        if let Err(error) = self.shared.swap(engine) {
            return Err(self.refuse(&[self.loader.whole(error.to_string())]));
        }
        log(&loaded.problems);
        info!(%version, routes, file = %self.loader.path.display(), "policy reloaded");
        self.metrics.policy_loaded(&version, now(), true);
        self.facts.loaded(&version, routes);
        self.shadow.iter().for_each(ShadowFacts::count_anew);
        Ok(version.to_string())
    }

    fn refuse(&self, problems: &[Problem]) -> Vec<String> {
        log(problems);
        error!(in_force = %self.shared.policy_version(), "policy refused, the one in force stays");
        self.metrics.reload_failed();
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        self.facts.refused(problems.clone());
        problems
    }

    fn renew_certificates(&mut self) {
        self.certificates.iter_mut().for_each(Certificate::renew);
    }
}

impl Certificate {
    pub(super) fn new(tls: Arc<Tls>) -> Self {
        Self { tls, trouble: None }
    }

    fn renew(&mut self) {
        let renewed = self.tls.reload();
        if let Ok(true) = renewed {
            info!(file = %self.tls.file().display(), "another certificate is in use");
        }
        let trouble = renewed.err().map(|error| error.to_string());
        if trouble != self.trouble
            && let Some(trouble) = &trouble
        {
            error!("certificate refused, the one in use stays: {trouble}");
        }
        self.trouble = trouble;
    }
}

/// Compiles aside, where nobody waits for it. Reads again what was written meanwhile.
pub(super) async fn load(loader: &Loader) -> Option<Loaded> {
    let mut loaded = None;
    for _ in 0..ATTEMPTS {
        let before = Stamp::of(&loader.path);
        let again = loader.clone();
        loaded = spawn_blocking(move || again.load()).await.ok();
        if !is_being_written(before, Stamp::of(&loader.path)) {
            break;
        }
    }
    loaded
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
