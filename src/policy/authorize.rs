//! May this caller do this? And what is the upstream told about it?

use std::sync::Arc;

use crate::model::{Denied, Principal, PrincipalKind, Request};

use super::check::Case;
use super::observe::Observed;
use super::route::Match;
use super::{Grant, Policy};

impl Policy {
    /// Judges a verified caller by what the route asks, up to the first thing that fails. What is observed
    /// at the time of the request refuses nothing; the grant says what would have.
    pub fn authorize(
        &self,
        matched: &Match<'_>,
        request: &Request,
        principal: &Arc<Principal>,
    ) -> Result<Grant, Denied> {
        let case = Case {
            matched,
            request,
            principal: Some(&**principal),
            roles: self.roles_of(principal),
        };
        let mut observed = None;
        for check in matched.route.checks_of(Some(principal)) {
            if let Err(denied) = check.judge(case) {
                let rule = check.rule();
                if !matched.route.observes_at(rule, request.received_at) {
                    return Err(denied);
                }
                observed.get_or_insert_with(|| Box::new(Observed { rule, denied }));
            }
        }
        let grant = self.grant(matched, request, Some(principal));
        Ok(grant.but_for(observed))
    }

    /// Judges a request on a public route by its condition, if it has one. The upstream gets headers
    /// that say nothing of a caller, for there is none.
    pub fn admit(&self, matched: &Match<'_>, request: &Request) -> Result<Grant, Denied> {
        for check in matched.route.checks() {
            self.judge(check, matched, request, None)?;
        }
        Ok(self.grant(matched, request, None))
    }

    /// The roles that count: the principal's own, or the default for a person who has none.
    pub fn roles_of<'a>(&'a self, principal: &'a Principal) -> &'a [Box<str>] {
        match principal.kind {
            PrincipalKind::User if principal.roles.is_empty() => &self.default_roles,
            _ => &principal.roles,
        }
    }
}
