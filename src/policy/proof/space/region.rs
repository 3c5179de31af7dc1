//! Sets of requests: some hosts, a path pattern, some methods.

use http::Method;

use super::super::super::host::HostPattern;
use super::super::super::pattern::{Pattern, Segment};

/// The requests with one of these hosts, a path of this pattern, and one of these methods.
#[derive(Debug, Clone)]
pub(in crate::policy::proof) struct Region {
    pub(in crate::policy::proof) hosts: HostPattern,
    pub(in crate::policy::proof) path: Pattern,
    /// Nothing stands for every method.
    pub(in crate::policy::proof) methods: Option<Vec<Method>>,
}

impl Region {
    /// All requests.
    pub(in crate::policy::proof) fn everything() -> Self {
        Self {
            hosts: HostPattern::Any,
            path: Pattern {
                segments: Vec::new(),
                open: true,
            },
            methods: None,
        }
    }

    /// The requests in both; nothing when there are none. Captures keep the names of this one.
    pub(in crate::policy::proof) fn meet(&self, other: &Self) -> Option<Self> {
        Some(Self {
            hosts: meet_hosts(&self.hosts, &other.hosts)?,
            methods: meet_methods(self.methods.as_deref(), other.methods.as_deref())?,
            path: meet_paths(&self.path, &other.path)?,
        })
    }

    /// Whether every request of the other is in it.
    pub(in crate::policy::proof) fn covers(&self, other: &Self) -> bool {
        let common = |listed: &Vec<Method>| {
            let theirs = other.methods.as_ref();
            theirs.is_some_and(|theirs| theirs.iter().all(|method| listed.contains(method)))
        };
        self.methods.as_ref().is_none_or(common)
            && meet_hosts(&self.hosts, &other.hosts).as_ref() == Some(&other.hosts)
            && covers_pattern(&self.path, &other.path)
    }

    /// Whether a request is in it.
    pub(in crate::policy::proof) fn contains(
        &self,
        host: &str,
        segments: &[impl AsRef<str>],
        method: &Method,
    ) -> bool {
        let listed = self.methods.as_ref();
        listed.is_none_or(|listed| listed.contains(method))
            && covers_host(&self.hosts, host)
            && covers_path(&self.path, segments)
    }
}

fn meet_methods(a: Option<&[Method]>, b: Option<&[Method]>) -> Option<Option<Vec<Method>>> {
    let both = match (a, b) {
        (None, None) => return Some(None),
        (Some(one), None) | (None, Some(one)) => one.to_vec(),
        (Some(a), Some(b)) => a
            .iter()
            .filter(|method| b.contains(method))
            .cloned()
            .collect(),
    };
    (!both.is_empty()).then_some(Some(both))
}

fn meet_hosts(a: &HostPattern, b: &HostPattern) -> Option<HostPattern> {
    use HostPattern::{Any, Below, Exact};
    match (a, b) {
        (Any, other) | (other, Any) => Some(other.clone()),
        (Exact(name), other) | (other, Exact(name)) => {
            covers_host(other, name).then(|| Exact(name.clone()))
        }
        (Below(a), Below(b)) if a == b || is_below(a, b) => Some(Below(a.clone())),
        (Below(a), Below(b)) if is_below(b, a) => Some(Below(b.clone())),
        (Below(_), Below(_)) => None,
    }
}

/// Whether a host is one of a pattern's.
pub(super) fn covers_host(pattern: &HostPattern, host: &str) -> bool {
    match pattern {
        HostPattern::Any => true,
        HostPattern::Exact(name) => **name == *host,
        HostPattern::Below(name) => is_below(host, name),
    }
}

fn is_below(host: &str, name: &str) -> bool {
    let labels = host.strip_suffix(name);
    labels.is_some_and(|labels| labels.len() > 1 && labels.ends_with('.') && !host.starts_with('['))
}

fn meet_paths(a: &Pattern, b: &Pattern) -> Option<Pattern> {
    let (short, long) = match a.segments.len() <= b.segments.len() {
        true => (a, b),
        false => (b, a),
    };
    if long.segments.len() > short.segments.len() && !short.open {
        return None;
    }
    let mut segments = Vec::with_capacity(long.segments.len());
    for (at, other) in long.segments.iter().enumerate() {
        segments.push(match (a.segments.get(at), b.segments.get(at)) {
            (Some(a), Some(b)) => meet_segments(a, b)?,
            _ => other.clone(),
        });
    }
    let open = a.open && b.open;
    // What is fixed in length must be as long as the other at least, and that it is.
    Some(Pattern { segments, open })
}

fn meet_segments(a: &Segment, b: &Segment) -> Option<Segment> {
    use Segment::{Capture, Literal};
    match (a, b) {
        (Literal(a), Literal(b)) if a != b => None,
        (Literal(text), _) | (_, Literal(text)) => Some(Literal(text.clone())),
        (_, Capture(Some(name))) if **name == *"tenant" => Some(b.clone()),
        (Capture(None), other) | (other, Capture(_)) => Some(other.clone()),
    }
}

fn covers_pattern(wide: &Pattern, narrow: &Pattern) -> bool {
    let long_enough = match wide.open {
        true => narrow.segments.len() >= wide.segments.len(),
        false => !narrow.open && narrow.segments.len() == wide.segments.len(),
    };
    let mut pairs = wide.segments.iter().zip(&narrow.segments);
    long_enough
        && pairs.all(|pair| match pair {
            (Segment::Literal(wide), Segment::Literal(narrow)) => wide == narrow,
            (Segment::Literal(_), Segment::Capture(_)) => false,
            (Segment::Capture(_), _) => true,
        })
}

fn covers_path(pattern: &Pattern, segments: &[impl AsRef<str>]) -> bool {
    let known = pattern.segments.len();
    let long_enough = match pattern.open {
        true => segments.len() >= known,
        false => segments.len() == known,
    };
    let pairs = pattern.segments.iter().zip(segments);
    long_enough
        && pairs.into_iter().all(|(segment, given)| match segment {
            Segment::Literal(text) => **text == *given.as_ref(),
            Segment::Capture(_) => true,
        })
}

/// The region's hosts and paths as a policy file writes them.
pub(in crate::policy::proof) fn written(region: &Region) -> String {
    let mut text = region.hosts.to_string();
    for segment in &region.path.segments {
        text.push('/');
        match segment {
            Segment::Literal(literal) => text.push_str(literal),
            Segment::Capture(None) => text.push('*'),
            Segment::Capture(Some(name)) => {
                text.push('{');
                text.push_str(name);
                text.push('}');
            }
        }
    }
    match (region.path.open, region.path.segments.is_empty()) {
        (true, _) => text.push_str("/**"),
        (false, true) => text.push('/'),
        (false, false) => {}
    }
    text
}
