//! A request under way, from its head to the head of its answer.

use std::sync::Arc;

use http::{HeaderValue, StatusCode};
use tokio::time::Instant;

use super::hear::Heard;
use super::render::{self, Manner, Refusal};
use crate::engine::{Decision, Denial};
use crate::frontend::connection::{Answer, AnswerBody, Content, Exchange};
use crate::model::{Denied, Reason, Request};
use crate::policy::{Moment, Refused, Route};

/// A request that waits for its answer.
pub(in crate::frontend) struct Asked {
    pub(in crate::frontend) exchange: Exchange,
    pub(in crate::frontend) manner: Manner,
    pub(in crate::frontend) request_id: Option<HeaderValue>,
    /// What a refusal may repeat of the request, where one would.
    pub(in crate::frontend) request: Option<Box<Request>>,
    /// Whether the caller may still be sending the request's body.
    pub(in crate::frontend) unread: bool,
    /// Whether a credential stands in the query, so that no page may tell others its address.
    pub(in crate::frontend) discreet: bool,
}

impl Asked {
    /// The answer to a request that failed outside the decision.
    pub(in crate::frontend) fn failed(mut self, denied: Denied) -> Answer<AnswerBody> {
        let reason = denied.reason;
        self.exchange.recording.failed(denied);
        self.refused(reason)
    }

    /// The request was read, and has a name.
    pub(in crate::frontend) fn received(&mut self, request: &Request, request_id: &HeaderValue) {
        self.exchange.recording.received(request, request_id);
        self.request_id = Some(request_id.clone());
        let engine = &self.exchange.recording.view().snapshot.engine;
        self.discreet = engine.shows_credential(&request.path);
    }

    /// The answer that the policy's engine gives itself.
    pub(in crate::frontend) fn replied(self, mut answer: Answer<Content>) -> Answer<AnswerBody> {
        self.part(&mut answer);
        self.answered(answer)
    }

    /// Whether some refusal leads a browser elsewhere.
    pub(in crate::frontend) fn redirects(&self) -> bool {
        let engine = &self.exchange.recording.view().snapshot.engine;
        engine.policy().redirects()
    }

    /// Keeps what a refusal from this moment on would repeat of the request, which may be gone by then.
    pub(in crate::frontend) fn note(
        &mut self,
        request: &Request,
        route: Option<&Arc<Route>>,
        moment: Moment,
    ) {
        let engine = &self.exchange.recording.view().snapshot.engine;
        if engine.policy().speaks_of_requests(route, moment) {
            self.request = Some(Box::new(engine.repeatable(request)));
        }
    }

    /// The decision on a request whose body was awaited, and when it was made.
    pub(super) fn heard(&mut self, request: &Request, heard: Heard) -> (Decision, Instant) {
        self.unread &= heard.body.is_none();
        let recording = &mut self.exchange.recording;
        let at = recording.decided_after(heard.waited);
        recording.compare_whole(request, heard.body.as_ref(), &heard.decision);
        (heard.decision, at)
    }

    /// The decision refused a request.
    pub(in crate::frontend) fn turned_away(&mut self, request: &Request, denial: Denial) {
        self.note(request, denial.route(), Moment::Denied);
        self.exchange.recording.denied(denial);
    }

    /// The answer to a request that the decision refused.
    pub(in crate::frontend) fn denied(
        mut self,
        request: &Request,
        denial: Denial,
    ) -> Answer<AnswerBody> {
        let reason = denial.denied().reason;
        self.turned_away(request, denial);
        self.refused(reason)
    }

    /// What a caller is told that is refused for this reason.
    pub(in crate::frontend) fn refusal(&self, reason: Reason) -> Answer<Content> {
        let request_id = self.request_id.as_ref().and_then(|id| id.to_str().ok());
        let recording = &self.exchange.recording;
        let (route, principal) = recording.known();
        let answer = recording.view().snapshot.engine.policy().answer(&Refused {
            reason,
            route,
            principal,
            request: self.request.as_deref(),
            request_id: request_id.unwrap_or_default(),
            browser: self.manner.browser,
        });
        let refusal = Refusal {
            reason,
            answer,
            request_id,
            challenge: route
                .and_then(|route| route.challenge(reason))
                .unwrap_or_default(),
        };
        render::refusal(refusal, self.manner)
    }

    fn refused(self, reason: Reason) -> Answer<AnswerBody> {
        let mut answer = self.refusal(reason);
        self.part(&mut answer);
        self.answered(answer)
    }

    /// An answer of our own to a request whose body was not read ends its connection.
    pub(in crate::frontend) fn part<B>(&self, answer: &mut Answer<B>) {
        if self.unread && self.exchange.is_http1() {
            answer.close();
        }
    }

    pub(in crate::frontend) fn answered(mut self, answer: Answer<Content>) -> Answer<AnswerBody> {
        self.exchange.recording.answering(answer.status);
        self.sent(answer)
    }

    /// The answer as it leaves, whatever its status means to who receives it.
    pub(in crate::frontend) fn sent(self, mut answer: Answer<Content>) -> Answer<AnswerBody> {
        if self.unread && self.exchange.is_http1() {
            self.exchange.linger();
        }
        if self.discreet {
            answer.keep_address();
        }
        if self.exchange.is_last() && answer.status != StatusCode::SWITCHING_PROTOCOLS {
            answer.close();
        }
        answer.map(|content| AnswerBody::new(content, self.exchange))
    }
}
