//! From what a file says to what it means, with every mistake named.

mod headers;
mod route;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::document::{Node, Place, Placed, Problems};

use super::Policy;
use super::complaint::{complain, complain_quoting, shown, suggestion};
use super::config::{Config, RouteConfig, Texts};
use super::grant::Memoised;
use super::host::HostPattern;
use super::methods::Methods;
use super::names::HeaderNames;
use super::pattern::Pattern;
use super::proof::{self, Vocabulary};
use super::rights::Rights;
use super::route::Route;
use super::router::{Overlap, Router};

use headers::FileHeaders;

/// The upstream of routes that name none.
const DEFAULT_UPSTREAM: &str = "default";

/// What a policy may refer to, from the rest of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The names of the issuers.
    pub issuers: &'a [Arc<str>],
    /// The names of the upstreams; nothing when they are not known, because the policy file is
    /// checked alone.
    pub upstreams: Option<&'a [Arc<str>]>,
}

impl Config {
    /// Compiles the policy, or gives nothing when there is any mistake: in what was read, in what it
    /// means, or among the `problems` that others found before.
    pub fn compile(self, known: &Known<'_>, problems: &Problems) -> Option<Policy> {
        let mut compiler = Compiler::new(&self, known, problems);
        let routes: Vec<_> = self
            .routes
            .iter()
            .enumerate()
            .filter_map(|(index, route)| compiler.route(index, route))
            .collect();
        compiler.check_issuers();
        if routes.len() == self.routes.len() {
            compiler.check_file_captures(&routes);
        }
        if self.broken || problems.has_errors() {
            return None;
        }
        let default_role = self.default_role.iter();
        let policy = Policy {
            router: compiler.router,
            routes: routes.into(),
            allowed: self.allowed,
            stripped: Arc::new(compiler.names),
            default_roles: default_role
                .map(|role| role.value.as_str().into())
                .collect(),
            memoised: Memoised::new(compiler.headers.memoised),
            vocabulary: Vocabulary::of(&self, known),
        };
        proof::hold(&self.invariants, &policy, &compiler.rights, problems).then_some(policy)
    }
}

/// What the routes of one file are compiled with, and what they add up to.
struct Compiler<'a> {
    config: &'a Config,
    known: &'a Known<'a>,
    problems: &'a Problems,
    rights: Rights,
    /// The issuers of routes that name none; nothing means all.
    accepted: Option<Box<[Arc<str>]>>,
    headers: FileHeaders,
    names: HeaderNames,
    router: Router,
    default_upstream: Arc<str>,
    /// Whether it was said already that there is no default upstream.
    default_missed: bool,
    /// The names of routes, with their places, and whether the file itself wrote them.
    taken: HashMap<Arc<str>, (Place, bool)>,
}

impl<'a> Compiler<'a> {
    fn new(config: &'a Config, known: &'a Known<'a>, problems: &'a Problems) -> Self {
        let mut names = HeaderNames::default();
        for pattern in &config.strip_headers {
            names.add_pattern(pattern, problems);
        }
        let rights = Rights::compile(config, problems);
        if let Some(role) = &config.default_role {
            rights.check_role(role, problems);
        }
        let listed = config.authenticate.as_ref();
        Self {
            config,
            known,
            problems,
            rights,
            accepted: listed.map(|listed| issuers(listed, known, problems)),
            headers: FileHeaders::compile(&config.identity_headers, &mut names, problems),
            names,
            router: Router::default(),
            default_upstream: DEFAULT_UPSTREAM.into(),
            default_missed: false,
            taken: HashMap::new(),
        }
    }

    /// Compiles one route and puts it into the router.
    fn route(&mut self, index: usize, config: &RouteConfig) -> Option<Arc<Route>> {
        let pattern = config.path.as_ref().and_then(|path| self.pattern(path));
        let hosts = HostPattern::compile(config.hosts.as_ref(), self.problems);
        let methods = Methods::compile(config.methods.as_ref(), self.problems);
        let name = self.name(config, &hosts, &methods);
        let route = self.compiled(index, config, name, &methods, pattern.as_ref());
        let pattern = pattern?;
        for host in &hosts {
            if let Err(overlap) = self.router.insert(host, &pattern, &methods, index) {
                self.report_overlap(config, &overlap);
                break;
            }
        }
        Some(Arc::new(route))
    }

    fn pattern(&self, path: &Placed<String>) -> Option<Pattern> {
        match Pattern::parse(&path.value, self.config.allowed) {
            Ok(pattern) => {
                warn_of_colon(path, self.problems);
                Some(pattern)
            }
            Err(error) => {
                complain_quoting(path, &error.message, &error.help, self.problems);
                None
            }
        }
    }

    /// The route's own name, or one made of what it matches. No two routes share one.
    fn name(&mut self, config: &RouteConfig, hosts: &[HostPattern], methods: &Methods) -> Arc<str> {
        let (name, node): (Arc<str>, &Node) = match &config.name {
            Some(name) => (name.value.as_str().into(), &name.node),
            None => (default_name(config, hosts, methods).into(), &config.node),
        };
        if name.chars().any(char::is_control) {
            let help = "names stand in logs and metrics; write one line of text";
            self.problems
                .error_with(node, "a route's name has a control character", help);
        }
        let written = config.name.is_some();
        match self.taken.entry(Arc::clone(&name)) {
            Entry::Vacant(free) => {
                free.insert((node.place.clone(), written));
            }
            Entry::Occupied(first) => {
                let (first, first_written) = first.get();
                // Routes with the same made-up name also overlap, which says more.
                if written || *first_written {
                    let message = format!("the route at {first} has this route's name already");
                    let help = "names tell routes apart in logs and metrics; write another `name`";
                    self.problems.error_with(node, message, help);
                }
            }
        }
        name
    }

    fn report_overlap(&self, config: &RouteConfig, overlap: &Overlap) {
        let first = self
            .config
            .routes
            .get(overlap.with)
            .map(|first| &first.node.place);
        let first = first.map(ToString::to_string).unwrap_or_default();
        let method = match &overlap.method {
            Some(method) => format!("a `{method}` request"),
            None => "a request".to_owned(),
        };
        let message = format!("{method} could be for this route or for the one at {first}");
        let help = "both have the same host and the same path, whatever their captures are called; \
                    give them different methods, or make them one";
        self.problems.error_with(&config.node, message, help);
    }

    /// A file without issuers can have public routes only.
    fn check_issuers(&self) {
        let asking = self.config.routes.iter().find(|route| !route.public);
        if let (true, Some(route)) = (self.known.issuers.is_empty(), asking) {
            let message = "nobody could pass: there is no issuer";
            let help = "name an issuer under `issuers`, or write `public: true`";
            self.problems.error_with(&route.node, message, help);
        }
    }

    /// The upstream of a route, by its name in the process file.
    fn upstream(&mut self, config: &RouteConfig) -> Arc<str> {
        let asked = config.upstream.as_ref();
        let name = asked.map_or(DEFAULT_UPSTREAM, |name| name.value.as_str());
        let Some(known) = self.known.upstreams else {
            return asked.map_or_else(|| Arc::clone(&self.default_upstream), |_| name.into());
        };
        if let Some(found) = known.iter().find(|known| known.as_ref() == name) {
            return Arc::clone(found);
        }
        let names = known.iter().map(AsRef::as_ref);
        if let Some(asked) = asked {
            let help = suggestion(asked, names, "upstreams");
            complain(
                asked,
                "is no upstream of the process file",
                &help,
                self.problems,
            );
        } else if !std::mem::replace(&mut self.default_missed, true) {
            let message = "the route names no upstream, and none is called `default`";
            let names = names.collect::<Vec<_>>().join(", ");
            let help = format!("write `upstream:` with one of: {names}");
            self.problems.error_with(&config.node, message, help);
        }
        name.into()
    }
}

fn default_name(config: &RouteConfig, hosts: &[HostPattern], methods: &Methods) -> String {
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let path = config.path.as_ref().map_or("", |path| path.value.as_str());
    let methods = match (methods, &config.methods) {
        (Methods::Listed(_), Some(written)) => {
            let written = written.value.0.iter().map(|method| method.value.as_str());
            format!("{} ", written.collect::<Vec<_>>().join(","))
        }
        _ => String::new(),
    };
    format!("{methods}{}{path}", hosts.join(","))
}

/// Names of issuers, each of which must exist.
fn issuers(listed: &Texts, known: &Known<'_>, problems: &Problems) -> Box<[Arc<str>]> {
    let find = |name: &Placed<String>| {
        let found = known
            .issuers
            .iter()
            .find(|known| known.as_ref() == name.value);
        if found.is_none() {
            let names = known.issuers.iter().map(AsRef::as_ref);
            let help = suggestion(name, names, "issuers");
            problems.error_with(
                &name.node,
                format!("there is no issuer {}", shown(name)),
                help,
            );
        }
        found.cloned()
    };
    listed.value.0.iter().filter_map(find).collect()
}

/// `:id` is a capture in other programs' files, and plain text here.
fn warn_of_colon(path: &Placed<String>, problems: &Problems) {
    if path.value.contains("/:") {
        let message = "a segment that begins with a colon is matched as it is written";
        problems.warn(&path.node, message, "a capture is written `{name}`");
    }
}
