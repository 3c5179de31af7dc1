//! Permissions of routes: one, one per method, or one whose action the method says.

use std::sync::Arc;

use http::Method;

use crate::document::{Node, Placed};

use super::super::action;
use super::super::complaint::complain;
use super::super::config::{PermissionConfig, RouteConfig};
use super::super::granting::Granting;
use super::super::methods::{self, Methods};
use super::super::rights;
use super::super::route::{PerMethod, PermissionRule};
use super::Compiler;
use super::layer::Given;

/// A method, who holds its permission, and how the file writes the method.
type Listed<'a> = (Method, Arc<Granting>, &'a Placed<String>);

/// What a `permission` asks for, before it is known which methods the route takes.
#[derive(Debug, Clone)]
pub(super) enum Demand<'a> {
    /// The same for every method.
    One(Arc<Granting>),
    /// One whose action depends on the method.
    ByAction(&'a Placed<String>),
    /// By method.
    PerMethod(&'a Node, Arc<[Listed<'a>]>),
}

impl<'a> Compiler<'a> {
    /// Reads a `permission` where it is written.
    pub(super) fn permission_demand(&mut self, config: &'a PermissionConfig) -> Option<Demand<'a>> {
        match config {
            PermissionConfig::One(text) if action::depends_on_method(&text.value) => {
                // Nothing else may stand in braces, and it must be a permission with any action.
                let sample = like(text, "x").value;
                let sound = rights::check_permission(text, &sample, self.problems);
                sound.then_some(Demand::ByAction(text))
            }
            PermissionConfig::One(text) => {
                let granting = self.rights.granting(text, self.problems)?;
                Some(Demand::One(granting))
            }
            PermissionConfig::PerMethod(node, entries) => {
                methods::refuse_too_many(entries.len(), node, self.problems);
                let mut rules = Vec::new();
                for (method, permission) in entries.iter().take(methods::MOST) {
                    let granting = self.rights.granting(permission, self.problems);
                    let parsed = methods::parse(method, self.problems);
                    if let (Some(parsed), Some(granting)) = (parsed, granting) {
                        rules.push((parsed, granting, method));
                    }
                }
                Some(Demand::PerMethod(node, rules.into()))
            }
        }
    }

    /// What a permission comes to with the methods of a route.
    pub(super) fn permission(
        &mut self,
        route: &RouteConfig,
        given: Option<&Given<Demand<'a>>>,
        methods: &Arc<Methods>,
    ) -> PermissionRule {
        let Some((given, demand)) = given.and_then(|given| Some((given, given.value.as_ref()?)))
        else {
            return PermissionRule::Nothing;
        };
        let inherited = given.origin.is_inherited();
        match demand {
            Demand::One(granting) => PermissionRule::One(Arc::clone(granting)),
            Demand::ByAction(text) => {
                let node = if inherited { &route.node } else { &text.node };
                let covered = |method: &Method| self.actions.of(method).is_some();
                self.check_reach(node, given, methods, "action", covered);
                PermissionRule::PerMethod(self.by_action(text, methods))
            }
            Demand::PerMethod(node, entries) => {
                if !inherited {
                    self.check_taken(entries, methods);
                }
                let all = entries.iter();
                let all = all.map(|(method, granting, _)| (method.clone(), Arc::clone(granting)));
                let mut rules = with_head(all.collect());
                rules.retain(|(method, _)| methods.contains(method));
                // Why there are none was said where they stand.
                if rules.is_empty() && (!inherited || entries.is_empty()) {
                    return PermissionRule::PerMethod(Arc::default());
                }
                let node = if inherited { &route.node } else { node };
                let covered = |method: &Method| rules.iter().any(|(known, _)| known == method);
                self.check_reach(node, given, methods, "permission", covered);
                PermissionRule::PerMethod(rules.into())
            }
        }
    }

    /// The permission of every method that the route takes and that does something, shared by routes
    /// that inherit both.
    fn by_action(&mut self, text: &'a Placed<String>, methods: &Arc<Methods>) -> PerMethod {
        let key = (std::ptr::from_ref(text), Arc::as_ptr(methods));
        if let Some((_, known)) = self.by_action.get(&key) {
            return Arc::clone(known);
        }
        let taken = self.actions.iter();
        let taken = taken.filter(|(method, _)| methods.contains(method));
        let mut rules = Vec::new();
        for (method, action) in taken {
            let granting = self.rights.granting(&like(text, action), self.problems);
            rules.extend(granting.map(|granting| (method.clone(), granting)));
        }
        let rules: PerMethod = rules.into();
        let kept = (Arc::clone(methods), Arc::clone(&rules));
        self.by_action.insert(key, kept);
        rules
    }

    /// A permission for a method that never reaches the route is a mistake.
    fn check_taken(&self, entries: &[Listed<'_>], methods: &Methods) {
        for (method, _, text) in entries {
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
    }

    /// A method of the route that has no permission is always refused, and its author may not know.
    /// If none has one, nobody could ever pass.
    fn check_reach(
        &self,
        node: &Node,
        given: &Given<Demand<'a>>,
        methods: &Methods,
        what: &str,
        covered: impl Fn(&Method) -> bool,
    ) {
        let Methods::Listed(listed) = methods else {
            return;
        };
        if !listed.iter().any(&covered) {
            let message = format!(
                "the permission at {} is for none of the route's methods, so nobody could pass",
                given.origin
            );
            let help = "write a `permission` for these methods; `any` lifts an inherited one";
            self.problems.error_with(node, message, help);
            return;
        }
        for method in listed {
            if !covered(method) && *method != Method::HEAD {
                let message = format!("the route takes `{method}` but no {what} is named for it");
                let help = match what {
                    "action" => {
                        "such requests are always refused; add it to the file's `actions`, or take \
                         the method away"
                    }
                    _ => "such requests are always refused; name one, or take the method away",
                };
                self.problems
                    .warn("method-without-permission", node, message, help);
            }
        }
    }
}

/// The permission for this action, at the place of the text.
fn like(text: &Placed<String>, action: &str) -> Placed<String> {
    Placed {
        value: action::permission(&text.value, action),
        node: text.node.clone(),
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
