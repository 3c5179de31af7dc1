//! The law, pure: routes, roles, tenants, identity headers.
//!
//! This room knows what a policy file asks of a request and of its caller, and what the upstream is
//! told about both. It refuses to know bodies, sockets, clocks, tokens and metrics: the same
//! functions serve traffic and answer `check`, `test` and `explain`.
//!
//! Straight line: [`Config::read`] -> [`Config::compile`] -> [`Policy::find`] ->
//! [`Policy::authorize`] or [`Policy::admit`].
//!
//! Always: what no route matches is refused. Of the route, its groups and the file, the nearest that
//! says something about a key decides it alone. A file with any mistake gives no policy at all. A rule
//! that nobody could satisfy, and a rule that says less than it seems to, are mistakes. Whatever can
//! be computed from the file is computed when it is loaded, so that a request costs the same with ten
//! routes as with ten thousand; what needs no more than a principal is worked out once for each. A
//! value that is missing never equals anything.

mod action;
mod authorize;
mod binding;
mod check;
mod claims;
mod compile;
mod complaint;
mod condition;
mod config;
mod consider;
mod errors;
mod expression;
mod grant;
mod granting;
mod handing_on;
mod host;
mod includes;
pub mod lint;
mod methods;
mod names;
mod observe;
mod origin;
mod owners;
mod pattern;
mod permission;
pub mod proof;
mod quick;
mod reading;
mod render;
mod rights;
mod route;
mod router;
mod show;
mod step_up;
mod telling;
mod template;
#[cfg(test)]
mod tests;
mod vocabulary;

use std::sync::Arc;

use crate::model::{Oddity, Request, WebhookProfile};

pub use check::{Check, Fact, Rule};
pub use compile::Known;
pub use config::Config;
pub use consider::{Considered, Ruling};
pub use errors::{ErrorAnswer, ErrorContent, Moment, Refused};
pub use grant::Grant;
pub use names::HeaderNames;
pub use observe::Observed;
pub use origin::{Level, Origin};
pub use reading::CoreFact;
pub use route::{Access, Match, Route};
pub use show::Needed;
pub use step_up::StepUp;
pub use telling::Told;
pub use vocabulary::Vocabulary;

use errors::Errors;
use grant::Memoised;
use router::Router;

/// A compiled policy: immutable, shared by every worker, replaced as a whole.
#[derive(Debug)]
pub struct Policy {
    router: Router,
    routes: Box<[Arc<Route>]>,
    /// What routes that name webhooks had to fit.
    webhooks: Box<[WebhookProfile]>,
    allowed: Oddity,
    stripped: Arc<HeaderNames>,
    /// One role, or none: a list so that it can stand in for a principal's own.
    default_roles: Box<[Box<str>]>,
    memoised: Memoised,
    /// What is answered where no route was found.
    errors: Arc<Errors>,
    /// Whether any answer, on whichever route, is a redirect.
    redirects: bool,
    vocabulary: Vocabulary,
}

impl Policy {
    /// The most specific route for a request, or nothing: then the request is refused.
    ///
    /// A named host comes before a `*.` host (the longest suffix first), that before any host; then,
    /// segment by segment, a literal before a capture before `**`; then a method list before any
    /// method. `TRACE`, `CONNECT` and methods with small letters match no route.
    pub fn find<'p>(&'p self, request: &'p Request) -> Option<Match<'p>> {
        let index = self
            .router
            .find(request.host.name(), &request.path, &request.method)?;
        let route = self.routes.get(index)?;
        Some(Match::new(route, &request.path))
    }

    /// The spellings of paths that the policy lets through.
    pub fn allowed_oddities(&self) -> Oddity {
        self.allowed
    }

    /// The header names to remove from every request, in header and trailer sections alike.
    pub fn stripped(&self) -> &Arc<HeaderNames> {
        &self.stripped
    }

    /// The names of roles, scopes and permissions that the file uses.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// All routes, in the order of the file; each one's index is its position.
    pub fn routes(&self) -> &[Arc<Route>] {
        &self.routes
    }
}
