//! What a refused caller is told: the operator's own words, the way to a page, or a problem document.
//!
//! This room knows what a file says under `errors`, at whatever level it says it, and what of a request
//! and its caller an answer may repeat. It refuses to know HTTP's framing, challenges and gRPC: the
//! front door adds those. It never repeats a header of the caller, nor what the log says of a refusal.
//!
//! Straight line: [`Pages::read`] -> [`Answers::of_file`] -> [`Answers::under`] -> [`Policy::answer`].
//!
//! Always: of the keys that cover a reason the most specific one holds. A value is escaped for the place
//! it stands in, and one that is not known is empty text. A refusal stays 4xx or 5xx, or leads a browser
//! to an address whose scheme, host and path stand in the file. What holds no value of the request is
//! ready when the policy is loaded.

mod escape;
mod key;
mod level;
mod markup;
mod media;
mod page;
mod redirect;
mod resolved;
mod table;
mod text;
mod value;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, StatusCode};

use crate::model::{Principal, Reason, Request};

use super::render::Facts;
use super::route::{Match, Route};
use super::{Policy, template};

pub(super) use level::Answers;
pub(super) use resolved::Errors;
pub(super) use table::{Level, Pages};

use value::Scene;

/// A request that was refused, with what is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Refused<'a> {
    /// Why.
    pub reason: Reason,
    /// Its route, if one was found.
    pub route: Option<&'a Arc<Route>>,
    /// Its caller, if the credential was genuine.
    pub principal: Option<&'a Principal>,
    /// The request, if it could be read, without what no answer may repeat: its header fields, and the
    /// tokens in its query. May be missing where [`Policy::speaks_of_requests`] says no.
    pub request: Option<&'a Request>,
    /// What logs call the request; empty if it has no name.
    pub request_id: &'a str,
    /// Whether a person's browser waits for a page.
    pub browser: bool,
}

/// What a refused caller is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorAnswer {
    /// 4xx or 5xx; 302 with [`ErrorContent::Redirect`] and only then.
    pub status: StatusCode,
    /// The body, or what stands in its place.
    pub content: ErrorContent,
    /// Whether a browser and another caller are told different things.
    pub varies: bool,
}

/// The body of an answer to a refused request, or what stands in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorContent {
    /// A problem document (RFC 9457).
    Problem,
    /// The operator's own words.
    Page {
        /// The media type.
        content_type: HeaderValue,
        /// The words, with every value in its place.
        body: Bytes,
    },
    /// No body: the caller is sent to this address, which is a URL or an absolute path.
    Redirect(HeaderValue),
}

/// When an answer is needed, counted from the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The request was denied.
    Denied,
    /// The request was permitted, and may still fail on its way.
    Permitted,
}

impl Policy {
    /// What the caller is told, by the errors of the route, or of the file where no route was found.
    pub fn answer(&self, refused: &Refused<'_>) -> ErrorAnswer {
        let matched = refused.route.zip(refused.request);
        let matched = matched.map(|(route, request)| (request, Match::new(route, &request.path)));
        let facts = Facts {
            asked: matched
                .as_ref()
                .map(|(request, matched)| (*request, matched)),
            principal: refused.principal,
            roles: refused
                .principal
                .map_or(&[], |caller| self.roles_of(caller)),
        };
        self.errors_of(refused.route).answer(&Scene {
            reason: refused.reason,
            status: refused.reason.status(),
            request_id: refused.request_id,
            request: refused.request,
            browser: refused.browser,
            facts,
        })
    }

    /// Whether an answer that may be needed from this moment on repeats something of its request.
    pub fn speaks_of_requests(&self, route: Option<&Arc<Route>>, moment: Moment) -> bool {
        self.errors_of(route).speaks(moment)
    }

    /// Whether any answer depends on who waits for it: a browser or another program.
    pub fn redirects(&self) -> bool {
        self.redirects
    }

    fn errors_of<'p>(&'p self, route: Option<&'p Arc<Route>>) -> &'p Errors {
        route.map_or(&self.errors, |route| &route.errors)
    }
}
