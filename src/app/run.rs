//! The life of the process: start the workers, hear the operator, end without losing a request.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};
use tracing::{error, info, warn};

use crate::admin::{Admin, Hooks, KeysDesk, ReloadRequest};
use crate::frontend::Shared;
use crate::listener::{DrainSettings, DrainTrigger};
use crate::secret::Secret;
use crate::telemetry::Registry;

use super::build::Bound;
use super::error::Error;
use super::keys::StoredKeys;
use super::signals::{Signals, Wish};
use super::status::Facts;
use super::worker::{News, Worker};

/// How many wishes for a reload may wait.
const WISHES: usize = 16;
/// How long workers may take to let go once the time to finish is over.
const LET_GO: Duration = Duration::from_secs(1);

impl Bound {
    /// Serves until SIGTERM or SIGINT, then drains. Runs on a runtime made by
    /// [`runtime`](super::runtime). `on_ready` is called when every worker accepts.
    pub async fn run(self, on_ready: impl FnOnce()) -> Result<(), Error> {
        self.run_until(std::future::pending(), on_ready).await
    }

    /// Like [`Bound::run`], and ends the same way when `stop` is ready.
    pub async fn run_until(
        self,
        stop: impl Future<Output = ()>,
        on_ready: impl FnOnce(),
    ) -> Result<(), Error> {
        let signals = Signals::listen()?;
        let (wishes, wished) = mpsc::channel(WISHES);
        let facts = Arc::new(self.facts);
        let key_sets = spawn_local(Arc::clone(&facts.key_sets).run());
        let keys = facts.keys.clone();
        let stored = spawn_local(keys.clone().run());
        let deliveries = self.deliveries;
        let attended = spawn_local(deliveries.clone().run());
        let shared = Arc::clone(&self.reloader.shared);
        let reloads = spawn_local(self.reloader.run(wished));
        let shadow = self.shadow.map(|shadow| spawn_local(shadow.run()));
        let (close_admin, closed) = oneshot::channel::<()>();
        let admin = self.admin.map(|admin| {
            let keys = self.token.map(|token| desk(token, &facts.keys, shared));
            let hooks = hooks(&facts, self.registry, &wishes, keys);
            spawn_local(serve_admin(admin, hooks, async move {
                let _ = closed.await;
            }))
        });
        let mut service = Service {
            workers: start(self.workers)?,
            news: self.news,
            ended: 0,
            signals,
            wishes,
            facts,
        };
        service.all_accepting().await?;
        info!(workers = service.workers.len(), "ready");
        on_ready();
        let outcome = service.until_told_to_end(stop).await;
        service.drain(&self.trigger, &self.drain).await;
        self.trigger.end();
        service.let_go().await;
        // Nobody uses a key any more, and the store still answers.
        keys.flush().await;
        deliveries.settle().await;
        self.decisions.close();
        drop(close_admin);
        if let Some(admin) = admin {
            let _ = admin.await;
        }
        reloads.abort();
        shadow.iter().for_each(|shadow| shadow.abort());
        key_sets.abort();
        stored.abort();
        attended.abort();
        info!("ended");
        outcome
    }
}

/// The running process, as the main thread sees it.
struct Service {
    workers: Vec<JoinHandle<io::Result<()>>>,
    news: mpsc::UnboundedReceiver<News>,
    ended: usize,
    signals: Signals,
    wishes: mpsc::Sender<ReloadRequest>,
    facts: Arc<Facts>,
}

impl Service {
    async fn all_accepting(&mut self) -> Result<(), Error> {
        for _ in 0..self.workers.len() {
            match self.news.recv().await {
                Some(News::Accepting) => {}
                Some(News::Ended) | None => return Err(Error::Worker),
            }
        }
        Ok(())
    }

    async fn until_told_to_end(&mut self, stop: impl Future<Output = ()>) -> Result<(), Error> {
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                wish = self.signals.next() => match wish {
                    Wish::End => return Ok(()),
                    Wish::Reload => self.reload(),
                },
                () = &mut stop => return Ok(()),
                // Nothing else can come from a worker that accepts.
                _ = self.news.recv() => {
                    self.ended += 1;
                    return Err(Error::Worker);
                }
            }
        }
    }

    /// The reloader tells the log what came of it. When too many wishes wait, one of them will do.
    fn reload(&self) {
        let (nobody, _) = oneshot::channel();
        let _ = self.wishes.try_send(nobody);
    }

    /// Readiness falls; after a delay nothing new is accepted; what is under way may finish, up to the
    /// time-out. A second signal ends it at once.
    async fn drain(&mut self, trigger: &DrainTrigger, settings: &DrainSettings) {
        self.facts.leaving.announce();
        let open = self.facts.connections.get();
        info!(open, delay = ?settings.delay, timeout = ?settings.timeout, "draining");
        let finished = async {
            sleep(settings.delay).await;
            trigger.start();
            let ended = all_ended(&mut self.news, self.workers.len(), &mut self.ended);
            timeout(settings.timeout, ended).await.is_ok()
        };
        tokio::select! {
            finished = finished => if !finished {
                let open = self.facts.connections.get();
                warn!(open, "the time to drain is over, connections are cut");
            },
            () = told_again(&mut self.signals) => warn!("told again: connections are cut"),
        }
    }

    /// Waits for the threads, but not for one that hangs: the process ends anyway.
    async fn let_go(mut self) {
        let ended = all_ended(&mut self.news, self.workers.len(), &mut self.ended);
        if timeout(LET_GO, ended).await.is_err() {
            return;
        }
        for worker in self.workers {
            match worker.join() {
                Ok(Ok(())) => {}
                Ok(Err(error)) => error!(%error, "a worker failed"),
                Err(_) => error!("a worker panicked"),
            }
        }
    }
}

async fn told_again(signals: &mut Signals) {
    while signals.next().await != Wish::End {}
}

async fn all_ended(news: &mut mpsc::UnboundedReceiver<News>, workers: usize, ended: &mut usize) {
    while *ended < workers {
        match news.recv().await {
            Some(News::Ended) => *ended += 1,
            Some(News::Accepting) => {}
            None => return,
        }
    }
}

fn start(workers: Vec<Worker>) -> io::Result<Vec<JoinHandle<io::Result<()>>>> {
    workers.into_iter().map(Worker::start).collect()
}

/// Keys for operators: the store's as it is by then, and the sets of the policy in force.
fn desk(token: Secret, stored: &StoredKeys, shared: Arc<Shared>) -> KeysDesk {
    let stored = stored.clone();
    KeysDesk {
        token,
        service: Box::new(move || stored.opened().map(|opened| opened.service.clone())),
        sets: Box::new(move || shared.key_sets()),
    }
}

fn hooks(
    facts: &Arc<Facts>,
    registry: Registry,
    wishes: &mpsc::Sender<ReloadRequest>,
    keys: Option<KeysDesk>,
) -> Hooks {
    let (readiness, status) = (Arc::clone(facts), Arc::clone(facts));
    Hooks {
        readiness: Box::new(move || readiness.readiness()),
        status: Box::new(move || status.status()),
        reload: wishes.clone(),
        registry,
        keys,
    }
}

async fn serve_admin(admin: Admin, hooks: Hooks, shutdown: impl Future<Output = ()>) {
    if let Err(error) = admin.serve(hooks, shutdown).await {
        error!(%error, "the admin listener failed");
    }
}
