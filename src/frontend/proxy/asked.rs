//! A request under way, from its head to the head of its answer.

use std::sync::Arc;

use http::{HeaderValue, StatusCode};

use super::answer::Answer;
use super::body::{AnswerBody, Content, Exchange};
use super::render::{self, Manner, Refusal};
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
