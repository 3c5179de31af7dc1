//! What a configuration is made of: names, routes and addresses, read from a policy without its secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ipnet::IpNet;

use super::Arguments;
use super::address::Address;
use super::home::Home;
use crate::cli::exit::Failure;
use crate::cli::files;
use crate::cli::trial::{Setting, World};
use crate::config;
use crate::document::{Problem, Problems};
use crate::engine::Engine;
use crate::model::{Reason, claims};
use crate::policy::{Policy, Refused, Route};

/// Everything that a target may write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    /// The policy file, as the process file beside the others has to name it.
    pub(super) policy: String,
    pub(super) app: Address,
    pub(super) sidegate: Address,
    /// The name that callers know the app by.
    pub(super) host: String,
    /// Whence the proxy asks; nothing when that is not known.
    pub(super) fronts: Vec<IpNet>,
    /// Whether HTTP is spoken where gRPC is usual.
    pub(super) http: bool,
    pub(super) names: Names,
    /// Routes that take credentials from the query.
    pub(super) queries: Vec<Site>,
    /// Routes that verify signed deliveries, each with the longest body in bytes.
    pub(super) bodies: Vec<(Site, usize)>,
    /// Routes that serve API keys.
    pub(super) keys: Vec<Site>,
    /// Routes where a webhook gets an answer of our own.
    pub(super) answers: Vec<Site>,
    /// The statuses that refusals have, in ascending order.
    pub(super) statuses: Vec<u16>,
    /// What a platform that runs us has to bring along.
    pub(super) home: Home,
}

/// Names of header fields, in small letters and in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Names {
    /// What the app knows a caller by, each with the place in the file; spelled as it is set.
    pub(super) identity: BTreeMap<String, String>,
    /// What is removed besides, folded: a `-` stands for whatever is no letter and no digit.
    pub(super) stripped: BTreeSet<String>,
    /// What the names begin with that are removed whatever follows; folded.
    pub(super) prefixes: BTreeSet<String>,
    /// What loses a credential before it is sent on.
    pub(super) revised: BTreeSet<String>,
}

impl Names {
    /// What an answer may set, each once.
    pub(super) fn set(&self) -> impl Iterator<Item = &str> {
        let all: BTreeSet<&String> = self.identity.keys().chain(&self.revised).collect();
        all.into_iter().map(String::as_str)
    }

    /// What is removed and never set: in `-` spelling.
    pub(super) fn removed(&self) -> impl Iterator<Item = &str> {
        let set: BTreeSet<String> = self.set().map(folded).collect();
        let removed = self
            .stripped
            .iter()
            .filter(move |name| !set.contains(*name));
        removed.map(String::as_str)
    }

    /// Claims about where a request came from and what it was, but for those that the proxy makes itself and those
    /// that the policy sets.
    pub(super) fn claims(&self, own: &[&str]) -> BTreeSet<&'static str> {
        let ours = self.cleared();
        let claims = claims().iter().chain(&FORWARDED).copied();
        let claims = claims.filter(|name| !own.contains(name) && !ours.contains(*name));
        claims.collect()
    }

    /// Every exact name that a caller's field must not keep, folded, each once.
    pub(super) fn cleared(&self) -> BTreeSet<String> {
        let set = self.set().map(folded);
        set.chain(self.stripped.iter().cloned()).collect()
    }
}

/// Forwarding headers that some proxy or other writes.
const FORWARDED: [&str; 12] = [
    "x-forwarded-by",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-method",
    "x-forwarded-path",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-forwarded-scheme",
    "x-forwarded-server",
    "x-forwarded-ssl",
    "x-forwarded-uri",
];

/// A name in which whatever is no letter and no digit is a `-`.
pub(super) fn folded(name: &str) -> String {
    crate::model::FoldedName::new(name).to_string()
}

/// A name as people write it: `X-User`. Go writes every name so, and Caddy knows it by nothing else.
pub(super) fn titled(name: &str) -> String {
    let words = name.split('-').map(|word| match word.split_at_checked(1) {
        Some((first, rest)) => first.to_ascii_uppercase() + rest,
        None => String::new(),
    });
    let words: Vec<String> = words.collect();
    words.join("-")
}

/// A route, as a message names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Site {
    pub(super) route: String,
    /// File and line.
    pub(super) place: String,
    /// What every path of the route begins with: plain letters that mean nothing else in a proxy's rule.
    pub(super) beginning: String,
}

impl Site {
    fn of(route: &Route) -> Self {
        let place = route.place();
        Self {
            route: route.name().to_string(),
            place: format!("{}:{}", place.file, place.line),
            beginning: beginning(route.path()),
        }
    }
}

/// The literal beginning of a pattern: `/hooks/` of `/hooks/{tenant}/**`.
fn beginning(path: &str) -> String {
    let plain = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '/' | '-' | '_');
    path.chars().take_while(plain).collect()
}

impl Facts {
    /// Reads the files and the flags.
    pub(super) fn gather(arguments: &Arguments) -> Result<Self, Failure> {
        let policy = policy_file(arguments)?;
        files::readable(&policy)?;
        let loaded = World::load(&Setting {
            policy: &policy,
            upstreams: None,
            environment: &BTreeMap::new(),
            tokens: Vec::new(),
            keys: Vec::new(),
            deliveries: Vec::new(),
            found: Vec::new(),
            every_issuer: false,
        })?;
        let world = loaded.map_err(mistakes)?;
        let home = Home::read(&policy, arguments.files.config().as_deref())?;
        let named = named(&policy, arguments.dir.as_deref());
        Ok(Self::of(&world.engine, named, home, arguments))
    }

    fn of(engine: &Engine, policy: String, home: Home, arguments: &Arguments) -> Self {
        let routes = engine.policy().routes();
        let sites = |chosen: &dyn Fn(&Route) -> bool| {
            let chosen = routes.iter().filter(|route| chosen(route));
            chosen.map(|route| Site::of(route)).collect()
        };
        let bodies = routes.iter();
        let bodies =
            bodies.filter_map(|route| Some((Site::of(route), engine.longest_delivery(route)?)));
        Self {
            policy,
            app: arguments.app.clone(),
            sidegate: arguments.sidegate.clone(),
            host: arguments.host.clone(),
            fronts: fronts(arguments),
            http: arguments.http,
            names: names(engine),
            queries: sites(&|route| engine.reads_query(route)),
            bodies: bodies.collect(),
            keys: sites(&|route| route.serves().is_some()),
            answers: sites(&|route| engine.may_reply(route)),
            statuses: statuses(engine.policy()),
            home,
        }
    }

    /// The longest body, in bytes, that any route verifies.
    pub(super) fn longest_body(&self) -> Option<usize> {
        self.bodies.iter().map(|(_, longest)| *longest).max()
    }
}

/// The policy as a file in this folder names it, for what a process file names is looked for beside it.
pub(super) fn named(policy: &Path, folder: Option<&Path>) -> String {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let named = match folder {
        None => policy.to_owned(),
        Some(folder) => {
            let (policy, folder) = (whole(policy), whole(folder));
            let inside = policy.strip_prefix(&folder).map(Path::to_owned);
            inside.unwrap_or(policy)
        }
    };
    named.display().to_string()
}

/// The policy that the command line, the environment or the process file names.
fn policy_file(arguments: &Arguments) -> Result<PathBuf, Failure> {
    if let Some(policy) = &arguments.files.policy {
        return Ok(policy.clone());
    }
    let Some(config) = arguments.files.config() else {
        return crate::cli::who_can::policy_file(None);
    };
    files::readable(&config)?;
    let problems = Problems::new();
    let settings = config::load(Some(&config), files::environment(), Vec::new(), &problems);
    let settings = settings.ok_or_else(|| mistakes(problems.into_sorted()))?;
    Ok(settings.policy)
}

fn mistakes(problems: Vec<Problem>) -> Failure {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    Failure::invalid(lines.join("\n"))
}

/// What the flags say; without them loopback, for whoever listens there.
fn fronts(arguments: &Arguments) -> Vec<IpNet> {
    let loopback = arguments.sidegate.is_loopback() && arguments.front.is_empty();
    let addresses: &[&str] = if loopback {
        &["127.0.0.1/32", "::1/128"]
    } else {
        &[]
    };
    let loopback = addresses.iter().filter_map(|text| text.parse().ok());
    arguments.front.iter().copied().chain(loopback).collect()
}

fn names(engine: &Engine) -> Names {
    let policy = engine.policy();
    let mut identity = BTreeMap::new();
    for route in policy.routes() {
        for (name, _, origin) in route.identity_headers() {
            let place = format!("{}:{}", origin.place().file, origin.place().line);
            identity.entry(name.to_string()).or_insert(place);
        }
    }
    let stripped = policy.stripped();
    let revised = engine.credential_headers().into_iter();
    Names {
        identity,
        stripped: stripped
            .names()
            .iter()
            .map(|name| folded(name.as_str()))
            .collect(),
        prefixes: stripped
            .prefixes()
            .iter()
            .map(ToString::to_string)
            .collect(),
        revised: revised.map(|name| name.as_str().to_owned()).collect(),
    }
}

/// What refusals are answered with, on whichever route, to whomever.
fn statuses(policy: &Policy) -> Vec<u16> {
    let routes = policy.routes().iter().map(Some).chain([None]);
    let mut statuses = BTreeSet::new();
    for route in routes {
        for reason in Reason::ALL {
            for browser in [false, true] {
                let answer = policy.answer(&Refused {
                    reason: *reason,
                    route,
                    principal: None,
                    request: None,
                    request_id: "",
                    browser,
                });
                statuses.insert(answer.status.as_u16());
            }
        }
    }
    statuses.into_iter().collect()
}
