//! From what a file says to what it means, with every mistake named.

mod accepting;
mod condition;
mod deliveries;
mod errors;
mod group;
mod headers;
mod layer;
mod naming;
mod observe;
mod permission;
mod public;
mod refer;
mod route;
mod serving;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crate::document::{Node, Place, Placed, Problems};

use crate::model::WebhookProfile;

use super::Policy;
use super::action::Actions;
use super::complaint::complain_quoting;
use super::config::{Config, RouteConfig};
use super::errors::{Answers, Pages};
use super::grant::Memoised;
use super::host::HostPattern;
use super::methods::Methods;
use super::names::HeaderNames;
use super::pattern::Pattern;
use super::proof;
use super::rights::Rights;
use super::route::{PerMethod, Route, Shape};
use super::router::Router;
use super::step_up::StepUp;
use super::template::Template;
use super::vocabulary::Vocabulary;

use group::Scope;

/// The upstream of routes that name none.
const DEFAULT_UPSTREAM: &str = "default";

/// What a policy may refer to, from the rest of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The names of the issuers.
    pub issuers: &'a [Arc<str>],
    /// The names of the sets of API keys.
    pub key_sets: &'a [Arc<str>],
    /// Those of them whose keys, or some of them, are in the store: others cannot be changed but by hand.
    pub stored_key_sets: &'a [Arc<str>],
    /// The webhooks.
    pub webhooks: &'a [WebhookProfile],
    /// The names of the upstreams; nothing when they are not known, because the policy file is
    /// checked alone.
    pub upstreams: Option<&'a [Arc<str>]>,
}

impl Config {
    /// Compiles the policy, or gives nothing when there is any mistake: in what was read, in what it
    /// means, or among the `problems` that others found before.
    pub fn compile(self, known: &Known<'_>, problems: &Problems) -> Option<Policy> {
        let mut compiler = Compiler::new(&self, known, problems);
        let base = compiler.base();
        compiler.entries(&self.routes, &base);
        compiler.check_accepting();
        if compiler.is_complete() {
            compiler.check_captures(&self.defaults.identity_headers, &compiler.routes);
            compiler.check_answer_captures(&self.defaults.errors, &compiler.routes);
            compiler.check_errors(&compiler.routes);
        }
        if self.broken || problems.has_errors() {
            return None;
        }
        let default_role = self.default_role.iter();
        let vocabulary = Vocabulary::of(&self, known, &compiler.routes);
        let policy = Policy {
            router: compiler.router,
            routes: compiler.routes.into(),
            allowed: self.allowed,
            webhooks: known.webhooks.into(),
            stripped: Arc::new(compiler.names),
            default_roles: default_role
                .map(|role| role.value.as_str().into())
                .collect(),
            memoised: Memoised::new(compiler.memoised),
            redirects: compiler.redirects,
            errors: Arc::clone(compiler.answers.errors()),
            vocabulary,
        };
        proof::hold(&self.invariants, &policy, &compiler.rights, problems).then_some(policy)
    }
}

/// Accepted values of `acr`, and how long ago callers may have signed in.
type SignIn = (*const [Box<str>], Option<Duration>);

/// A permission's text, and the methods of a route.
type ByAction = (*const Placed<String>, *const Methods);

/// What the routes of one file are compiled with, and what they add up to.
struct Compiler<'a> {
    config: &'a Config,
    known: &'a Known<'a>,
    problems: &'a Problems,
    rights: Rights,
    actions: Actions,
    names: HeaderNames,
    /// What the top of the file says.
    answers: Answers,
    /// Whether any route so far, or the top of the file, redirects.
    redirects: bool,
    /// Every level below the top that words answers.
    worded: Vec<&'a Pages>,
    /// The names of all captures of the file.
    captures: BTreeSet<Box<str>>,
    /// Every template that needs nothing but a principal, at the position of its value.
    memoised: Vec<Template>,
    router: Router,
    routes: Vec<Arc<Route>>,
    /// Where each route of the file is written, also those that could not be compiled.
    places: Vec<Place>,
    /// The first route that asks for a caller.
    asking: Option<&'a Node>,
    /// Routes that do not say whose credentials count, where they must.
    unsaid: Vec<Place>,
    any_host: Arc<[HostPattern]>,
    any_method: Arc<Methods>,
    any_acr: Arc<[Box<str>]>,
    default_upstream: Arc<str>,
    /// Whether it was said already that there is no default upstream.
    default_missed: bool,
    /// What is asked of sign-ins, by where the values of `acr` are in memory, which are kept.
    step_ups: HashMap<SignIn, Arc<StepUp>>,
    /// What permissions with `{action}` come to, by where their text and the methods of the route are
    /// in memory: the text outlives this, and the methods are kept.
    by_action: HashMap<ByAction, (Arc<Methods>, PerMethod)>,
    /// The names of routes, with their places, and whether the file itself wrote them.
    taken: HashMap<Arc<str>, (Place, bool)>,
}

impl<'a> Compiler<'a> {
    fn new(config: &'a Config, known: &'a Known<'a>, problems: &'a Problems) -> Self {
        let mut names = HeaderNames::default();
        for pattern in &config.strip_headers {
            names.add_pattern(pattern, problems);
        }
        condition::add_headers(&config.defaults.identity_headers, &mut names);
        condition::add_all_headers(&config.routes, &mut names);
        let rights = Rights::compile(config, problems);
        if let Some(role) = &config.default_role {
            rights.check_role(role, problems);
        }
        let answers = Answers::of_file(&config.errors, problems);
        Self {
            config,
            known,
            problems,
            rights,
            actions: Actions::compile(&config.actions, problems),
            names,
            redirects: answers.errors().redirects(),
            answers,
            worded: Vec::new(),
            captures: condition::all_captures(&config.routes),
            memoised: Vec::new(),
            router: Router::default(),
            routes: Vec::new(),
            places: Vec::new(),
            asking: None,
            unsaid: Vec::new(),
            any_host: [HostPattern::Any].into(),
            any_method: Arc::new(Methods::Any),
            any_acr: Arc::default(),
            default_upstream: DEFAULT_UPSTREAM.into(),
            default_missed: false,
            step_ups: HashMap::new(),
            by_action: HashMap::new(),
            taken: HashMap::new(),
        }
    }

    /// Compiles one route and puts it into the router.
    fn route(&mut self, config: &'a RouteConfig, scope: &Scope<'a>) {
        let index = self.places.len();
        self.places.push(config.node.place.clone());
        let path = config.path.as_ref().and_then(|path| scope.path(path));
        let pattern = path.as_ref().and_then(|path| self.pattern(path, scope));
        let mut route = self.compiled(index, config, scope, path.as_ref(), pattern.as_ref());
        let Some(pattern) = pattern else {
            return;
        };
        for host in route.hosts.iter() {
            let added = self.router.insert(host, &pattern, &route.methods, index);
            if let Err(overlap) = added {
                self.report_overlap(config, &overlap);
                break;
            }
        }
        route.shape = Shape {
            segments: pattern.segments.into(),
            open: pattern.open,
        };
        self.routes.push(Arc::new(route));
    }

    /// Whether every route so far could be compiled.
    fn is_complete(&self) -> bool {
        self.routes.len() == self.places.len()
    }

    fn pattern(&self, path: &Placed<String>, scope: &Scope<'_>) -> Option<Pattern> {
        match Pattern::parse(&path.value, self.config.allowed) {
            Ok(pattern) => {
                warn_of_colon(path, self.problems);
                Some(pattern)
            }
            Err(error) => {
                let message = match scope.has_prefix() {
                    true => format!("with its prefix, `{}`: {}", path.value, error.message),
                    false => error.message,
                };
                complain_quoting(path, &message, &error.help, self.problems);
                None
            }
        }
    }
}

/// `:id` is a capture in other programs' files, and plain text here.
fn warn_of_colon(path: &Placed<String>, problems: &Problems) {
    if path.value.contains("/:") {
        let message = "a segment that begins with a colon is matched as it is written";
        let help = "a capture is written `{name}`";
        problems.warn("colon-capture", &path.node, message, help);
    }
}
