//! May this caller do this? And what is the upstream told about it?

use std::sync::Arc;

use crate::model::{Denied, Principal, PrincipalKind, Request};

use super::check::Case;
use super::route::Match;
use super::{Grant, Policy};

impl Policy {
    /// Judges a verified caller by what the route asks, up to the first thing that fails.
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
        for check in matched.route.checks() {
            check.judge(case)?;
        }
        Ok(self.grant(matched, request, Some(principal)))
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
    pub(super) fn roles_of<'a>(&'a self, principal: &'a Principal) -> &'a [Box<str>] {
        match principal.kind {
            PrincipalKind::User if principal.roles.is_empty() => &self.default_roles,
            _ => &principal.roles,
        }
    }
}
