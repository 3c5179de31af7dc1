//! What the upstream is told, put together from what was worked out before and what the request adds.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};

use crate::model::{MemoOwner, Principal, Rendered, Request};

use super::Policy;
use super::observe::Observed;
use super::render::Facts;
use super::route::{IdentityHeader, Match, Route, ValueSource};
use super::template::Template;

/// Leave to pass, with what the upstream is told. Nothing in it changes once it is made.
#[derive(Debug, Clone)]
pub struct Grant {
    route: Arc<Route>,
    principal: Option<Arc<Principal>>,
    owner: MemoOwner,
    /// The values that were worked out for this request, each with its header's position.
    own: Vec<(usize, HeaderValue)>,
    observed: Option<Box<Observed>>,
}

impl Grant {
    /// The route that the request found.
    pub fn route(&self) -> &Arc<Route> {
        &self.route
    }

    /// What would have refused the request, if that were not observed only: the first such rule.
    pub fn observed(&self) -> Option<&Observed> {
        self.observed.as_deref()
    }

    pub(super) fn but_for(mut self, observed: Option<Box<Observed>>) -> Self {
        self.observed = observed;
        self
    }

    /// The identity headers to set, after everything in [`Policy::stripped`] was removed. Each name
    /// occurs once; values are printable ASCII (RFC 9110 section 5.5).
    pub fn headers(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        let principal = self.principal.as_deref().filter(|one| comes_again(one));
        let memo = principal.and_then(|principal| principal.memo.values(self.owner));
        let mut own = self.own.iter().peekable();
        let headers = self.route.headers.iter().enumerate();
        headers.filter_map(move |(position, header)| {
            let value = match (&header.source, memo) {
                (ValueSource::Fixed(value), _) => value,
                (ValueSource::Memo(slot), Some(values)) => values.get(*slot)?.as_ref()?,
                _ => &own.next_if(|(at, _)| *at == position)?.1,
            };
            Some((&header.name, value))
        })
    }
}

/// The templates of a policy that need nothing but a principal. Each is rendered once for a principal
/// and kept in its memo, at the template's position.
#[derive(Debug)]
pub(super) struct Memoised {
    owner: MemoOwner,
    templates: Box<[Template]>,
}

impl Memoised {
    pub(super) fn new(templates: Vec<Template>) -> Self {
        Self {
            owner: MemoOwner::unique(),
            templates: templates.into(),
        }
    }
}

/// Whether other requests come with the same principal. One that a signature has a part in is made for one
/// delivery: of all the policy's values only those of its own route are worked out, and none is kept.
fn comes_again(principal: &Principal) -> bool {
    principal.webhook.is_none()
}

impl Policy {
    /// Says where a request led that nobody is asked about, because it is answered by ourselves and nothing is sent
    /// on: a sender that tests an address. Nothing is judged by it.
    pub fn unasked(&self, matched: &Match<'_>) -> Grant {
        Grant {
            route: Arc::clone(matched.route),
            principal: None,
            owner: self.memoised.owner,
            own: Vec::new(),
            observed: None,
        }
    }

    /// Works out every value there is for this request. Those in the principal's memo are left
    /// there: nothing takes them out of it any more.
    pub(super) fn grant(
        &self,
        matched: &Match<'_>,
        request: &Request,
        principal: Option<&Arc<Principal>>,
    ) -> Grant {
        let roles = principal.map_or(&[][..], |principal| self.roles_of(principal));
        let facts = Facts {
            asked: Some((request, matched)),
            principal: principal.map(AsRef::as_ref),
            roles,
        };
        let remembered = principal.filter(|principal| comes_again(principal));
        let memo = remembered.and_then(|principal| self.fill(principal, roles));
        let rendered_now = |header: &IdentityHeader| match header.source {
            ValueSource::Fixed(_) => false,
            ValueSource::Memo(_) => memo.is_none(),
            ValueSource::Request => true,
        };
        let mut own = Vec::new();
        let mut buffer = String::new();
        for (position, header) in matched.route.headers.iter().enumerate() {
            if rendered_now(header) {
                let value = header.template.render(facts, &mut buffer);
                own.extend(value.map(|value| (position, value)));
            }
        }
        Grant {
            route: Arc::clone(matched.route),
            principal: principal.cloned(),
            owner: self.memoised.owner,
            own,
            observed: None,
        }
    }

    /// The principal's memo with every value of this policy in it; nothing when the memo is another
    /// policy's.
    fn fill<'p>(&self, principal: &'p Principal, roles: &[Box<str>]) -> Option<&'p [Rendered]> {
        principal.memo.fill(self.memoised.owner, || {
            let facts = Facts {
                asked: None,
                principal: Some(principal),
                roles,
            };
            let mut buffer = String::new();
            let templates = self.memoised.templates.iter();
            templates
                .map(|template| template.render(facts, &mut buffer))
                .collect()
        })
    }
}
