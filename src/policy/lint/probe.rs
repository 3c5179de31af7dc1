//! Requests made up to be asked of the policy's own router.

use std::collections::HashSet;
use std::fmt::Write as _;

use http::Method;

use crate::model::CanonicalPath;

use super::super::Policy;
use super::super::host::HostPattern;
use super::super::methods::Methods;
use super::super::pattern::{Pattern, Segment};
use super::file::File;

/// Asks the router about requests that stand for many.
pub(super) struct Probe<'a> {
    policy: &'a Policy,
    /// A segment that no route writes.
    segment: String,
    /// The name of a host that no route writes, and the label of one below any host.
    label: String,
    /// A method that no route lists.
    method: Option<Method>,
    /// The most segments that any pattern has.
    longest: usize,
}

/// The segments of a path; nothing stands for one that no route writes.
pub(super) type Way<'w> = Vec<Option<&'w str>>;

impl<'a> Probe<'a> {
    pub(super) fn new(policy: &'a Policy, file: &File<'_>) -> Self {
        let patterns = || file.routes.iter().map(|entry| &entry.pattern);
        let segments = patterns().flat_map(|pattern| &pattern.segments);
        let written: HashSet<&str> = segments.filter_map(literal).collect();
        let hosts = file.routes.iter().flat_map(|entry| entry.hosts().iter());
        let labels: HashSet<&str> = hosts.flat_map(labels).collect();
        let routes = policy.routes().iter();
        let listed: HashSet<&Method> = routes.flat_map(|route| listed(&route.methods)).collect();
        let method = unlike("PROPFIND", |text| {
            Method::from_bytes(text.as_bytes()).is_ok_and(|method| !listed.contains(&method))
        });
        Self {
            policy,
            segment: unlike("x", |text| !written.contains(text)),
            label: unlike("other", |text| !labels.contains(text)),
            method: Method::from_bytes(method.as_bytes()).ok(),
            longest: patterns()
                .map(|known| known.segments.len())
                .max()
                .unwrap_or(0),
        }
    }

    /// A method that only routes for any method take.
    pub(super) fn unlisted(&self) -> Option<&Method> {
        self.method.as_ref()
    }

    /// A host that only routes for any host take.
    pub(super) fn other_host(&self) -> &str {
        &self.label
    }

    /// A host that a pattern is for, and that no pattern below it is for.
    pub(super) fn host(&self, pattern: &HostPattern) -> String {
        match pattern {
            HostPattern::Any => self.label.clone(),
            HostPattern::Exact(name) => name.to_string(),
            HostPattern::Below(name) => format!("{}.{name}", self.label),
        }
    }

    /// The path that has the fewest rivals among those that a pattern matches with so many segments
    /// under its `**`.
    pub(super) fn path(&self, pattern: &Pattern, below: usize) -> Option<CanonicalPath> {
        let own = pattern.segments.iter().map(literal);
        self.spelled(&own.chain(std::iter::repeat_n(None, below)).collect())
    }

    /// How many segments under a pattern's `**` can make a difference.
    pub(super) fn depths(&self, pattern: &Pattern) -> std::ops::RangeInclusive<usize> {
        match pattern.open {
            false => 0..=0,
            true => 0..=self.longest.saturating_sub(pattern.segments.len()) + 1,
        }
    }

    pub(super) fn spelled(&self, way: &Way<'_>) -> Option<CanonicalPath> {
        let mut text = String::new();
        for segment in way {
            text.push('/');
            for byte in segment.unwrap_or(&self.segment).bytes() {
                if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                    text.push(char::from(byte));
                } else {
                    // Writing to a string cannot fail.
                    let _ = write!(text, "%{byte:02X}");
                }
            }
        }
        CanonicalPath::parse(if text.is_empty() { "/" } else { &text }).ok()
    }

    /// The route that a request would find.
    pub(super) fn find(&self, host: &str, path: &CanonicalPath, method: &Method) -> Option<usize> {
        self.policy.router.find(host, path, method)
    }
}

/// The segment's text, if it is one text.
pub(super) fn literal(segment: &Segment) -> Option<&str> {
    match segment {
        Segment::Literal(text) => Some(text),
        Segment::Capture(_) => None,
    }
}

/// The methods that a route lists.
pub(super) fn listed(methods: &Methods) -> &[Method] {
    match methods {
        Methods::Any => &[],
        Methods::Listed(methods) => methods,
    }
}

fn labels(host: &HostPattern) -> impl Iterator<Item = &str> {
    let name = match host {
        HostPattern::Any => "",
        HostPattern::Exact(name) | HostPattern::Below(name) => name,
    };
    name.split('.')
}

/// A text that begins like this and is fine.
fn unlike(start: &str, fine: impl Fn(&str) -> bool) -> String {
    let mut text = start.to_owned();
    let mut number = 1_usize;
    while !fine(&text) {
        number += 1;
        text = format!("{start}{number}");
    }
    text
}
