//! Enrolment: a sender makes the secret itself, and its first request brings it.
//!
//! Whoever comes first while the operator holds the door open is taken for the sender. So the file must say until
//! when, and a day at most; one secret is taken and no second; the request must have the form that the scheme's
//! `enrolment` says, and pass the rules of its route; what a request is signed with must be the secret it brings;
//! and it is told who brought it. Nothing is written but by a gate that serves: what tries a policy only says what
//! would be answered.
//!
//! Straight line: [`Webhook::may_enrol`] at the head -> [`Webhook::enrols`] with the body -> the rules of the
//! route -> [`Enrolling::keep`] -> the answer. From then on the secret is one of the file's.

mod file;
mod opening;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use crate::document::{Problem, Severity};
use crate::model::WebhookFacts;
use crate::secret::Secret;

use super::candidates::Held;
use super::challenge::Brought;
use super::kind::{Kind, Presence};
use super::refusal::Refusal;
use super::secrets::Chosen;
use super::whole::Whole;
use super::{Genuine, Message, Reply, Webhook};

pub(super) use opening::{Blank, Opening};

use opening::Told;

/// A request that brings the secret its sender signs with from then on. Nothing is kept yet.
#[derive(Debug)]
pub struct Enrolling {
    /// Whom deliveries will speak for: whom the rules of the route are asked about.
    pub genuine: Genuine,
    /// What is answered when the secret is kept.
    pub reply: Reply,
    opening: Arc<Opening>,
    secret: Secret,
    held: Held,
    told: Told,
}

impl Enrolling {
    /// What the secret will be called.
    pub fn id(&self) -> &Arc<str> {
        self.opening.id()
    }

    /// Keeps the secret, which waits for the disk, and gives the answer. `then` is called when it is kept, also if
    /// nobody waits for the answer any more.
    pub async fn keep(self, then: impl FnOnce() + Send + 'static) -> Result<Reply, Refusal> {
        let Self {
            reply,
            opening,
            secret,
            held,
            told,
            ..
        } = self;
        let kept = opening.keep(secret, held, told, then).await;
        kept.map(|()| reply)
    }
}

impl Webhook {
    /// What is wrong at a moment with the times in which secrets may come, with this severity where one is over.
    pub fn amiss(&self, now: SystemTime, over: Severity) -> Vec<Problem> {
        let openings = self.plan.secrets.openings();
        let found = openings.filter_map(|opening| opening.amiss(now, over));
        found.collect()
    }

    /// Whether the head of a request may be that of one which brings a secret that is taken now.
    pub(super) fn may_enrol(&self, message: &Message<'_>, chosen: &Chosen) -> bool {
        let now = message.request.received_at;
        let form = self.plan.enrolment.as_ref();
        chosen.opening(now).is_some() && form.is_some_and(|form| form.may_be(message))
    }

    /// What a request brings, or why it is not taken; nothing if it brings no secret, or none is taken now.
    pub(super) async fn enrols(
        &self,
        message: &Message<'_>,
        body: &Bytes,
        chosen: &Chosen,
    ) -> Option<Result<Enrolling, Refusal>> {
        let opening = chosen.opening(message.request.received_at)?;
        let brought = self.plan.enrolment.as_ref()?.brought(message, body)?;
        Some(match brought {
            Ok(brought) => {
                self.enrolling(message, body, chosen, opening, brought)
                    .await
            }
            Err(refusal) => Err(refusal),
        })
    }

    async fn enrolling(
        &self,
        message: &Message<'_>,
        body: &Bytes,
        chosen: &Chosen,
        opening: &Arc<Opening>,
        brought: Brought,
    ) -> Result<Enrolling, Refusal> {
        let Brought { secret, reply } = brought;
        let held = opening.key(&secret)?;
        self.signed_with(message, body, &held).await?;
        let told = Told {
            webhook: Arc::clone(&self.plan.name),
            tenant: chosen.tenant.clone(),
            client: message.request.client.address,
        };
        let facts = WebhookFacts {
            name: Arc::clone(&self.plan.name),
            secret: Arc::clone(opening.id()),
            event_id: None,
            signed_at: None,
        };
        Ok(Enrolling {
            genuine: self.sender(facts, chosen),
            reply,
            opening: Arc::clone(opening),
            secret,
            held,
            told,
        })
    }

    /// Whether a request is signed with the secret that it brings, or not at all.
    async fn signed_with(
        &self,
        message: &Message<'_>,
        body: &Bytes,
        held: &Held,
    ) -> Result<(), Refusal> {
        if self.plan.kind.look(message)? == Presence::Absent {
            return Ok(());
        }
        let from_now_on = Arc::from([Held {
            not_before: None,
            not_after: None,
            ..held.clone()
        }]);
        let whole = Whole::from(body.clone());
        let proved = Kind::verify(&self.plan, message, whole, &from_now_on, &self.fetcher);
        proved.await.map(|_| ())
    }
}

/// Whether a secret can be kept under a name: why not, and what would do.
pub(super) fn unfit(path: &Path) -> Option<(&'static str, &'static str)> {
    if path.file_name().is_none() {
        return Some(("not the name of a file", "write `file: NAME`"));
    }
    let folder = std::fs::metadata(file::folder(path));
    if !folder.is_ok_and(|folder| folder.is_dir()) {
        let help = "make the folder first, so that this process may write into it";
        return Some((
            "the secret cannot be kept here: there is no such folder",
            help,
        ));
    }
    let own = std::fs::symlink_metadata(path);
    own.is_ok().then_some((
        "the secret cannot be kept here: the name is a link that leads nowhere",
        "name the file itself",
    ))
}
