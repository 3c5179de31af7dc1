//! The reverse proxy: one worker's door to HTTP callers.
//!
//! It turns each request into the engine's words and acts on the decision: forwards, or renders the refusal.
//! HTTP/1 is spoken by `http1`, HTTP/2 by hyper.
//!
//! Straight line: [`Proxy::handle`].
//!
//! Always: `100 Continue` is sent only when the decision was to forward, or cannot be made without the body,
//! because nothing reads a body before;
//! a refused request whose body was not read ends its connection, so that the body is never taken for a
//! request; 1xx answers of an upstream other than 101 end here.

mod answer;
mod asked;
mod body;
mod collect;
mod hop;
mod http1;
mod leave;
mod link;
mod read;
mod render;
mod reply;
mod request_id;
mod seldom;
mod serve;
mod serve_keys;
mod stall;
mod stream;

use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use http::header::UPGRADE;
use http::{Method, Uri, Version};
use hyper::body::Body;

use super::Shared;
use super::record::Recording;
use super::recorder::Recorder;
use crate::engine::{Decision, Next};
use crate::listener::Protocol;
use crate::model::{Denied, Fields, Reason};
use crate::policy::Moment;
use crate::upstream::{CallerBody, HeldBody, Hop, Outbound, Passage, Upstreams};

use answer::Answer;
use asked::Asked;
use body::{AnswerBody, Content, Exchange};
use link::Link;
use render::Manner;
use request_id::RequestIds;
use serve_keys::Wanted;

/// One worker's reverse proxy. Its connections to the upstreams are its own.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    recorder: Rc<Recorder>,
    upstreams: Upstreams,
    ids: RequestIds,
    servers: serve::Servers,
}

impl Proxy {
    /// A door on this thread.
    pub fn new(shared: Arc<Shared>) -> Rc<Self> {
        Rc::new(Self {
            upstreams: Upstreams::new(&shared.targets, &shared.metrics),
            recorder: Recorder::new(&shared),
            ids: RequestIds::new(),
            servers: serve::Servers::new(&shared.settings.limits),
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

    /// One exchange: the straight line from a request to its answer's head.
    async fn handle(
        &self,
        link: &Rc<Link>,
        head: Head,
        mut body: CallerBody,
    ) -> Answer<AnswerBody> {
        let received_at = read::now();
        let may_upgrade = may_upgrade(&head, link);
        let mut asked = self.asked(link, received_at, &head.method);
        let view = Rc::clone(asked.exchange.recording.view());
        let snapshot = &view.snapshot;
        let redirects = snapshot.engine.policy().redirects();
        asked.manner = Manner::of(head.version, &head.method, &head.headers, redirects);
        asked.unread = may_go_on(&head.method, &body);
        let settings = &self.shared.settings;
        let (request, origin) = match read::request(head, received_at, link, settings) {
            Ok(read) => read,
            Err(denied) => return asked.failed(denied),
        };
        let request_id = self.ids.pick(origin.is_proxied(), &request.headers);
        asked.exchange.recording.received(&request, &request_id);
        asked.request_id = Some(request_id.clone());
        asked.discreet = snapshot.engine.shows_credential(&request.path);

        let plan = snapshot.engine.plan(&request);
        let (decision, decided_at) = match snapshot.engine.decide(&plan, &request).await {
            Next::Decided(decision) => {
                let at = asked.exchange.recording.decided();
                asked.exchange.recording.compare(&request, &decision);
                (decision, at)
            }
            Next::Body(awaited) => {
                let given = std::mem::replace(&mut body, CallerBody::none());
                let hearing = self.hear(&snapshot.engine, awaited, &request, given);
                // In a box, so that those whose head is enough carry no room for it about.
                asked.heard(&request, Box::pin(hearing).await)
            }
        };
        let permit = match decision {
            Decision::Allow(permit) => permit,
            Decision::Deny(denial) => return asked.denied(&request, denial),
        };
        asked.note(&request, Some(permit.route()), Moment::Permitted);
        let route = permit.route().index();
        let passage = Passage::new(permit);
        asked.exchange.recording.passed(&passage);
        let patience = settings.limits.header_timeout;
        let permit = passage.permit();
        if let Some(reply) = permit.reply() {
            return reply::replied(asked, reply, &request.method);
        }
        if let Some(held) = HeldBody::of(permit) {
            body = CallerBody::Held(held);
        }
        if let Some(wanted) = Wanted::of(&snapshot.engine, permit, &plan, &request, patience) {
            // In a box, so that those who are forwarded carry no room for it about.
            return Box::pin(wanted.answer(asked, body)).await;
        }
        let Some(upstream) = snapshot.upstream(route) else {
            return asked.failed(Reason::UpstreamUnreachable.into());
        };
        let style = self.shared.settings.forwarded;
        let hop: Hop = hop::hop(&request, &origin, link, style, request_id);
        let outbound = Outbound {
            passage: &passage,
            request,
            body,
            hop,
            may_upgrade,
            since: decided_at,
        };
        let answer = self.upstreams.forward(upstream, outbound).await;
        let accepted = matches!(&answer, Ok(answer) if answer.status.is_success());
        passage.permit().settle(accepted);
        match answer {
            Ok(answer) => {
                link.agreed.replace(answer.tunnel);
                asked.answered(Answer {
                    status: answer.status,
                    fields: answer.fields,
                    body: Content::Upstream(answer.body),
                })
            }
            Err(error) => asked.failed(Denied::from(&error)),
        }
    }

    /// The answer to what could not even be read as a request.
    fn refuse(&self, link: &Rc<Link>, denied: Denied) -> Answer<AnswerBody> {
        // What no method can be: a log tells it from every real one.
        let method = Method::from_bytes(b"-").unwrap_or_default();
        let mut asked = self.asked(link, read::now(), &method);
        asked.unread = true;
        asked.failed(denied)
    }

    /// A request that has just been received.
    fn asked(&self, link: &Rc<Link>, received_at: SystemTime, method: &Method) -> Asked {
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

/// A request's head, in whichever HTTP it came.
#[derive(Debug)]
struct Head {
    method: Method,
    target: Uri,
    version: Version,
    headers: Fields,
}

/// Whether there may be a switch of protocols: in HTTP/1.1 only.
fn may_upgrade(head: &Head, link: &Link) -> bool {
    link.protocol == Protocol::Http1
        && head.version == Version::HTTP_11
        && head.headers.contains(&UPGRADE)
}

/// Whether more may follow a head than the next request. What follows a CONNECT was meant for a tunnel.
fn may_go_on(method: &Method, body: &CallerBody) -> bool {
    !body.is_end_stream() || *method == Method::CONNECT
}
