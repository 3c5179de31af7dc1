//! Which of two routes for one request comes first, as the router judges it.

use std::cmp::Ordering;

use super::super::host::HostPattern;
use super::super::pattern::{Pattern, Segment};
use super::file::Entry;

/// How routes that both match one request on this host are ordered: the more specific one is less.
pub(super) fn order(host: &str, one: &Entry<'_>, other: &Entry<'_>) -> Ordering {
    rank(host, one)
        .cmp(&rank(host, other))
        .then_with(|| patterns(&one.pattern, &other.pattern))
}

/// How far the route's nearest host pattern is from the host.
fn rank(host: &str, entry: &Entry<'_>) -> usize {
    let ranks = entry.hosts().iter().map(|pattern| match pattern {
        HostPattern::Exact(name) if **name == *host => 0,
        HostPattern::Below(name) => match host.strip_suffix(&**name) {
            Some(front) if front.ends_with('.') => front.len(),
            _ => usize::MAX,
        },
        _ => usize::MAX,
    });
    ranks.min().unwrap_or(usize::MAX)
}

fn patterns(one: &Pattern, other: &Pattern) -> Ordering {
    let pairs = one.segments.iter().zip(&other.segments);
    let by_segment = pairs.map(|(one, other)| kind(one).cmp(&kind(other)));
    let first = by_segment.into_iter().find(|order| order.is_ne());
    // Of two that agree as far as both go, the longer one asks for more segments.
    first
        .unwrap_or_else(|| other.segments.len().cmp(&one.segments.len()))
        .then_with(|| one.open.cmp(&other.open))
}

fn kind(segment: &Segment) -> u8 {
    match segment {
        Segment::Literal(_) => 0,
        Segment::Capture(_) => 1,
    }
}

/// Whether two patterns match the same paths, whatever their captures are called.
pub(super) fn alike(one: &Pattern, other: &Pattern) -> bool {
    let same = |(one, other): (&Segment, &Segment)| match (one, other) {
        (Segment::Literal(one), Segment::Literal(other)) => one == other,
        (one, other) => kind(one) == kind(other),
    };
    one.open == other.open
        && one.segments.len() == other.segments.len()
        && one.segments.iter().zip(&other.segments).all(same)
}
