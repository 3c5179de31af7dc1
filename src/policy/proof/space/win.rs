//! Which route wins where.

use std::sync::Arc;
use std::time::SystemTime;

use http::Method;

use crate::model::{CanonicalPath, Client, Fields, Request, Scheme};

use super::super::super::Policy;
use super::super::super::pattern::{Pattern, Segment};
use super::super::super::route::{Match, Route};
use super::{Budget, Ground, Region, TooMuch};

/// A policy, with every way to each of its routes.
#[derive(Debug)]
pub(in crate::policy::proof) struct Space<'p> {
    pub(in crate::policy::proof) policy: &'p Policy,
    pub(in crate::policy::proof) ways: Vec<(Region, usize)>,
}

/// The most general request of a region with one length and one method.
#[derive(Debug)]
pub(in crate::policy::proof) struct Spot {
    pub(in crate::policy::proof) request: Request,
    pub(in crate::policy::proof) segments: Vec<String>,
}

/// A request, and the route that it finds.
#[derive(Debug)]
pub(in crate::policy::proof) struct Win<'s> {
    pub(in crate::policy::proof) matched: Match<'s>,
    pub(in crate::policy::proof) spot: &'s Spot,
}

/// Whether more requests with the same method need to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy::proof) enum Settled {
    Yes,
    No,
}

impl<'p> Space<'p> {
    pub(in crate::policy::proof) fn new(policy: &'p Policy) -> Self {
        let ways = policy.router.ways().into_iter().map(|way| {
            let route = policy.routes.get(way.route);
            let name = |at: usize| {
                let mut captures = route.into_iter().flat_map(|route| route.captures.iter());
                captures
                    .find(|(_, known)| *known == at)
                    .map(|(name, _)| name.clone())
            };
            let segments = way
                .segments
                .iter()
                .enumerate()
                .map(|(at, segment)| match segment {
                    Some(text) => Segment::Literal((*text).into()),
                    None => Segment::Capture(name(at)),
                });
            let path = Pattern {
                segments: segments.collect(),
                open: way.open,
            };
            let region = Region {
                hosts: way.hosts,
                path,
                methods: way.methods,
            };
            (region, way.route)
        });
        Self {
            policy,
            ways: ways.collect(),
        }
    }

    /// The route that a request finds, if its path's spelling is let through.
    pub(in crate::policy::proof) fn find<'s>(&'s self, request: &'s Request) -> Option<Match<'s>> {
        let allowed = request.path.oddities().within(self.policy.allowed);
        allowed.then(|| self.policy.find(request)).flatten()
    }

    /// Looks at what a route wins inside a region, from its way there: the most general request of
    /// each length and method, until `look` has seen enough of the method.
    pub(in crate::policy::proof) fn wins(
        &self,
        ground: &Ground,
        (way, route): &(Region, usize),
        region: &Region,
        budget: &mut Budget,
        mut look: impl FnMut(&Win<'_>) -> Settled,
    ) -> Result<(), TooMuch> {
        let Some(common) = way.meet(region) else {
            return Ok(());
        };
        spots(ground, &common, budget, |spot| {
            let matched = self.find(&spot.request);
            match matched.filter(|matched| matched.route.index() == *route) {
                Some(matched) => look(&Win { matched, spot }),
                None => Settled::No,
            }
        })
    }
}

/// The most general requests of a region: one for each length and method, until a method is settled.
pub(in crate::policy::proof) fn spots(
    ground: &Ground,
    region: &Region,
    budget: &mut Budget,
    mut look: impl FnMut(&Spot) -> Settled,
) -> Result<(), TooMuch> {
    let Some(host) = ground.host(&region.hosts) else {
        return Ok(());
    };
    let listed = region.methods.as_ref();
    let mut open: Vec<&Method> = ground.methods().iter().collect();
    open.retain(|method| listed.is_none_or(|listed| listed.contains(method)));
    for length in ground.lengths(&region.path) {
        let segments = ground.segments(&region.path, length);
        let Some(path) = spelled(&segments) else {
            continue;
        };
        let mut spot = Spot {
            request: Request {
                method: Method::GET,
                scheme: Scheme::Https,
                host: host.clone(),
                path,
                headers: Fields::new(),
                client: Client::direct(([192, 0, 2, 1], 4711).into()),
                received_at: SystemTime::UNIX_EPOCH,
            },
            segments: segments.into_iter().map(str::to_owned).collect(),
        };
        let mut still = Vec::with_capacity(open.len());
        for method in open {
            budget.spend()?;
            spot.request.method = method.clone();
            if look(&spot) == Settled::No {
                still.push(method);
            }
        }
        open = still;
        if open.is_empty() {
            break;
        }
    }
    Ok(())
}

/// The path that is read as these segments. `//` is read as `/`, so one empty segment has none.
fn spelled(segments: &[&str]) -> Option<CanonicalPath> {
    use std::fmt::Write as _;
    let mut text = String::from("/");
    for (at, segment) in segments.iter().enumerate() {
        if at > 0 {
            text.push('/');
        }
        for byte in segment.bytes() {
            match byte {
                b'-' | b'_' | b'.' | b'~' | b':' | b'@' => text.push(char::from(byte)),
                _ if byte.is_ascii_alphanumeric() => text.push(char::from(byte)),
                // Writing to a string cannot fail.
                _ => drop(write!(text, "%{byte:02X}")),
            }
        }
    }
    if segments.last().is_some_and(|last| last.is_empty()) {
        text.push('/');
    }
    let path = CanonicalPath::parse(&text).ok()?;
    let read = path.segments().map(|segment| segment.into_owned());
    read.eq(segments.iter().map(|segment| (*segment).to_owned()))
        .then_some(path)
}

impl Win<'_> {
    /// The route.
    pub(in crate::policy::proof) fn route(&self) -> &Arc<Route> {
        self.matched.route
    }

    /// The request as a person writes it.
    pub(in crate::policy::proof) fn shown(&self) -> String {
        self.spot.shown()
    }
}

impl Spot {
    /// The request as a person writes it.
    pub(in crate::policy::proof) fn shown(&self) -> String {
        let request = &self.request;
        format!(
            "{} {}://{}{}",
            request.method,
            request.scheme.as_str(),
            request.host,
            request.path
        )
    }
}
