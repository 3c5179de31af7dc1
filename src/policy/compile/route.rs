//! What one route asks, checked for rules that nobody could satisfy.

use std::sync::Arc;

use http::Method;

use crate::document::{Node, Placed, Problems};

use super::super::complaint::complain;
use super::super::config::{PermissionConfig, RouteConfig};
use super::super::methods::{self, Methods};
use super::super::pattern::Pattern;
use super::super::rights::Granting;
use super::super::route::{Access, PermissionRule, Reach, RoleRule, Route, Rules};
use super::super::tenant::Binding;
use super::{Compiler, issuers};

impl Compiler<'_> {
    pub(super) fn compiled(
        &mut self,
        index: usize,
        config: &RouteConfig,
        name: Arc<str>,
        methods: &Methods,
        pattern: Option<&Pattern>,
    ) -> Route {
        let captures = pattern.into_iter().flat_map(Pattern::captures);
        Route {
            name,
            index,
            place: config.node.place.clone(),
            access: self.access(config),
            upstream: self.upstream(config),
            captures: captures.map(|(name, at)| (name.into(), at)).collect(),
            reach: Reach::default(),
            rules: self.rules(config, methods, pattern),
            headers: self.route_headers(config, pattern),
        }
    }

    fn access(&self, config: &RouteConfig) -> Access {
        if config.public {
            refuse_rules_on_public(config, self.problems);
            return Access::Public;
        }
        let own = config.authenticate.as_ref();
        let own = own.map(|listed| issuers(listed, self.known, self.problems));
        Access::Authenticated {
            accepted: own.or_else(|| self.accepted.clone()),
        }
    }

    fn rules(
        &mut self,
        config: &RouteConfig,
        methods: &Methods,
        pattern: Option<&Pattern>,
    ) -> Rules {
        let tenant = Binding::compile(config, pattern, self.problems);
        if config.public {
            warn_of_public_tenant(config, tenant.is_some(), self.problems);
            return Rules::default();
        }
        let roles = config.roles.as_ref().map(|roles| {
            let wanted = roles.value.0.iter().map(|role| role.value.as_str());
            RoleRule {
                wanted: wanted.collect::<Vec<_>>().join(", ").into(),
                satisfying: self.rights.satisfying(&roles.value.0, self.problems),
            }
        });
        let scopes = config.scopes.iter().flat_map(|scopes| &scopes.value.0);
        for scope in scopes.clone() {
            check_scope(scope, self.problems);
        }
        Rules {
            tenant,
            roles,
            scopes: scopes.map(|scope| scope.value.as_str().into()).collect(),
            permission: self.permission(config, methods),
        }
    }

    fn permission(&mut self, config: &RouteConfig, methods: &Methods) -> PermissionRule {
        match &config.permission {
            None => PermissionRule::Nothing,
            Some(PermissionConfig::One(text)) => match self.rights.granting(text, self.problems) {
                Some(granting) => PermissionRule::One(granting),
                None => PermissionRule::PerMethod(Box::default()),
            },
            Some(PermissionConfig::PerMethod(node, entries)) => {
                let mut rules = Vec::new();
                for (method, permission) in entries {
                    let granting = self.rights.granting(permission, self.problems);
                    let parsed = methods::parse(method, self.problems);
                    if let (Some(parsed), Some(granting)) = (parsed, granting) {
                        self.check_taken(method, &parsed, methods);
                        rules.push((parsed, granting));
                    }
                }
                self.warn_of_unlisted(node, &rules, methods);
                PermissionRule::PerMethod(with_head(rules).into())
            }
        }
    }

    /// A permission for a method that never reaches the route is a mistake.
    fn check_taken(&self, text: &Placed<String>, method: &Method, methods: &Methods) {
        if !methods.contains(method) {
            let help = "add it to the route's `methods`, or leave it out here";
            complain(
                text,
                "is not among the route's methods",
                help,
                self.problems,
            );
        }
    }

    /// A method of the route that has no permission is always refused, and its author may not know.
    fn warn_of_unlisted(&self, node: &Node, rules: &[(Method, Arc<Granting>)], methods: &Methods) {
        let Methods::Listed(listed) = methods else {
            return;
        };
        let has = |method: &Method| rules.iter().any(|(known, _)| known == method);
        for method in listed {
            let by_get = *method == Method::HEAD && has(&Method::GET);
            if !has(method) && !by_get && *method != Method::HEAD {
                let message =
                    format!("the route takes `{method}` but no permission is named for it");
                let help = "such requests are always refused; name one, or take the method away";
                self.problems.warn(node, message, help);
            }
        }
    }
}

/// `HEAD` asks for what `GET` asks for, unless it is listed itself.
fn with_head(mut rules: Vec<(Method, Arc<Granting>)>) -> Vec<(Method, Arc<Granting>)> {
    let of = |wanted: Method| rules.iter().find(|(method, _)| *method == wanted);
    if let (Some((_, get)), None) = (of(Method::GET), of(Method::HEAD)) {
        let get = Arc::clone(get);
        rules.push((Method::HEAD, get));
    }
    rules
}

/// A scope is one word (RFC 6749 section 3.3); another could not be in a token.
fn check_scope(scope: &Placed<String>, problems: &Problems) {
    if scope
        .value
        .contains(|c: char| c.is_whitespace() || c.is_control())
    {
        let help = "a scope is one word; several are a list: `[a, b]`";
        complain(scope, "is not a scope", help, problems);
    }
}

fn refuse_rules_on_public(config: &RouteConfig, problems: &Problems) {
    let rules = [
        ("roles", config.roles.as_ref().map(|rule| &rule.node)),
        ("scopes", config.scopes.as_ref().map(|rule| &rule.node)),
        (
            "permission",
            config.permission.as_ref().map(PermissionConfig::node),
        ),
        ("tenant", config.tenant.as_ref().map(|rule| &rule.node)),
        (
            "authenticate",
            config.authenticate.as_ref().map(|rule| &rule.node),
        ),
    ];
    for (key, node) in rules {
        if let Some(node) = node {
            let message = format!("a public route asks nobody, so `{key}` cannot hold");
            let help = format!("take away `public: true`, or `{key}`");
            problems.error_with(node, message, help);
        }
    }
}

fn warn_of_public_tenant(config: &RouteConfig, bound: bool, problems: &Problems) {
    if let (true, None, Some(path)) = (bound, &config.tenant, &config.path) {
        let message = "a public route has no principal whose tenant `{tenant}` could equal";
        let help = "give the capture another name, or write `*`";
        problems.warn(&path.node, message, help);
    }
}
