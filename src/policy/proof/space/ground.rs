//! The names that are taken, and names that are free: what is free stands for everything unnamed.

use std::collections::HashSet;

use http::{HeaderName, HeaderValue, Method};

use super::super::super::Policy;
use super::super::super::binding::Binding;
use super::super::super::check::Asked;
use super::super::super::host::HostPattern;
use super::super::super::pattern::{Pattern, Segment};
use super::super::super::route::PermissionRule;
use super::region::{Region, covers_host};

/// What the inputs of a proof name, together.
#[derive(Debug)]
pub(in crate::policy::proof) struct Ground {
    /// Literals of paths and labels of hosts.
    taken: HashSet<Box<str>>,
    hosts: HashSet<HostPattern>,
    /// Methods that something names, and one that nothing names.
    methods: Vec<Method>,
    other_method: Method,
    /// The most segments of a pattern.
    longest: usize,
    /// The labels of a host, from its first, that some rule reads.
    labels: usize,
    /// A free segment for each position, and one for tenants.
    words: Vec<String>,
    tenant: String,
    /// A tenant, and a source, that no request names.
    foreigner: String,
    /// Headers that name a tenant or a source, each with one of its own.
    headers: Vec<(HeaderName, String)>,
}

/// The order in which methods are tried and shown.
const USUAL: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

impl Ground {
    pub(in crate::policy::proof) fn new<'r>(
        policies: &[&Policy],
        regions: impl IntoIterator<Item = &'r Region>,
    ) -> Self {
        let mut ground = Self {
            taken: HashSet::new(),
            hosts: HashSet::new(),
            methods: Vec::new(),
            other_method: Method::GET,
            longest: 0,
            labels: 0,
            words: Vec::new(),
            tenant: String::new(),
            foreigner: String::new(),
            headers: Vec::new(),
        };
        for policy in policies {
            ground.note_policy(policy);
        }
        for region in regions {
            ground.note(region);
        }
        ground.close();
        ground
    }

    fn note_policy(&mut self, policy: &Policy) {
        for way in policy.router.ways() {
            for literal in way.segments.iter().flatten() {
                self.take(literal);
            }
            self.note_hosts(&way.hosts);
            self.note_methods(way.methods.iter().flatten());
            self.longest = self.longest.max(way.segments.len());
        }
        for check in policy.routes.iter().flat_map(|route| route.checks()) {
            match check.0 {
                Asked::Tenant(Binding::HostLabel(label))
                | Asked::Source(Some(Binding::HostLabel(label))) => {
                    self.labels = self.labels.max(label + 1);
                }
                Asked::Tenant(Binding::Header(name, _))
                | Asked::Source(Some(Binding::Header(name, _))) => self.note_header(name),
                Asked::Permission(PermissionRule::PerMethod(rules)) => {
                    self.note_methods(rules.iter().map(|(method, _)| method));
                }
                _ => {}
            }
        }
    }

    fn note(&mut self, region: &Region) {
        for segment in &region.path.segments {
            if let Segment::Literal(text) = segment {
                self.take(text);
            }
        }
        self.note_hosts(&region.hosts);
        self.note_methods(region.methods.iter().flatten());
        self.longest = self.longest.max(region.path.segments.len());
    }

    fn take(&mut self, text: &str) {
        if !self.taken.contains(text) {
            self.taken.insert(text.into());
        }
    }

    fn note_hosts(&mut self, hosts: &HostPattern) {
        if let HostPattern::Exact(name) | HostPattern::Below(name) = hosts
            && !self.hosts.contains(hosts)
        {
            name.split('.').for_each(|label| self.take(label));
            self.hosts.insert(hosts.clone());
        }
    }

    fn note_methods<'m>(&mut self, methods: impl Iterator<Item = &'m Method>) {
        for method in methods {
            if !self.methods.contains(method) {
                self.methods.push(method.clone());
            }
        }
    }

    fn note_header(&mut self, name: &HeaderName) {
        if !self.headers.iter().any(|(known, _)| known == name) {
            self.headers.push((name.clone(), String::new()));
        }
    }

    /// Chooses what is free.
    fn close(&mut self) {
        let usual = USUAL.iter().map(|name| (*name).to_owned());
        let free = usual.chain(numbered("X"));
        let mut free = free.filter_map(|name| Method::from_bytes(name.as_bytes()).ok());
        if let Some(other) = free.find(|method| !self.methods.contains(method)) {
            self.methods.push(other.clone());
            self.other_method = other;
        }
        let rank = |method: &Method| USUAL.iter().position(|usual| *usual == method.as_str());
        let rank = |method: &Method| (rank(method).unwrap_or(USUAL.len()), method.to_string());
        self.methods.sort_by_key(rank);
        let letters = ["x", "y", "z", "w", "v", "u"].map(String::from);
        let words = letters.into_iter().chain(numbered("x"));
        let words = words.filter(|word| !self.taken.contains(word.as_str()));
        self.words = words.take(self.longest + 2).collect();
        let tenants = ["acme", "globex", "initech"].map(String::from).into_iter();
        let mut tenants = tenants.chain(numbered("tenant"));
        let mut tenants = tenants
            .by_ref()
            .filter(|name| !self.taken.contains(name.as_str()));
        let mut next = || tenants.next().unwrap_or_default();
        (self.tenant, self.foreigner) = (next(), next());
        self.headers
            .iter_mut()
            .for_each(|(_, tenant)| *tenant = next());
    }

    /// Every method that matters, the usual ones first.
    pub(in crate::policy::proof) fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// The method among them that stands for all that nothing names.
    pub(in crate::policy::proof) fn other_method(&self) -> &Method {
        &self.other_method
    }

    /// A tenant, and a source, that no request names.
    pub(in crate::policy::proof) fn foreigner(&self) -> &str {
        &self.foreigner
    }

    /// The tenant, or the source, that a header names.
    pub(in crate::policy::proof) fn named_by(&self, header: &HeaderName) -> Option<HeaderValue> {
        let found = self.headers.iter().find(|(known, _)| known == header);
        found.and_then(|(_, tenant)| HeaderValue::from_str(tenant).ok())
    }

    /// The lengths of paths that a pattern's requests can be told apart by, the most telling first.
    pub(super) fn lengths(&self, path: &Pattern) -> impl Iterator<Item = usize> + use<> {
        let least = path.segments.len();
        let most = match path.open {
            true => self.longest.max(least) + 1,
            false => least,
        };
        let first = (least < most).then_some(least + 1);
        let rest = (least..=most).filter(move |length| Some(*length) != first);
        first.into_iter().chain(rest)
    }

    /// The most general path of a pattern with so many segments.
    pub(super) fn segments<'g>(&'g self, path: &'g Pattern, length: usize) -> Vec<&'g str> {
        let mut words = self.words.iter();
        let mut next = || words.next().map_or("", String::as_str);
        let mut tenant = Some(self.tenant.as_str());
        let segment = |at: usize| match path.segments.get(at) {
            Some(Segment::Literal(text)) => text,
            // Once: what is free is free to be different everywhere.
            Some(Segment::Capture(Some(name))) if **name == *"tenant" => {
                tenant.take().unwrap_or_else(&mut next)
            }
            _ => next(),
        };
        (0..length).map(segment).collect()
    }

    /// The most general host of a pattern: what its rules read of it is free, if there is room for
    /// that; nothing when the pattern has no host.
    pub(super) fn host(&self, hosts: &HostPattern) -> Option<crate::model::Host> {
        match hosts {
            HostPattern::Exact(name) => crate::model::Host::parse(name).ok(),
            HostPattern::Any => {
                let tops = ["example", "test", "invalid"].map(String::from);
                let mut tops = tops.into_iter().chain(numbered("x"));
                // A label that a rule reads may be no word that a path has.
                let foreign = |top: &String| match self.labels {
                    0 => {
                        let host = format!("any.{top}");
                        !self.hosts.iter().any(|known| covers_host(known, &host))
                    }
                    _ => !self.taken.contains(top.as_str()),
                };
                self.below(&tops.find(foreign)?)
            }
            HostPattern::Below(name) => self.below(name),
        }
    }

    /// A host below a name. The name's own labels are not free, so as many as rules read stand before.
    fn below(&self, name: &str) -> Option<crate::model::Host> {
        let parse = |host: &str| crate::model::Host::parse(host).ok();
        let free = |label: &String| !self.taken.contains(label.as_str());
        let usual =
            std::iter::once("any".to_owned()).chain(numbered("any").take(self.taken.len() + 1));
        let short = ('a'..='z').chain('0'..='9').map(String::from);
        let fitting = |label: String| parse(&format!("{label}.{name}"));
        // A name may be so long that only a letter fits before it.
        let first = usual.chain(short).filter(free).find_map(fitting)?;
        let mut general = first.name().to_owned();
        let mut more = numbered("sub").filter(free);
        for label in more.by_ref().take(self.labels.saturating_sub(1)) {
            general = format!("{label}.{general}");
        }
        parse(&general).or(Some(first))
    }
}

fn numbered(stem: &str) -> impl Iterator<Item = String> {
    (1..usize::MAX).map(move |number| format!("{stem}{number}"))
}
