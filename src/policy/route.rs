//! A compiled route, and a request that found one.

use std::borrow::Cow;
use std::sync::Arc;

use http::{HeaderName, HeaderValue, Method};

use crate::document::Place;
use crate::model::CanonicalPath;

use super::host::HostPattern;
use super::methods::Methods;
use super::pattern::Segment;
use super::quick::Names;
use super::rights::Granting;
use super::template::Template;
use super::tenant::Binding;

/// Whom a route admits, before anything is asked of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Everybody; credentials are neither judged nor removed.
    Public,
    /// Callers with a credential of one of these issuers.
    Authenticated {
        /// The issuers by their names in the file; nothing means all of them.
        accepted: Option<Box<[Arc<str>]>>,
    },
}

/// One route of the policy.
#[derive(Debug)]
pub struct Route {
    pub(super) name: Arc<str>,
    pub(super) index: usize,
    pub(super) place: Place,
    pub(super) access: Access,
    pub(super) upstream: Arc<str>,
    /// Names of captures, each with the position of its segment, in ascending order.
    pub(super) captures: Box<[(Box<str>, usize)]>,
    pub(super) reach: Reach,
    pub(super) rules: Rules,
    pub(super) headers: Arc<[Arc<IdentityHeader>]>,
}

/// Which requests a route is for, as the router was told.
#[derive(Debug)]
pub(super) struct Reach {
    pub(super) hosts: Box<[HostPattern]>,
    pub(super) methods: Methods,
    pub(super) segments: Box<[Segment]>,
    /// Whether further segments may follow.
    pub(super) open: bool,
}

impl Default for Reach {
    /// Nobody reaches a route whose pattern could not be read.
    fn default() -> Self {
        Self {
            hosts: Box::default(),
            methods: Methods::Any,
            segments: Box::default(),
            open: false,
        }
    }
}

/// What a route asks of an authenticated caller.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) tenant: Option<Binding>,
    pub(super) roles: Option<RoleRule>,
    pub(super) scopes: Box<[Box<str>]>,
    pub(super) permission: PermissionRule,
}

/// Any of these roles.
#[derive(Debug)]
pub(super) struct RoleRule {
    /// The roles as the file lists them, for the log.
    pub(super) wanted: Box<str>,
    /// All role names that satisfy the rule.
    pub(super) satisfying: Names,
}

/// The permission a caller needs.
#[derive(Debug, Default)]
pub(super) enum PermissionRule {
    /// None.
    #[default]
    Nothing,
    /// The same for every method.
    One(Arc<Granting>),
    /// By method; any other method is refused.
    PerMethod(Box<[(Method, Arc<Granting>)]>),
}

/// A header that tells the upstream who calls.
#[derive(Debug, Clone)]
pub(super) struct IdentityHeader {
    pub(super) name: HeaderName,
    pub(super) template: Template,
    pub(super) source: ValueSource,
}

/// When the value of an identity header is worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ValueSource {
    /// When the policy is loaded: it is the same for all.
    Fixed(HeaderValue),
    /// Once for a principal, whose memo holds it at this position.
    Memo(usize),
    /// For every request anew.
    Request,
}

impl Route {
    /// The name for logs and metrics; no other route has it.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The position among the policy's routes.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Where the route is written.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Whom the route admits.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// The upstream's name in the process file.
    pub fn upstream(&self) -> &Arc<str> {
        &self.upstream
    }
}

/// A request's route, with what its path captured.
#[derive(Debug, Clone)]
pub struct Match<'p> {
    /// The route.
    pub route: &'p Arc<Route>,
    path: &'p CanonicalPath,
}

impl<'p> Match<'p> {
    pub(super) fn new(route: &'p Arc<Route>, path: &'p CanonicalPath) -> Self {
        Self { route, path }
    }

    /// The captures in the order of the path: name and percent-decoded segment.
    pub fn captures(&self) -> impl Iterator<Item = (&'p str, Cow<'p, str>)> {
        let path = self.path;
        let captures = self.route.captures.iter();
        captures.filter_map(|(name, at)| Some((name.as_ref(), path.segments().nth(*at)?)))
    }

    /// The segment that a capture holds, percent-decoded.
    pub fn capture(&self, name: &str) -> Option<Cow<'p, str>> {
        let mut captures = self.route.captures.iter();
        let (_, at) = captures.find(|(known, _)| **known == *name)?;
        self.path.segments().nth(*at)
    }
}
