//! The reverse proxy: the door that forwards.
//!
//! It turns each request into the engine's words and acts on the decision: forwards, or renders the refusal.
//!
//! Straight line: [`Doors::forward`].
//!
//! Always: nothing is forwarded without a permit; 1xx answers of an upstream other than 101 end here.

mod hop;
mod serve_keys;

use std::rc::Rc;

use super::connection::{Answer, AnswerBody, Content, Head, Link};
use super::exchange::{self, Given, Manner};
use super::{Doors, Shared};
use crate::engine::Decision;
use crate::model::{Denied, Reason};
use crate::policy::Moment;
use crate::upstream::{CallerBody, HeldBody, Hop, Outbound, Passage};

use serve_keys::Wanted;

impl Doors {
    /// One exchange: the straight line from a request to its answer's head.
    pub(super) async fn forward(
        &self,
        link: &Rc<Link>,
        head: Head,
        mut body: CallerBody,
    ) -> Answer<AnswerBody> {
        let received_at = exchange::now();
        let may_upgrade = head.may_upgrade(link);
        let mut asked = self.asked(link, received_at, &head.method);
        let view = Rc::clone(asked.exchange.recording.view());
        let snapshot = &view.snapshot;
        let redirects = snapshot.engine.policy().redirects();
        asked.manner = Manner::of(head.version, &head.method, &head.headers, redirects);
        asked.unread = head.may_go_on(&body);
        let Shared { settings, .. } = &*self.shared;
        let (request, origin) = match exchange::request(head, received_at, link, settings) {
            Ok(read) => read,
            Err(denied) => return asked.failed(denied),
        };
        let request_id = self.ids.pick(origin.is_proxied(), &request.headers);
        asked.received(&request, &request_id);

        let plan = snapshot.engine.plan(&request);
        let given = || Given::taken(&mut body);
        let deciding = self.decide(&mut asked, &snapshot.engine, &plan, &request, given);
        let (decision, decided_at) = deciding.await;
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
            return asked.replied(exchange::reply(reply, &request.method));
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
        let hop: Hop = hop::hop(&request, &origin, link, settings.forwarded, request_id);
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
}
