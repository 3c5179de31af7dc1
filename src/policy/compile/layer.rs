//! Settings, compiled where they are written and inherited from there.
//!
//! A key that is written replaces the inherited one, whole; `any` lifts it. Mistakes are found where
//! the setting stands, once, however many routes inherit it.

use std::sync::Arc;
use std::time::Duration;

use crate::document::{Node, Placed};

use super::super::binding::{Binding, Named};
use super::super::config::{Located, Settings, Texts, Wanted};
use super::super::host::HostPattern;
use super::super::methods::Methods;
use super::super::origin::{Level, Origin};
use super::super::route::RoleRule;
use super::super::step_up;
use super::Compiler;
use super::accepting::Accepting;
use super::permission::Demand;

/// A setting that somebody wrote.
#[derive(Debug, Clone)]
pub(super) struct Given<T> {
    /// Nothing when it is lifted.
    pub(super) value: Option<T>,
    pub(super) origin: Arc<Origin>,
}

/// A setting, or nothing when nobody wrote it.
pub(super) type Setting<T> = Option<Given<T>>;

/// What is in force for a setting.
pub(super) fn value<T>(setting: &Setting<T>) -> Option<&T> {
    setting.as_ref().and_then(|given| given.value.as_ref())
}

/// Which requests a route takes, and where they go.
#[derive(Debug, Clone, Default)]
pub(super) struct Way {
    pub(super) hosts: Setting<Arc<[HostPattern]>>,
    pub(super) methods: Setting<Listed>,
    pub(super) upstream: Setting<Arc<str>>,
    /// The longest body that is held to verify it, in bytes.
    pub(super) most_body: Setting<usize>,
}

/// Methods, and how the file writes them.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) methods: Arc<Methods>,
    pub(super) written: Arc<str>,
}

/// What a route asks of a caller.
#[derive(Debug, Clone, Default)]
pub(super) struct Demands<'a> {
    pub(super) accepted: Setting<Accepting>,
    pub(super) tenant: Setting<Bound<'a>>,
    pub(super) source: Setting<Bound<'a>>,
    pub(super) acr: Setting<Arc<[Box<str>]>>,
    pub(super) max_age: Setting<Duration>,
    pub(super) roles: Setting<Arc<RoleRule>>,
    pub(super) scopes: Setting<Scopes>,
    pub(super) permission: Setting<Demand<'a>>,
    /// The condition's text: what it may name depends on the route.
    pub(super) when: Setting<&'a Placed<String>>,
}

/// Where a request names its tenant or its source, and the text that says so.
pub(super) type Bound<'a> = (Arc<Binding>, &'a Placed<String>);

/// Scopes, and the parameter of a challenge that names them.
#[derive(Debug, Clone)]
pub(super) struct Scopes {
    pub(super) wanted: Arc<[Box<str>]>,
    pub(super) challenge: Option<Arc<str>>,
}

/// Everything that is inherited but for headers.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer<'a> {
    pub(super) way: Way,
    pub(super) demands: Demands<'a>,
}

impl<'a> Compiler<'a> {
    /// What a route or a group says over what it inherits.
    pub(super) fn layer(
        &mut self,
        outer: &Layer<'a>,
        own: &'a Settings,
        level: &Level,
    ) -> Layer<'a> {
        Layer {
            way: self.way(&outer.way, own, level),
            demands: self.demands(&outer.demands, own, level),
        }
    }

    pub(super) fn way(&mut self, outer: &Way, own: &'a Settings, level: &Level) -> Way {
        let hosts = own.hosts.as_ref();
        let methods = own.methods.as_ref();
        let upstream = own.upstream.as_ref().map(|asked| Given {
            value: Some(self.upstream(asked)),
            origin: Origin::new(&asked.node, level),
        });
        let most_body = own.max_body.as_ref().map(|size| Given {
            value: Some(self.most_body(size)),
            origin: Origin::new(&size.node, level),
        });
        Way {
            most_body: most_body.or_else(|| outer.most_body.clone()),
            hosts: self.over("host", &outer.hosts, hosts, level, |compiler, texts| {
                Some(HostPattern::compile(texts, compiler.problems).into())
            }),
            methods: self.over("methods", &outer.methods, methods, level, Self::listed),
            upstream: upstream.or_else(|| outer.upstream.clone()),
        }
    }

    fn listed(&mut self, texts: &Texts) -> Option<Listed> {
        let written = texts.value.0.iter().map(|method| method.value.as_str());
        Some(Listed {
            methods: Arc::new(Methods::compile(texts, self.problems)),
            written: written.collect::<Vec<_>>().join(",").into(),
        })
    }

    pub(super) fn demands(
        &mut self,
        outer: &Demands<'a>,
        own: &'a Settings,
        level: &Level,
    ) -> Demands<'a> {
        let accepted = own.authenticate.as_ref();
        let (acr, max_age) = (own.acr.as_ref(), own.max_age.as_ref());
        let (roles, scopes) = (own.roles.as_ref(), own.scopes.as_ref());
        let (permission, when) = (own.permission.as_ref(), own.when.as_ref());
        Demands {
            accepted: self.over(
                "authenticate",
                &outer.accepted,
                accepted,
                level,
                |compiler, written| Some(compiler.accepting(written)),
            ),
            tenant: self.bound_over(Named::Tenant, &outer.tenant, own.tenant.as_ref(), level),
            source: self.bound_over(Named::Source, &outer.source, own.source.as_ref(), level),
            acr: self.over("acr", &outer.acr, acr, level, |compiler, texts| {
                step_up::check_acr(texts, compiler.problems);
                Some(names(texts).into())
            }),
            max_age: self.over(
                "max_age",
                &outer.max_age,
                max_age,
                level,
                |compiler, age| {
                    step_up::check_max_age(age, compiler.problems);
                    Some(age.value)
                },
            ),
            roles: self.over("roles", &outer.roles, roles, level, Self::role_rule),
            scopes: self.over("scopes", &outer.scopes, scopes, level, Self::scope_rule),
            permission: self.over(
                "permission",
                &outer.permission,
                permission,
                level,
                Self::permission_demand,
            ),
            when: self.over("when", &outer.when, when, level, |_, text| Some(text)),
        }
    }

    /// A key that is written, over what is inherited.
    pub(super) fn over<T: Clone, C: Located>(
        &mut self,
        key: &str,
        outer: &Setting<T>,
        own: Option<&'a Wanted<C>>,
        level: &Level,
        compile: impl FnOnce(&mut Self, &'a C) -> Option<T>,
    ) -> Setting<T> {
        match own {
            None => outer.clone(),
            Some(Wanted::Any(node)) => {
                // Where whose credentials count must be said, it may be said that all do.
                let says_all = key == "authenticate" && self.must_say();
                if value(outer).is_none() && !says_all {
                    self.refuse_idle_any(key, node);
                }
                Some(lifted(node, level))
            }
            Some(Wanted::These(written)) => Some(Given {
                value: compile(self, written),
                origin: Origin::new(written.node(), level),
            }),
        }
    }

    /// `tenant: any` lifts the rule of a capture as well, so it is right where nothing is inherited, and
    /// `source: any` lets keys pass that are for some sources only. For a whole file either would do so
    /// out of sight.
    fn bound_over(
        &mut self,
        what: Named,
        outer: &Setting<Bound<'a>>,
        own: Option<&'a Wanted<Placed<String>>>,
        level: &Level,
    ) -> Setting<Bound<'a>> {
        let key = what.as_str();
        match own {
            Some(Wanted::Any(node)) => {
                if *level == Level::File {
                    let message = format!("`{key}: any` cannot be a default of the whole file");
                    let help = "the rule is lifted in sight: write it on a route or in a group";
                    self.problems.error_with(node, message, help);
                }
                Some(lifted(node, level))
            }
            own => self.over(key, outer, own, level, |compiler, text| {
                let binding = Binding::parse(what, text, compiler.problems)?;
                Some((Arc::new(binding), text))
            }),
        }
    }

    fn refuse_idle_any(&self, key: &str, node: &Node) {
        let message =
            format!("`{key}: any` lifts a rule that is inherited, and there is none here");
        let help = match key {
            "permission" | "max_age" | "when" => format!("leave `{key}` out"),
            _ => format!("leave `{key}` out; what is really called `any` is written `[any]`"),
        };
        self.problems.error_with(node, message, help);
    }
}

fn lifted<T>(node: &Node, level: &Level) -> Given<T> {
    Given {
        value: None,
        origin: Origin::new(node, level),
    }
}

/// The texts of a list.
pub(super) fn names(texts: &Texts) -> Vec<Box<str>> {
    let texts = texts.value.0.iter();
    texts.map(|text| text.value.as_str().into()).collect()
}
