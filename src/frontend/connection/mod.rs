//! One caller's connection: HTTP as it is spoken, from the first byte to the last.
//!
//! HTTP/1 is spoken by `http1`, HTTP/2 by hyper. The room knows heads, bodies, and when a connection has taken too
//! long. It refuses to know what a request means: each is handed to the worker's doors, and what they answer is
//! written.
//!
//! Straight line: `serve`: a head -> [`Doors::answer`](super::Doors::answer) -> its answer.
//!
//! Always: `100 Continue` is sent only when something asks for the body; a request whose body was not read ends
//! its connection, so that the body is never taken for a request.

mod answer;
mod body;
mod http1;
mod leave;
mod link;
mod seldom;
mod serve;
mod stall;
mod stream;

use http::header::UPGRADE;
use http::{Method, Uri, Version};
use hyper::body::Body;

use crate::listener::Protocol;
use crate::model::Fields;
use crate::upstream::CallerBody;

pub(in crate::frontend) use answer::Answer;
#[cfg(feature = "grpc")]
pub(in crate::frontend) use body::Flow;
pub(in crate::frontend) use body::{AnswerBody, Content, Exchange};
pub(in crate::frontend) use link::Link;
pub(in crate::frontend) use serve::Servers;

/// A request's head, in whichever HTTP it came.
#[derive(Debug)]
pub(in crate::frontend) struct Head {
    pub(in crate::frontend) method: Method,
    pub(in crate::frontend) target: Uri,
    pub(in crate::frontend) version: Version,
    pub(in crate::frontend) headers: Fields,
}

impl Head {
    /// Whether there may be a switch of protocols: in HTTP/1.1 only.
    pub(in crate::frontend) fn may_upgrade(&self, link: &Link) -> bool {
        link.protocol == Protocol::Http1
            && self.version == Version::HTTP_11
            && self.headers.contains(&UPGRADE)
    }

    /// Whether more may follow than the next request. What follows a CONNECT was meant for a tunnel.
    pub(in crate::frontend) fn may_go_on(&self, body: &CallerBody) -> bool {
        !body.is_end_stream() || self.method == Method::CONNECT
    }
}
