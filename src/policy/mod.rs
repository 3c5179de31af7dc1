//! The law, pure: routes, roles, tenants, identity headers.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};

use crate::model::{Denied, Oddity, Principal, Reason, Request};

/// The rules of one file.
#[derive(Debug, Default)]
pub struct Policy {
    stripped: Arc<HeaderNames>,
    routes: Vec<Arc<Route>>,
}

/// Who may pass a route.
#[derive(Debug)]
pub enum Access {
    /// Anyone, unasked.
    Public,
    /// Callers whose credential one of these issuers vouches for; `None`: any issuer of the file.
    Authenticated {
        /// Issuer names.
        accepted: Option<Box<[Arc<str>]>>,
    },
}

/// One route.
#[derive(Debug)]
pub struct Route {
    name: Arc<str>,
    index: usize,
    access: Access,
    upstream: Arc<str>,
}

impl Route {
    /// The name in logs and metrics.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The position in [`Policy::routes`].
    pub fn index(&self) -> usize {
        self.index
    }

    /// Who may pass.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// The upstream's name.
    pub fn upstream(&self) -> &Arc<str> {
        &self.upstream
    }
}

/// A route that matches a request.
#[derive(Debug)]
pub struct Match<'p> {
    /// The route.
    pub route: &'p Arc<Route>,
}

/// The rules said yes.
#[derive(Debug, Default)]
pub struct Grant {
    /// Identity headers to set.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// Names of headers, in any spelling.
#[derive(Debug, Default)]
pub struct HeaderNames(());

impl HeaderNames {
    /// Whether `name`, in whatever spelling, is one of them.
    pub fn contains(&self, name: &str) -> bool {
        name.starts_with("x-sidegate-")
    }
}

impl Policy {
    /// The most specific route that matches.
    pub fn find<'p>(&'p self, request: &Request) -> Option<Match<'p>> {
        let _ = request;
        self.routes.first().map(|route| Match { route })
    }

    /// The unusual spellings that the policy allows.
    pub fn allowed_oddities(&self) -> Oddity {
        Oddity::default()
    }

    /// The headers that are removed from every request.
    pub fn stripped(&self) -> &Arc<HeaderNames> {
        &self.stripped
    }

    /// All routes.
    pub fn routes(&self) -> &[Arc<Route>] {
        &self.routes
    }

    /// Judges an authenticated request.
    pub fn authorize(&self, _: &Match<'_>, _: &Request, _: &Principal) -> Result<Grant, Denied> {
        Err(Reason::NoRoute.into())
    }

    /// What a public route sets.
    pub fn admit(&self, _: &Match<'_>, _: &Request) -> Grant {
        Grant::default()
    }
}
