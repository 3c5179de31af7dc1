//! The engine's decision, as far as every door that only answers needs it.

use std::rc::Rc;

use http::{HeaderName, HeaderValue};

use crate::engine::{Decision, Engine, Permit};
use crate::frontend::Doors;
use crate::frontend::connection::{Answer, Content, Link};
use crate::frontend::door::{Door, DoorKind};
use crate::frontend::exchange::{self, Asked, Given};
use crate::frontend::forwarded::Origin;
use crate::model::{
    CanonicalPath, Denied, Fields, Reason, Request, is_callers_claim, never_passes,
};
use crate::policy::Moment;
use crate::upstream::Passage;

/// What is answered to a proxy that asks.
#[derive(Debug)]
pub(in crate::frontend) enum Verdict {
    /// It may send the request on, changed like this.
    Pass(Passed),
    /// The caller is to get this.
    Refuse(Answer<Content>),
    /// The caller is to get this, though nothing is wrong: the answer to a challenge, or to a delivery that was
    /// accepted before.
    Reply(Answer<Content>),
}

/// How a request is sent on.
#[derive(Debug)]
pub(in crate::frontend) struct Passed {
    /// The fields that have to be set, and that have to be missing where they are missing here: identity headers
    /// and what is left of credentials.
    pub(in crate::frontend) set: Fields,
    /// The names of the request's fields that may not be sent on as they came, in the spelling of the request.
    pub(in crate::frontend) remove: Vec<HeaderName>,
    /// Path and query as they were judged, without credentials.
    pub(in crate::frontend) path: CanonicalPath,
    /// What logs call the request.
    pub(in crate::frontend) request_id: HeaderValue,
}

impl Verdict {
    /// What failed outside the decision.
    pub(in crate::frontend) fn failed(asked: &mut Asked, denied: Denied) -> Self {
        let reason = denied.reason;
        asked.exchange.recording.failed(denied);
        Self::refused(asked, reason)
    }

    fn refused(asked: &mut Asked, reason: Reason) -> Self {
        let answer = asked.refusal(reason);
        asked.exchange.recording.answering(answer.status);
        Self::Refuse(answer)
    }
}

impl Doors {
    /// Has a request judged that somebody else will send on.
    pub(in crate::frontend) async fn judge(
        &self,
        asked: &mut Asked,
        link: &Link,
        request: &Request,
        origin: &Origin,
        body: impl FnOnce() -> Given,
    ) -> Verdict {
        let view = Rc::clone(asked.exchange.recording.view());
        let (snapshot, door) = (&view.snapshot, &link.door);
        let request_id = self.ids.pick(origin.is_proxied(), &request.headers);
        asked.exchange.recording.asked_for(&request.method);
        asked.received(request, &request_id);
        let engine = &snapshot.engine;
        let plan = engine.plan(request);
        if let Some(route) = plan.route()
            && !snapshot.needs(route.index()).are_met_by(door)
        {
            let denied = Denied::new(
                Reason::WrongDoor,
                "this route cannot be judged at this door",
            );
            let denial = engine.turn_away(&plan, denied);
            asked.turned_away(request, denial);
            return Verdict::refused(asked, Reason::WrongDoor);
        }
        if let Some(denied) = beyond_the_list(link, engine, request) {
            asked.turned_away(request, engine.turn_away(&plan, denied));
            return Verdict::refused(asked, Reason::RequestInvalid);
        }
        let (decision, _) = self.decide(asked, engine, &plan, request, body).await;
        let permit = match decision {
            Decision::Allow(permit) => permit,
            Decision::Deny(denial) => {
                let reason = denial.denied().reason;
                asked.turned_away(request, denial);
                return Verdict::refused(asked, reason);
            }
        };
        let path = permit.path(&request.path).into_owned();
        if permit.reply().is_none() && !is_sent_on(&path, door, request) {
            let detail =
                "spelled otherwise than it was judged, and the proxy in front sends it as it came";
            let denied = Denied::new(Reason::PathAmbiguous, detail);
            asked.turned_away(request, engine.turn_away(&plan, denied));
            return Verdict::refused(asked, Reason::PathAmbiguous);
        }
        asked.note(request, Some(permit.route()), Moment::Permitted);
        let passage = Passage::new(permit);
        asked.exchange.recording.passed(&passage);
        if let Some(reply) = passage.permit().reply() {
            let reply = exchange::reply(reply, &request.method);
            asked.exchange.recording.answering(reply.status);
            return Verdict::Reply(reply);
        }
        // What becomes of a delivery is not told here: that it was handed over has to do.
        passage.permit().settle(true);
        let revised = snapshot.revised();
        let passed = Passed::new(&passage, request, path, revised, request_id);
        asked.exchange.recording.answering(http::StatusCode::OK);
        Verdict::Pass(passed)
    }
}

impl Passed {
    fn new(
        passage: &Passage,
        request: &Request,
        path: CanonicalPath,
        revised: &[HeaderName],
        request_id: HeaderValue,
    ) -> Self {
        let permit = passage.permit();
        let mut set = request.headers.clone();
        permit.rewrite(&mut set);
        let concerns = |name: &[u8]| concerns(permit, revised, name);
        set.retain(|field| concerns(field.name()));
        let gone = |name: &HeaderName| {
            let text = name.as_str().as_bytes();
            let claims = is_callers_claim(text) || is_disguised(text);
            (claims || concerns(text)) && !set.contains(name)
        };
        let names = request.headers.iter();
        let names = names.filter_map(|field| HeaderName::from_bytes(field.name()).ok());
        let mut remove: Vec<HeaderName> = names.filter(gone).collect();
        remove.dedup();
        Self {
            set,
            remove,
            path,
            request_id,
        }
    }
}

/// What a proxy would pass on that takes out only the names it was set up with: another spelling, or a name that is
/// meant by its beginning.
fn beyond_the_list(link: &Link, engine: &Engine, request: &Request) -> Option<Denied> {
    if !matches!(link.door.kind, DoorKind::Ask(dialect) if dialect.removes_by_list()) {
        return None;
    }
    let stripped = engine.policy().stripped();
    let mut names = request.headers.iter().map(|field| field.name());
    let beyond = names.any(|name| stripped.contains(name) && !stripped.names_exactly(name));
    let detail = "a header that the proxy in front cannot take out";
    beyond.then(|| Denied::new(Reason::RequestInvalid, detail))
}

/// Whether the app gets this path and query.
fn is_sent_on(path: &CanonicalPath, door: &Door, request: &Request) -> bool {
    let as_it_came = || path.target().as_str() == request.path.as_received();
    let splits = || door.splits_at_semicolons() && path.query().is_some_and(|q| q.contains(';'));
    door.sends_target() || (as_it_came() && !splits())
}

/// Whether a name is one that only proxies may use, spelled as none of them does: they do not know it, and the app
/// takes it for theirs.
fn is_disguised(name: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    never_passes(name) && !name.iter().all(plain)
}

/// Whether a field is not sent on as it came.
fn concerns(permit: &Permit, revised: &[HeaderName], name: &[u8]) -> bool {
    let is = |ours: &HeaderName| name.eq_ignore_ascii_case(ours.as_str().as_bytes());
    permit.stripped().contains(name) || revised.iter().any(is)
}
