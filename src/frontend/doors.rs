//! One worker's front doors: who opens when a request comes.

use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use http::Method;

use super::connection::{Answer, AnswerBody, Exchange, Head, Link, Servers};
use super::door::DoorKind;
use super::exchange::{Asked, Manner, RequestIds, now};
#[cfg(feature = "grpc")]
use super::ext_authz;
use super::record::Recording;
use super::recorder::Recorder;
use super::{Shared, forward_auth};
use crate::model::Denied;
use crate::upstream::{CallerBody, Upstreams};

/// One worker's front doors. Its connections to the upstreams are its own.
#[derive(Debug)]
pub struct Doors {
    pub(super) shared: Arc<Shared>,
    pub(super) upstreams: Upstreams,
    pub(super) ids: RequestIds,
    pub(super) servers: Servers,
    recorder: Rc<Recorder>,
}

impl Doors {
    /// The doors on this thread.
    pub fn new(shared: Arc<Shared>) -> Rc<Self> {
        Rc::new(Self {
            upstreams: Upstreams::new(&shared.targets, &shared.metrics),
            recorder: Recorder::new(&shared),
            ids: RequestIds::new(),
            servers: Servers::new(&shared.settings.limits),
            shared,
        })
    }

    /// Takes up each new policy also while nobody calls: as long as a worker held on to the one before,
    /// its issuers would be asked for keys, and the process could not be ready without them. Never
    /// returns.
    pub async fn keep_up(&self) -> Infallible {
        let mut swapped = self.shared.swapped.subscribe();
        loop {
            self.recorder.view();
            // Cannot fail: the other end is ours.
            let _ = swapped.changed().await;
        }
    }

    /// One exchange, at the door that its connection came to.
    pub(super) async fn answer(
        &self,
        link: &Rc<Link>,
        head: Head,
        body: CallerBody,
    ) -> Answer<AnswerBody> {
        match link.door.kind {
            DoorKind::Proxy => self.forward(link, head, body).await,
            // In a box, so that those who are forwarded carry no room for it about.
            DoorKind::Ask(dialect) => {
                Box::pin(forward_auth::answer(self, dialect, link, head, body)).await
            }
            #[cfg(feature = "grpc")]
            DoorKind::ExtAuthz => Box::pin(ext_authz::answer(self, link, head, body)).await,
        }
    }

    /// The answer to what could not even be read as a request.
    pub(super) fn refuse(&self, link: &Rc<Link>, denied: Denied) -> Answer<AnswerBody> {
        // What no method can be: a log tells it from every real one.
        let method = Method::from_bytes(b"-").unwrap_or_default();
        let mut asked = self.asked(link, now(), &method);
        asked.unread = true;
        asked.failed(denied)
    }

    /// A request that has just been received.
    pub(super) fn asked(&self, link: &Rc<Link>, received_at: SystemTime, method: &Method) -> Asked {
        let peer = link.peer.ip().to_canonical();
        let recording = Recording::begin(&self.recorder, received_at, method, peer);
        Asked {
            exchange: Exchange::begin(recording, link),
            manner: Manner::default(),
            request_id: None,
            request: None,
            unread: false,
            discreet: false,
        }
    }
}
