//! A compiled route, and a request that found one.

use std::borrow::Cow;
use std::sync::Arc;

use http::{HeaderName, HeaderValue, Method};

use crate::document::Place;
use crate::model::{CanonicalPath, Reason};

use super::binding::Binding;
use super::condition::Condition;
use super::errors::Errors;
use super::granting::Granting;
use super::host::HostPattern;
use super::methods::Methods;
use super::observe::Observation;
use super::origin::Origin;
use super::pattern::Segment;
use super::quick::Names;
use super::step_up::StepUp;
use super::template::Template;

/// Whom a route admits, before anything is asked of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Everybody; credentials are neither judged nor removed.
    Public,
    /// Callers with a credential of one of these issuers and sets of API keys, and signed deliveries.
    Authenticated {
        /// Issuers, sets and webhooks alike by their names in the file, any of which is enough; nothing means
        /// all of them.
        accepted: Option<Box<[Arc<str>]>>,
        /// The webhook whose signature a request must have as well.
        signed: Option<Arc<str>>,
    },
}

impl Access {
    /// Whether a credential of this issuer, set or webhook counts by itself, or beside a signature.
    pub fn accepts(&self, name: &str) -> bool {
        match self {
            Self::Public => false,
            Self::Authenticated { accepted, .. } => accepted
                .as_deref()
                .is_none_or(|accepted| accepted.iter().any(|known| **known == *name)),
        }
    }

    /// The webhook whose signature a request must have beside its credential.
    pub fn signed(&self) -> Option<&Arc<str>> {
        match self {
            Self::Public => None,
            Self::Authenticated { signed, .. } => signed.as_ref(),
        }
    }

    /// Whether requests of this webhook's senders count here, alone or beside another credential.
    pub fn takes_deliveries_of(&self, webhook: &str) -> bool {
        self.accepts(webhook) || self.signed().is_some_and(|signed| **signed == *webhook)
    }
}

/// One route of the policy.
#[derive(Debug)]
pub struct Route {
    pub(super) name: Arc<str>,
    pub(super) index: usize,
    pub(super) place: Place,
    pub(super) access: Access,
    pub(super) upstream: Arc<str>,
    /// The longest body of a delivery that is held here, where the route says so.
    pub(super) most_body: Option<usize>,
    /// The set of API keys that is served here, instead of an upstream.
    pub(super) serves: Option<Arc<str>>,
    /// The path as written, with the prefixes of its groups before it.
    pub(super) path: Box<str>,
    pub(super) hosts: Arc<[HostPattern]>,
    pub(super) methods: Arc<Methods>,
    /// Names of captures, each with the position of its segment, in ascending order.
    pub(super) captures: Box<[(Box<str>, usize)]>,
    pub(super) shape: Shape,
    pub(super) rules: Rules,
    /// Which of the rules refuse nothing yet.
    pub(super) observation: Option<Box<Observation>>,
    pub(super) headers: Arc<[Arc<IdentityHeader>]>,
    /// The scopes that are asked for, as a parameter of a challenge.
    pub(super) scope_challenge: Option<Arc<str>>,
    /// Where settings come from, by their keys.
    pub(super) origins: Box<[(&'static str, Arc<Origin>)]>,
    /// What refused callers are told.
    pub(super) errors: Arc<Errors>,
}

/// The shape of the paths that a route is for, as the router was told. Nothing reaches a route whose
/// pattern could not be read.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub(super) segments: Box<[Segment]>,
    /// Whether further segments may follow.
    pub(super) open: bool,
}

/// What a route asks of an authenticated caller.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) tenant: Option<Binding>,
    pub(super) source: SourceRule,
    pub(super) step_up: Option<Arc<StepUp>>,
    pub(super) roles: Option<Arc<RoleRule>>,
    pub(super) key_roles: KeyRoles,
    pub(super) scopes: Arc<[Box<str>]>,
    pub(super) permission: PermissionRule,
    pub(super) condition: Option<Condition>,
}

/// Where a request names its source, for API keys that are for some sources only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum SourceRule {
    /// Nowhere: such keys are refused.
    #[default]
    Unbound,
    /// It does not matter, and the file says so.
    Lifted,
    /// Here.
    Bound(Binding),
}

/// What the roles of API keys are worth on a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct KeyRoles {
    /// A scope or a permission is asked for as well, by a rule that is enforced, so that the key's scopes
    /// bound what it opens.
    pub(super) bounded: bool,
    /// The keys of some set are accepted.
    pub(super) expected: bool,
}

impl KeyRoles {
    /// Whether there can be keys whose roles count for nothing here.
    pub(super) fn matter(self) -> bool {
        self.expected && !self.bounded
    }
}

/// Any of these roles.
#[derive(Debug)]
pub(super) struct RoleRule {
    /// The roles as the file lists them.
    pub(super) wanted: Box<[Box<str>]>,
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
    PerMethod(PerMethod),
}

/// Methods, and who holds the permission for each.
pub(super) type PerMethod = Arc<[(Method, Arc<Granting>)]>;

/// A header that tells the upstream who calls.
#[derive(Debug, Clone)]
pub(super) struct IdentityHeader {
    pub(super) name: HeaderName,
    pub(super) template: Template,
    pub(super) source: ValueSource,
    /// The template as written, or nothing of it when it came from the environment.
    pub(super) shown: Box<str>,
    pub(super) origin: Arc<Origin>,
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

    /// The upstream's name in the process file. Of a route that serves API keys it means nothing.
    pub fn upstream(&self) -> &Arc<str> {
        &self.upstream
    }

    /// The set of API keys that is served here by the gate itself; nothing is forwarded then.
    pub fn serves(&self) -> Option<&Arc<str>> {
        self.serves.as_ref()
    }

    /// The longest body, in bytes, that is held here to verify a delivery, where the route says so instead of
    /// its webhooks. Nothing where no webhook is named.
    pub fn most_body(&self) -> Option<usize> {
        self.most_body
    }

    /// Whether requests of both routes end up in one place.
    pub(super) fn leads_where(&self, other: &Self) -> bool {
        match (&self.serves, &other.serves) {
            (None, None) => self.upstream == other.upstream,
            (ours, theirs) => ours == theirs,
        }
    }

    /// What a challenge tells of this route beside the error: `, scope="a b"` (RFC 6750 section 3) or
    /// `, acr_values="x y", max_age="300"` (RFC 9470 section 3). Quoted, and without anything that
    /// would need an escape; it begins with a comma.
    pub fn challenge(&self, reason: Reason) -> Option<&str> {
        match reason {
            Reason::InsufficientScope => self.scope_challenge.as_deref(),
            Reason::StepUpRequired => self.step_up().map(StepUp::challenge),
            _ => None,
        }
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

    /// The path below a pattern that ends in `**`: empty, or each further segment behind a slash, with
    /// escapes decoded but for a slash, which stays `%2F`. What a slash at the very end says is nothing.
    pub fn below(&self) -> String {
        let shape = &self.route.shape;
        let mut below = String::new();
        let own = shape.segments.len();
        for segment in self.path.segments().skip(own).filter(|_| shape.open) {
            below.push('/');
            below.push_str(&segment.replace('/', "%2F"));
        }
        below
    }
}
