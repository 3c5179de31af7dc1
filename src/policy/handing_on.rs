//! What a caller may hand on with an API key that it makes: never more than it has itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Principal, PrincipalKind};

use super::Policy;
use super::check::Asked;
use super::granting::{Granting, has_every_scope, has_scope};
use super::permission::EVERYTHING;
use super::route::{Access, PermissionRule, Route};

impl Policy {
    /// Whether every right that a key with these roles, which are its owner's, and these scopes would have
    /// on this policy is one that its maker has; if not, what exceeds, in words. Without `roles` no owner's
    /// roles bound the key; with an empty list its owner has no rights, and so the key has none.
    ///
    /// The roles must be the maker's own. A scope that a route asks for must be the maker's own, and `*` needs
    /// all of them. Every permission that the key would hold must be one that the maker holds. A scope that grants
    /// nothing this policy asks for must be the maker's own as well, whatever the roles: it stands in identity
    /// headers and in conditions, and nobody knows what it opens there. One that names permissions must name only
    /// such as the maker holds, for the same reason; patterns are bounded by the roles, if there are any.
    ///
    /// Whose credentials a route takes is left out, and so are the key's sources, networks and end. A condition
    /// that reads `principal.scopes`, `principal.kind` or the roles cannot be followed: one that lets keys pass,
    /// or callers with a scope that no route asks for by `scopes`, may let pass a key whose maker is refused.
    pub fn may_hand_on(
        &self,
        maker: &Principal,
        roles: Option<&[String]>,
        scopes: &[String],
    ) -> Result<(), String> {
        if roles.is_some_and(<[String]>::is_empty) {
            return Ok(());
        }
        let handing = Handing {
            maker,
            own: self.roles_of(maker),
            key: key(maker, roles.unwrap_or_default(), scopes),
            asked: Asking::of(self),
        };
        handing.roles()?;
        for scope in scopes {
            handing.scope(scope)?;
        }
        handing.permissions()
    }
}

impl Policy {
    /// Whether a scope of a key opens anything that a route asks for. One that does not may still be read in a
    /// condition, or by the app.
    pub fn is_asked_for(&self, scope: &str) -> bool {
        let asked = Asking::of(self);
        let mut permissions = asked.permissions.values();
        scope == EVERYTHING
            || asked.scopes.contains(scope)
            || permissions.any(|granting| granting.by_key_scope(scope))
    }
}

/// A key, and whoever would make it.
struct Handing<'h> {
    maker: &'h Principal,
    /// The maker's roles.
    own: &'h [Box<str>],
    key: Principal,
    asked: Asking<'h>,
}

/// What the routes ask for that keys can come to.
#[derive(Default)]
struct Asking<'p> {
    scopes: BTreeSet<&'p str>,
    /// By their texts.
    permissions: BTreeMap<String, &'p Granting>,
}

impl<'p> Asking<'p> {
    fn of(policy: &'p Policy) -> Self {
        let mut asking = Self::default();
        for route in policy
            .routes
            .iter()
            .filter(|route| policy.takes_keys(route))
        {
            route.checks().for_each(|check| asking.note(check.0));
        }
        asking
    }

    fn note(&mut self, asked: Asked<'p>) {
        match asked {
            Asked::Scopes(scopes) => self.scopes.extend(scopes.iter().map(AsRef::as_ref)),
            Asked::Permission(PermissionRule::One(granting)) => self.grants([&**granting]),
            Asked::Permission(PermissionRule::PerMethod(rules)) => {
                self.grants(rules.iter().map(|(_, granting)| &**granting));
            }
            Asked::Condition(condition) => self.grants(condition.expression().granting()),
            Asked::Permission(PermissionRule::Nothing)
            | Asked::Network
            | Asked::Tenant(_)
            | Asked::Source(_)
            | Asked::Authentication(_)
            | Asked::Roles(..) => {}
        }
    }

    fn grants(&mut self, granting: impl IntoIterator<Item = &'p Granting>) {
        let named = granting.into_iter();
        let named = named.map(|granting| (granting.permission.to_string(), granting));
        self.permissions.extend(named);
    }
}

impl Policy {
    /// Whether keys of some set may come to a route. Where no set is known, none is ruled out.
    fn takes_keys(&self, route: &Route) -> bool {
        let sets = &self.vocabulary.key_sets;
        match route.access() {
            Access::Public => false,
            access => sets.is_empty() || sets.iter().any(|set| access.accepts(set)),
        }
    }
}

impl Handing<'_> {
    fn roles(&self) -> Result<(), String> {
        let mut roles = self.key.roles.iter();
        match roles.find(|role| !self.own.contains(role)) {
            None => Ok(()),
            Some(role) => Err(format!("the role `{role}` is not the maker's")),
        }
    }

    fn scope(&self, scope: &str) -> Result<(), String> {
        if scope == EVERYTHING {
            return self.everything();
        }
        let own = has_scope(self.maker, scope);
        if self.asked.scopes.contains(scope) && !own {
            return Err(format!(
                "a route asks for the scope `{scope}`, which is not the maker's"
            ));
        }
        if own {
            return Ok(());
        }
        let mut granted = self.granted_by(scope);
        let Some(first) = granted.next() else {
            return Err(format!(
                "the scope `{scope}` is not the maker's, and grants nothing that is known"
            ));
        };
        // What a pattern comes to is said by the roles that bound it; a name is a name wherever it is read.
        let lacks = |granting: &&&Granting| !granting.holds(self.maker, self.own);
        match std::iter::once(first).chain(granted).find(lacks) {
            Some(lacking) if !scope.contains(EVERYTHING) => Err(format!(
                "the scope `{scope}` grants the permission `{}`, which the maker does not have",
                lacking.permission
            )),
            _ => Ok(()),
        }
    }

    /// `*` stands for whatever the roles open, and for every scope.
    fn everything(&self) -> Result<(), String> {
        if has_every_scope(self.maker) {
            return match self.key.roles.is_empty() && !self.own.is_empty() {
                true => Err(unbounded()),
                false => Ok(()),
            };
        }
        if self.maker.kind == PrincipalKind::ApiKey {
            return Err("the scope `*` is not the maker's".to_owned());
        }
        if self.key.roles.is_empty() {
            return Err(unbounded());
        }
        let mut asked = self.asked.scopes.iter();
        match asked.find(|scope| !has_scope(self.maker, scope)) {
            None => Ok(()),
            Some(missing) => Err(format!(
                "the scope `*` stands for every scope, and `{missing}` is not the maker's"
            )),
        }
    }

    fn permissions(&self) -> Result<(), String> {
        let exceeds = |(_, granting): &(&String, &&Granting)| {
            granting.holds(&self.key, &self.key.roles) && !granting.holds(self.maker, self.own)
        };
        let Some((name, granting)) = self.asked.permissions.iter().find(exceeds) else {
            return Ok(());
        };
        let mut scopes = self.key.scopes.iter();
        let by = scopes.find(|scope| granting.by_key_scope(scope));
        let by = by.map(AsRef::as_ref).unwrap_or_default();
        Err(format!(
            "the scope `{by}` grants the permission `{name}`, which the maker does not have"
        ))
    }

    /// The permissions of this policy that a scope of a key grants.
    fn granted_by(&self, scope: &str) -> impl Iterator<Item = &&Granting> {
        let granting = self.asked.permissions.values();
        granting.filter(move |granting| granting.by_key_scope(scope))
    }
}

fn unbounded() -> String {
    "the scope `*` stands for whatever the roles open, and the key has no roles".to_owned()
}

/// The key as a caller.
fn key(maker: &Principal, roles: &[String], scopes: &[String]) -> Principal {
    let boxed = |names: &[String]| names.iter().map(|name| name.as_str().into()).collect();
    Principal {
        kind: PrincipalKind::ApiKey,
        roles: boxed(roles),
        scopes: boxed(scopes),
        key: None,
        ..maker.clone()
    }
}
