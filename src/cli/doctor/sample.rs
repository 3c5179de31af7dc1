//! One request for each kind of route: what the probes are made of.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::Method;

use crate::cli::trial::{Ask, Verdict, World};
use crate::model::Scheme;
use crate::policy::{Access, Route};

use super::address::Address;
use super::site::effects;

/// The most routes of a kind that are asked for.
const MOST: usize = 4;
/// What stands for whatever a path leaves open.
pub(super) const FILL: &str = "doctor-probe";

/// A request that finds a route.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) route: Arc<Route>,
    pub(super) method: String,
    pub(super) host: String,
    pub(super) path: String,
}

/// A delivery's route, and whose it is.
#[derive(Debug, Clone)]
pub(super) struct Hook {
    pub(super) sample: Sample,
    pub(super) webhook: String,
    /// The longest body that is held there, in bytes.
    pub(super) most_body: usize,
}

/// What the policy offers to ask for.
#[derive(Debug, Default)]
pub(super) struct Samples {
    /// Routes that refuse whoever shows nothing.
    pub(super) protected: Vec<Sample>,
    /// Routes for everybody.
    pub(super) public: Vec<Sample>,
    /// Routes for signed deliveries.
    pub(super) hooks: Vec<Hook>,
}

impl Samples {
    /// Looks for routes that can be asked for without harm. What each is, the engine says.
    pub(super) fn of(world: &World, front: &Address, now: SystemTime) -> Self {
        let mut samples = Self::default();
        for route in world.engine.policy().routes() {
            if let Some(hook) = hook(world, route, front, now) {
                samples.hooks.push(hook);
                continue;
            }
            let Some(method) = harmless(route) else {
                continue;
            };
            let sample = Sample::of(route, method, front);
            let Some(verdict) = sample.judged(world, front.scheme, now) else {
                continue;
            };
            match route.access() {
                Access::Public if verdict.1 => samples.public.push(sample),
                Access::Authenticated { .. } if verdict.0.denied().is_some() => {
                    samples.protected.push(sample);
                }
                Access::Public | Access::Authenticated { .. } => {}
            }
        }
        // Those that read come first: what a wrong set-up lets pass is then a GET.
        let writes = |sample: &Sample| (sample.method != "GET", sample.route.serves().is_some());
        samples.protected.sort_by_key(writes);
        samples.public.sort_by_key(writes);
        samples.protected.truncate(MOST);
        samples.public.truncate(MOST);
        samples.hooks.truncate(MOST);
        samples
    }
}

impl Sample {
    /// A request that should find this route.
    fn of(route: &Arc<Route>, method: &str, front: &Address) -> Self {
        Self {
            route: Arc::clone(route),
            method: method.to_owned(),
            host: host(route, front),
            path: path(route, |_| None),
        }
    }

    /// The same with captures filled in.
    pub(super) fn filled(&self, fill: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            path: path(&self.route, fill),
            ..self.clone()
        }
    }

    /// What the engine makes of it, and whether it is sent on; nothing when it finds another route.
    fn judged(&self, world: &World, scheme: Scheme, now: SystemTime) -> Option<(Verdict, bool)> {
        let mut ask = Ask::new(&self.method, &self.path, now);
        ask.scheme = scheme;
        ask.host.clone_from(&self.host);
        let request = ask.read().ok()?;
        let verdict = world.judge(&request, &Bytes::new(), None);
        let found = verdict.route().map(|route| route.index());
        let passes = effects(&verdict, &request).is_some();
        (found == Some(self.route.index())).then_some((verdict, passes))
    }
}

/// A route that somebody's deliveries are for, and nobody else's requests.
fn hook(world: &World, route: &Arc<Route>, front: &Address, now: SystemTime) -> Option<Hook> {
    let Access::Authenticated { accepted, signed } = route.access() else {
        return None;
    };
    let named = accepted.as_deref().unwrap_or_default();
    let name = match signed {
        Some(_) => return None,
        None => named.iter().find(|name| world.scheme(name).is_some())?,
    };
    let method = match route.methods() {
        None => "POST",
        Some(methods) if methods.contains(&Method::POST) => "POST",
        Some(methods) => methods.first()?.as_str(),
    };
    let sample = Sample::of(route, method, front);
    let webhook = world.engine.verifiers().webhook(name)?;
    let most_body = route.most_body().unwrap_or_else(|| webhook.most_body());
    sample.judged(world, front.scheme, now)?;
    Some(Hook {
        sample,
        webhook: name.to_string(),
        most_body,
    })
}

/// A method that changes nothing, or at worst posts nothing.
fn harmless(route: &Route) -> Option<&'static str> {
    let Some(methods) = route.methods() else {
        return Some("GET");
    };
    let mut known = ["GET", "HEAD", "OPTIONS", "POST"].into_iter();
    known.find(|name| methods.iter().any(|method| method.as_str() == *name))
}

/// The front's own host where the route takes it.
fn host(route: &Route, front: &Address) -> String {
    let hosts: Vec<String> = route.hosts().collect();
    let own = |pattern: &String| match pattern.strip_prefix("*.") {
        Some(below) => front
            .host
            .strip_suffix(below)
            .is_some_and(|labels| labels.len() > 1 && labels.ends_with('.')),
        None => *pattern == front.host,
    };
    match hosts.first() {
        None => front.authority.clone(),
        Some(_) if hosts.iter().any(own) => front.authority.clone(),
        Some(first) => first.replacen('*', FILL, 1),
    }
}

/// A path that the pattern fits.
fn path(route: &Route, fill: impl Fn(&str) -> Option<String>) -> String {
    let segments = route.path().split('/').map(|segment| {
        let name = segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        match (segment, name) {
            ("*" | "**", _) => FILL.to_owned(),
            (_, Some(name)) => fill(name).unwrap_or_else(|| FILL.to_owned()),
            (literal, None) => encoded(literal),
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// A literal segment as it can be sent (RFC 3986 section 2.1).
fn encoded(literal: &str) -> String {
    let mut sent = String::new();
    for byte in literal.bytes() {
        match byte.is_ascii_graphic() {
            true => sent.push(char::from(byte)),
            false => sent.push_str(&format!("%{byte:02X}")),
        }
    }
    sent
}
