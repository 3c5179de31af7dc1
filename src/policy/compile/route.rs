//! What one route asks, checked for rules that nobody could satisfy.

use std::sync::Arc;

use crate::document::{Node, Placed};

use super::super::binding::{Binding, Named};
use super::super::check::Rule;
use super::super::complaint::{complain, complain_quoting, suggestion};
use super::super::config::RouteConfig;
use super::super::methods::Methods;
use super::super::origin::{Level, Origin};
use super::super::pattern::Pattern;
use super::super::route::{Access, KeyRoles, PermissionRule, Route, Rules, Shape, SourceRule};
use super::super::step_up::StepUp;
use super::Compiler;
use super::group::Scope;
use super::layer::{Bound, Demands, Given, Setting, Way, value};
use super::public::{refuse_rules_on_public, warn_of_public_tenant};

impl<'a> Compiler<'a> {
    pub(super) fn compiled(
        &mut self,
        index: usize,
        config: &'a RouteConfig,
        scope: &Scope<'a>,
        path: Option<&Placed<String>>,
        pattern: Option<&Pattern>,
    ) -> Route {
        let way = self.way(&scope.layer.way, &config.own, &Level::Route);
        let demands = self.asked(config, scope);
        let listed = value(&way.methods);
        let methods = listed.map_or(&self.any_method, |listed| &listed.methods);
        let methods = Arc::clone(methods);
        let hosts = Arc::clone(value(&way.hosts).unwrap_or(&self.any_host));
        let serves = self.served(config, path, pattern);
        let captures = pattern.into_iter().flat_map(Pattern::captures);
        let rules = Rules {
            condition: self.condition(config, &demands, pattern),
            ..self.rules(config, &demands, &methods, pattern)
        };
        let most_body = self.deliveries(config, (&way, &demands), &rules, pattern);
        let observation = self.observation(config, &demands, &rules);
        let observed = observation.as_ref();
        let observed = |rule: Rule| observed.is_some_and(|some| some.rules.contains(&rule));
        let key_roles = KeyRoles {
            bounded: bounds_keys(&rules, observed),
            expected: !config.public && self.takes_keys(value(&demands.accepted)),
        };
        Route {
            name: self.name(config, &hosts, listed.map(|listed| &*listed.written), path),
            index,
            place: config.node.place.clone(),
            access: access(config, &demands),
            upstream: self.upstream_of(config, &way),
            most_body,
            serves: serves.clone(),
            path: path.map_or("", |path| path.value.as_str()).into(),
            captures: captures.map(|(name, at)| (name.into(), at)).collect(),
            shape: Shape::default(),
            observation,
            rules: Rules { key_roles, ..rules },
            headers: match serves {
                None => self.route_headers(config, &scope.headers, pattern),
                Some(_) => Arc::default(),
            },
            scope_challenge: value(&demands.scopes).and_then(|scopes| scopes.challenge.clone()),
            errors: self.route_errors(config, &scope.answers, pattern),
            origins: origins(config, &way, &demands, most_body.is_some()),
            hosts,
            methods,
        }
    }

    /// What the route asks of its callers; when it is public, nothing but its own condition, whatever
    /// is inherited.
    fn asked(&mut self, config: &'a RouteConfig, scope: &Scope<'a>) -> Demands<'a> {
        if config.public {
            refuse_rules_on_public(config, self.problems);
            return self.asked_of_all(config, &scope.layer.demands);
        }
        self.asking = self.asking.or(Some(&config.node));
        let demands = self.demands(&scope.layer.demands, &config.own, &Level::Route);
        if demands.accepted.is_none() {
            self.note_unsaid(&config.node.place);
        }
        demands
    }

    fn rules(
        &mut self,
        config: &RouteConfig,
        demands: &Demands<'a>,
        methods: &Arc<Methods>,
        pattern: Option<&Pattern>,
    ) -> Rules {
        if config.public {
            warn_of_public_tenant(config, pattern, self.problems);
            return Rules::default();
        }
        let scopes = value(&demands.scopes).map(|scopes| Arc::clone(&scopes.wanted));
        let tenant = self.bound(Named::Tenant, config, &demands.tenant, pattern);
        let source = self.bound(Named::Source, config, &demands.source, pattern);
        let takes_keys = self.takes_keys(value(&demands.accepted));
        Rules {
            condition: None,
            tenant: tenant.or_else(|| unasked(Named::Tenant, &demands.tenant, pattern)),
            source: match source {
                Some(binding) => SourceRule::Bound(binding),
                None if demands.source.is_some() => SourceRule::Lifted,
                None => unasked(Named::Source, &demands.source, pattern)
                    .filter(|_| takes_keys)
                    .map_or(SourceRule::Unbound, SourceRule::Bound),
            },
            step_up: self.step_up(demands),
            roles: value(&demands.roles).cloned(),
            key_roles: KeyRoles::default(),
            scopes: scopes.unwrap_or_default(),
            permission: self.permission(config, demands.permission.as_ref(), methods),
        }
    }

    /// Where a request names its tenant or its source, if it is said.
    fn bound(
        &self,
        what: Named,
        config: &RouteConfig,
        said: &Setting<Bound<'a>>,
        pattern: Option<&Pattern>,
    ) -> Option<Binding> {
        let given = said.as_ref()?;
        let (binding, text) = given.value.as_ref()?;
        if let Some(pattern) = pattern {
            self.check_binding(what, config, given, (binding, text), pattern);
        }
        Some(Binding::clone(binding))
    }

    fn check_binding<T>(
        &self,
        what: Named,
        config: &RouteConfig,
        given: &Given<T>,
        (binding, text): (&Binding, &Placed<String>),
        pattern: &Pattern,
    ) {
        let key = what.as_str();
        let missing = binding
            .capture()
            .filter(|name| !pattern.names().any(|known| known == *name));
        let own = config.path.as_ref().map_or(&config.node, |path| &path.node);
        match missing {
            Some(name) if given.origin.is_inherited() => {
                let message = format!(
                    "the path has no capture `{name}`, which the {key} rule of {} needs",
                    given.origin
                );
                let help =
                    format!("add the capture, or write a `{key}` here; `any` lifts the rule");
                self.problems.error_with(own, message, help);
            }
            Some(name) => {
                let wrong = Placed {
                    value: name.to_owned(),
                    node: text.node.clone(),
                };
                let help = suggestion(&wrong, pattern.names(), "captures");
                let message = format!("the path has no capture `{name}`");
                complain_quoting(text, &message, &help, self.problems);
            }
            None if binding.is_meant_for(pattern) => {
                let wrong = "is the name of a capture of the path";
                let help = format!("write `{{{{ path.{} }}}}` for what it holds", text.value);
                complain(text, wrong, &help, self.problems);
            }
            None if given.origin.is_inherited() && binding.ignores_capture(what, pattern) => {
                let message = format!(
                    "the path captures `{{{key}}}`, but the {key} rule of {} reads something else",
                    given.origin
                );
                let help = format!(
                    "write a `{key}` here that says which counts, or give the capture another name"
                );
                self.problems.error_with(own, message, help);
            }
            None => {}
        }
    }

    /// What is asked of the sign-in, shared by routes that inherit it.
    fn step_up(&mut self, demands: &Demands<'_>) -> Option<Arc<StepUp>> {
        let acr = Arc::clone(value(&demands.acr).unwrap_or(&self.any_acr));
        let max_age = value(&demands.max_age).copied();
        if acr.is_empty() && max_age.is_none() {
            return None;
        }
        let key = (Arc::as_ptr(&acr), max_age);
        if let Some(known) = self.step_ups.get(&key) {
            return Some(Arc::clone(known));
        }
        let step_up = Arc::new(StepUp::new(acr, max_age));
        self.step_ups.insert(key, Arc::clone(&step_up));
        Some(step_up)
    }
}

/// What nobody said: the capture of that name, if there is one.
fn unasked<T>(what: Named, said: &Setting<T>, pattern: Option<&Pattern>) -> Option<Binding> {
    match said {
        None => Binding::unasked(what, pattern),
        Some(_) => None,
    }
}

/// Whether what is asked bounds what an API key opens by its scopes. What is only observed bounds nothing,
/// and what was observed is enforced for good once the file says so.
fn bounds_keys(rules: &Rules, observed: impl Fn(Rule) -> bool) -> bool {
    let by_scope = !rules.scopes.is_empty() && !observed(Rule::Scopes);
    let asks = !matches!(rules.permission, PermissionRule::Nothing);
    by_scope || asks && !observed(Rule::Permission)
}

fn access(config: &RouteConfig, demands: &Demands<'_>) -> Access {
    if config.public {
        return Access::Public;
    }
    let accepting = value(&demands.accepted);
    Access::Authenticated {
        accepted: accepting.map(|accepting| accepting.names.iter().cloned().collect()),
        signed: accepting.and_then(|accepting| accepting.signed.clone()),
    }
}

/// Where each setting of a route is written.
fn origins(
    config: &RouteConfig,
    way: &Way,
    demands: &Demands<'_>,
    holds: bool,
) -> Box<[(&'static str, Arc<Origin>)]> {
    fn of<T>(setting: &Setting<T>) -> Option<Arc<Origin>> {
        setting.as_ref().map(|given| Arc::clone(&given.origin))
    }
    let own = |node: &Node| Origin::new(node, &Level::Route);
    let known = [
        ("path", config.path.as_ref().map(|path| own(&path.node))),
        ("name", config.name.as_ref().map(|name| own(&name.node))),
        ("host", of(&way.hosts)),
        ("methods", of(&way.methods)),
        ("upstream", of(&way.upstream)),
        ("max_body", of(&way.most_body).filter(|_| holds)),
        ("authenticate", of(&demands.accepted)),
        ("tenant", of(&demands.tenant)),
        ("source", of(&demands.source)),
        ("acr", of(&demands.acr)),
        ("max_age", of(&demands.max_age)),
        ("roles", of(&demands.roles)),
        ("scopes", of(&demands.scopes)),
        ("permission", of(&demands.permission)),
        ("when", of(&demands.when)),
        (
            "observe",
            config.observe.as_ref().map(|observe| own(&observe.node)),
        ),
        (
            "api_keys",
            config.api_keys.as_ref().map(|set| own(&set.node)),
        ),
    ];
    let known = known.into_iter();
    known
        .filter_map(|(key, origin)| Some((key, origin?)))
        .collect()
}
