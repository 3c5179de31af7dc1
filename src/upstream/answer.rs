//! From the head of an answer in HTTP/1 to the answer.

use std::task::{Context, Poll};

use http::{HeaderValue, Method, StatusCode};

use super::body::ResponseBody;
use super::error::Error;
use super::exchange::{Exchange, Failure, Reach};
use super::forward::Answer;
use super::headers;
use super::upgrade::{self, Tunnel};
use crate::http1::response::ResponseHead;
use crate::model::Fields;

/// A request that was written to a connection of HTTP/1, and what its answer depends on.
#[derive(Debug)]
pub(super) struct Waiting {
    /// Nothing once it is answered.
    exchange: Option<Exchange>,
    method: Method,
    /// The protocol that was offered to be switched to.
    offer: Option<HeaderValue>,
    /// Whether sending the request twice is the same as sending it once, and we could.
    repeatable: bool,
}

impl Waiting {
    pub(super) fn new(
        exchange: Exchange,
        method: Method,
        offer: Option<HeaderValue>,
        repeatable: bool,
    ) -> Self {
        Self {
            exchange: Some(exchange),
            method,
            offer,
            repeatable,
        }
    }

    /// The exchange, while there is no answer.
    pub(super) fn exchange(&mut self) -> Option<&mut Exchange> {
        self.exchange.as_mut()
    }

    /// Sends, and waits for the head of the answer.
    pub(super) fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<ResponseHead, Failure>> {
        match &mut self.exchange {
            Some(exchange) => exchange.poll_head(&self.method, cx),
            None => Poll::Ready(Err(Error::no_upstream().into())),
        }
    }

    /// Whether the request may be sent once more.
    pub(super) fn may_repeat(&self, reach: Reach) -> bool {
        match reach {
            Reach::Unsent => true,
            Reach::Unanswered => self.repeatable,
            Reach::Final => false,
        }
    }

    /// The answer that begins with `head`.
    pub(super) fn answer(&mut self, mut head: ResponseHead) -> Result<Answer, Error> {
        let mut exchange = self.exchange.take().ok_or_else(Error::no_upstream)?;
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            return self.switch(exchange, head.headers);
        }
        headers::take_upstreams(&mut head.headers, &self.method, head.status);
        exchange.expect(head.framing, head.persistent);
        Ok(Answer {
            status: head.status,
            fields: head.headers,
            body: ResponseBody::http1(exchange),
            tunnel: None,
        })
    }

    /// The answer of an upstream that leaves HTTP: only for what was offered to it.
    fn switch(&mut self, exchange: Exchange, mut fields: Fields) -> Result<Answer, Error> {
        let offer = self.offer.take().ok_or_else(Error::switched)?;
        if !upgrade::accepted(&fields, &offer) {
            return Err(Error::switched());
        }
        let idle = exchange.pool().target.settings.idle_timeout;
        let upstream = exchange.leave().ok_or_else(Error::switched)?;
        let status = StatusCode::SWITCHING_PROTOCOLS;
        headers::take_upstreams(&mut fields, &self.method, status);
        upgrade::set(&mut fields, &offer);
        Ok(Answer {
            status,
            fields,
            body: ResponseBody::none(idle),
            tunnel: Some(Tunnel::new(*upstream, idle)),
        })
    }
}
