//! A secret that is not there yet, and the time in which its sender may bring it.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tokio::task::spawn_blocking;
use tracing::{error, warn};

use crate::document::{Node, Problem, Severity};
use crate::model::{Denied, Reason};
use crate::secret::Secret;

use super::super::candidates::{Held, Key};
use super::super::refusal::{Refusal, Why};
use super::super::scheme::KeyForm;
use super::file::{self, Fault};

/// How far ahead the end may lie: who forgets a window leaves a door open for anybody.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// What the file says of a secret that is to come.
#[derive(Debug, Clone)]
pub(in crate::webhook) struct Blank {
    /// What it will be called.
    pub(in crate::webhook) id: Arc<str>,
    /// It will not count before.
    pub(in crate::webhook) not_before: Option<SystemTime>,
    /// It will not count at or after this.
    pub(in crate::webhook) not_after: Option<SystemTime>,
    /// How it is written.
    pub(in crate::webhook) form: KeyForm,
    /// Where it is kept.
    pub(in crate::webhook) path: PathBuf,
    /// From when on it is not taken any more.
    pub(in crate::webhook) until: SystemTime,
    /// Where that is written.
    pub(in crate::webhook) node: Node,
}

/// A secret that is to come, for all workers at once.
#[derive(Debug)]
pub(in crate::webhook) struct Opening {
    blank: Blank,
    /// The keys that count beside it.
    others: Arc<[Held]>,
    /// All keys, once it has come. The file is read at the next load; until then it is here.
    all: OnceLock<Arc<[Held]>>,
    /// One is being written.
    busy: AtomicBool,
}

/// Who brings a secret to whom, for the log.
#[derive(Debug, Clone)]
pub(in crate::webhook) struct Told {
    pub(in crate::webhook) webhook: Arc<str>,
    pub(in crate::webhook) tenant: Option<Box<str>>,
    pub(in crate::webhook) client: IpAddr,
}

impl Opening {
    pub(in crate::webhook) fn new(blank: Blank, others: Arc<[Held]>) -> Self {
        Self {
            blank,
            others,
            all: OnceLock::new(),
            busy: AtomicBool::new(false),
        }
    }

    /// What the secret will be called.
    pub(in crate::webhook) fn id(&self) -> &Arc<str> {
        &self.blank.id
    }

    /// Where it is written.
    pub(in crate::webhook) fn node(&self) -> &Node {
        &self.blank.node
    }

    /// All keys, if the secret has come since the policy was loaded.
    pub(in crate::webhook) fn all(&self) -> Option<&Arc<[Held]>> {
        self.all.get()
    }

    /// Whether a secret may come at this moment.
    pub(in crate::webhook) fn is_open(&self, now: SystemTime) -> bool {
        now < self.blank.until && self.all.get().is_none()
    }

    /// The key of a secret's text.
    pub(in crate::webhook) fn key(&self, secret: &Secret) -> Result<Held, Refusal> {
        let key = self.blank.form.key(secret.expose());
        let key = key.map_err(|_| Refusal::new(Why::Enrolment, "the scheme cannot use it"))?;
        Ok(self.held(key))
    }

    fn held(&self, key: Key) -> Held {
        Held {
            id: Arc::clone(&self.blank.id),
            key,
            not_before: self.blank.not_before,
            not_after: self.blank.not_after,
        }
    }

    /// Keeps a secret, elsewhere than on this thread, and calls `then` if that is done. Goes on to its end though
    /// nobody waits for it any more, so that no secret is kept of which nobody is told.
    pub(in crate::webhook) async fn keep(
        self: Arc<Self>,
        secret: Secret,
        held: Held,
        told: Told,
        then: impl FnOnce() + Send + 'static,
    ) -> Result<(), Refusal> {
        if self.busy.swap(true, Ordering::AcqRel) {
            return Err(unavailable("another secret is being kept"));
        }
        let writing = Writing(self);
        let kept = spawn_blocking(move || {
            let kept = writing.0.write(&secret, held, &told);
            if kept.is_ok() {
                then();
            }
            kept
        });
        kept.await.unwrap_or_else(|_| Err(fault()))
    }

    fn write(&self, secret: &Secret, held: Held, told: &Told) -> Result<(), Refusal> {
        let (file, id) = (self.blank.path.display(), &self.blank.id);
        let Told {
            webhook,
            tenant,
            client,
        } = told;
        let tenant = tenant.as_deref().map(tracing::field::display);
        match file::create(&self.blank.path, secret) {
            Ok(()) => {
                let all = self.others.iter().cloned().chain([held]);
                // There is one winner, and this is it.
                let _ = self.all.set(all.collect());
                warn!(%webhook, tenant, secret = %id, %client, %file, "a secret was enrolled: see that it is the sender's");
                Ok(())
            }
            Err(Fault::Taken) => {
                let detail = "there is a secret already";
                warn!(%webhook, tenant, secret = %id, %client, %file, "a secret was not enrolled: the file's name is taken");
                Err(Refusal::new(Why::Enrolment, detail))
            }
            Err(Fault::Io(error)) => {
                error!(%webhook, tenant, secret = %id, %client, %file, %error, "a secret could not be enrolled");
                Err(fault())
            }
        }
    }

    /// What is wrong with its time at a moment: that it is over, with the severity that the reader of the file
    /// gives that, or that it is to be open for too long, which is always an error.
    pub(in crate::webhook) fn amiss(&self, now: SystemTime, over: Severity) -> Option<Problem> {
        let latest = now.checked_add(LONGEST)?;
        let until = self.blank.until;
        let (severity, message, help) = if until <= now {
            let message = "the time to enrol is over, and no secret has come: nobody can sign";
            let help = "write a later `until` and have the sender try again, or take `enrol` out";
            (over, message, help.to_owned())
        } else if until > latest {
            let message = "this is more than 24 hours ahead: whoever comes first is the sender";
            let latest = Timestamp::try_from(latest).ok();
            let latest = latest.and_then(|at| Timestamp::from_second(at.as_second()).ok());
            let help =
                latest.map(|at| format!("write a moment up to {at}, and better within the hour"));
            (Severity::Error, message, help.unwrap_or_default())
        } else {
            return None;
        };
        Some(Problem {
            severity,
            lint: None,
            place: self.blank.node.place.clone(),
            path: self.blank.node.path.to_string(),
            message: message.to_owned(),
            help: Some(help),
        })
    }
}

/// That a secret is being written; whoever comes meanwhile is to come again.
struct Writing(Arc<Opening>);

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::Release);
    }
}

fn fault() -> Refusal {
    unavailable("the file of the secret cannot be written")
}

fn unavailable(detail: &'static str) -> Refusal {
    Refusal {
        reason: Why::Unavailable,
        denied: Denied::new(Reason::StoreUnavailable, detail),
    }
}
