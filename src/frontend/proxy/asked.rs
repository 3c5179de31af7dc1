//! A request under way, from its head to the head of its answer.

use std::sync::Arc;

use http::{HeaderValue, StatusCode};
use tokio::time::Instant;

use super::answer::Answer;
use super::body::{AnswerBody, Content, Exchange};
use super::collect::Heard;
use super::render::{self, Manner, Refusal};
use crate::engine::{Decision, Denial};
use crate::model::{Denied, Reason, Request};
use crate::policy::{Moment, Refused, Route};

/// A request that waits for its answer.
pub(super) struct Asked {
    pub(super) exchange: Exchange,
    pub(super) manner: Manner,
    pub(super) request_id: Option<HeaderValue>,
    /// What a refusal may repeat of the request, where one would.
    pub(super) request: Option<Box<Request>>,
    /// Whether the caller may still be sending the request's body.
    pub(super) unread: bool,
    /// Whether a credential stands in the query, so that no page may tell others its address.
    pub(super) discreet: bool,
}

impl Asked {
    /// The answer to a request that failed outside the decision.
    pub(super) fn failed(mut self, denied: Denied) -> Answer<AnswerBody> {
        let reason = denied.reason;
        self.exchange.recording.failed(denied);
        self.refused(reason)
    }

    /// Keeps what a refusal from this moment on would repeat of the request, which may be gone by then.
    pub(super) fn note(&mut self, request: &Request, route: Option<&Arc<Route>>, moment: Moment) {
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
        recording.compare_whole(request, heard.body, &heard.decision);
        (heard.decision, at)
    }

    /// The answer to a request that the decision refused.
    pub(super) fn denied(mut self, request: &Request, denial: Denial) -> Answer<AnswerBody> {
        let reason = denial.denied().reason;
        self.note(request, denial.route(), Moment::Denied);
        self.exchange.recording.denied(denial);
        self.refused(reason)
    }

    pub(super) fn refused(self, reason: Reason) -> Answer<AnswerBody> {
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
        let mut answer = render::refusal(refusal, self.manner);
        self.part(&mut answer);
        self.answered(answer)
    }

    /// An answer of our own to a request whose body was not read ends its connection.
    pub(super) fn part<B>(&self, answer: &mut Answer<B>) {
        if self.unread && self.exchange.is_http1() {
            answer.close();
        }
    }

    pub(super) fn answered(mut self, mut answer: Answer<Content>) -> Answer<AnswerBody> {
        self.exchange.recording.answering(answer.status);
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
