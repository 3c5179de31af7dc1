//! The reverse proxy: one worker's door to HTTP callers.
//!
//! It serves a connection with hyper, turns each request into the engine's words, and acts on the decision:
//! forwards, or renders the refusal.
//!
//! Straight line: [`Proxy::handle`].
//!
//! Always: `100 Continue` is sent only when the decision was to forward, because nothing reads a body before;
//! a refused request whose body was not read ends its connection, so that the body is never taken for a
//! request; 1xx answers of an upstream other than 101 end here, because hyper cannot send them.

mod body;
mod hop;
mod leave;
mod link;
mod read;
mod render;
mod serve;
mod stall;
mod stream;

use std::rc::Rc;
use std::sync::Arc;

use http::header::UPGRADE;
use http::{HeaderValue, Method, Request as Native, Response, StatusCode, Version};
use hyper::body::{Body, Incoming};
use hyper::upgrade::OnUpgrade;

use super::Shared;
use super::record::Recording;
use super::recorder::Recorder;
use crate::engine::Decision;
use crate::listener::Protocol;
use crate::model::{Denied, Reason};
use crate::upstream::{Hop, Outbound, Passage, Upstreams};

use body::{AnswerBody, Content, Exchange};
use hop::RequestIds;
use link::Link;
use render::Manner;

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
            upstreams: Upstreams::new(&shared.targets, &shared.metrics, shared.settings.forwarded),
            recorder: Recorder::new(&shared),
            ids: RequestIds::new(),
            servers: serve::Servers::new(&shared.settings.limits),
            shared,
        })
    }

    /// One exchange: the straight line from a request to its answer's head.
    async fn handle(&self, link: &Rc<Link>, mut native: Native<Incoming>) -> Response<AnswerBody> {
        let received_at = read::now();
        let peer = link.peer.ip().to_canonical();
        let recording = Recording::begin(&self.recorder, received_at, native.method(), peer);
        let exchange = Exchange::begin(recording, link);
        let upgrade = upgrade(&mut native, link);
        let (parts, body) = native.into_parts();
        let manner = Manner::of(parts.version, &parts.method, &parts.headers);
        let mut asked = Asked {
            exchange,
            manner,
            request_id: None,
            unread: may_go_on(&parts.method, &body),
        };
        let settings = &self.shared.settings;
        let (request, origin) = match read::request(parts, received_at, link, settings) {
            Ok(read) => read,
            Err(denied) => return asked.failed(denied),
        };
        let request_id = self.ids.pick(&origin, &request.headers);
        asked.exchange.recording.received(&request, &request_id);
        asked.request_id = Some(request_id.clone());

        let view = Rc::clone(asked.exchange.recording.view());
        let snapshot = &view.snapshot;
        let plan = snapshot.engine.plan(&request);
        let decision = snapshot.engine.decide(&plan, &request).await;
        let decided_at = asked.exchange.recording.decided();
        let permit = match decision {
            Decision::Allow(permit) => permit,
            Decision::Deny(denial) => {
                let reason = denial.denied().reason;
                asked.exchange.recording.denied(denial);
                return asked.refused(reason);
            }
        };
        let route = permit.route().index();
        let passage = Passage::new(permit);
        asked.exchange.recording.passed(&passage);
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
            may_upgrade: upgrade.is_some(),
            since: decided_at,
        };
        match self.upstreams.forward(upstream, outbound).await {
            Ok(answer) => {
                if let (Some(tunnel), Some(caller)) = (answer.tunnel, upgrade) {
                    link.agreed.replace(Some((caller, tunnel)));
                }
                asked.answered(answer.response.map(Content::Upstream))
            }
            Err(error) => asked.failed(Denied::from(&error)),
        }
    }
}

/// The caller's side of a switch of protocols, when there may be one: HTTP/1.1 only.
fn upgrade(native: &mut Native<Incoming>, link: &Link) -> Option<OnUpgrade> {
    let possible = link.protocol == Protocol::Http1
        && native.version() == Version::HTTP_11
        && native.headers().contains_key(UPGRADE);
    possible.then(|| hyper::upgrade::on(native))
}

/// Whether more may follow a head than the next request. What follows a CONNECT was meant for a tunnel.
fn may_go_on(method: &Method, body: &Incoming) -> bool {
    !body.is_end_stream() || *method == Method::CONNECT
}

/// A request that waits for its answer.
struct Asked {
    exchange: Exchange,
    manner: Manner,
    request_id: Option<HeaderValue>,
    /// Whether the caller may still be sending the request's body.
    unread: bool,
}

impl Asked {
    /// The answer to a request that failed outside the decision.
    fn failed(mut self, denied: Denied) -> Response<AnswerBody> {
        let reason = denied.reason;
        self.exchange.recording.failed(denied);
        self.refused(reason)
    }

    fn refused(self, reason: Reason) -> Response<AnswerBody> {
        let request_id = self.request_id.as_ref().and_then(|id| id.to_str().ok());
        let mut response = render::refusal(reason, self.manner, request_id);
        if self.unread && self.exchange.is_http1() {
            render::close(&mut response);
        }
        self.answered(response)
    }

    fn answered(mut self, mut response: Response<Content>) -> Response<AnswerBody> {
        self.exchange.recording.answering(response.status());
        if self.unread && self.exchange.is_http1() {
            self.exchange.linger();
        }
        if self.exchange.is_last() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
            render::close(&mut response);
        }
        response.map(|content| AnswerBody::new(content, self.exchange))
    }
}
