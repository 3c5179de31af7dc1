//! Which routes a request could have been meant for, and what ruled each of them out.
//!
//! Serving asks the router, which looks at no more routes than it must. Whoever explains looks at all of
//! them; that both agree is held by a test.

use std::sync::Arc;

use crate::document::closest;
use crate::model::{CanonicalPath, Request};

use super::Policy;
use super::pattern::Segment;
use super::route::{Route, Shape};

/// A route whose path has the shape of a request's.
#[derive(Debug, Clone, Copy)]
pub struct Considered<'p> {
    /// The route.
    pub route: &'p Arc<Route>,
    /// What became of it.
    pub ruling: Ruling<'p>,
}

/// What became of a route whose path fits. The order is that in which they are of interest.
#[derive(Debug, Clone, Copy)]
pub enum Ruling<'p> {
    /// It decides.
    Chosen,
    /// It fits, but this one says more exactly what it is for.
    LessSpecific(&'p Arc<Route>),
    /// It is for other methods.
    OtherMethod,
    /// It is for other hosts.
    OtherHost,
}

impl Ruling<'_> {
    fn rank(self) -> u8 {
        match self {
            Self::Chosen => 0,
            Self::LessSpecific(_) => 1,
            Self::OtherMethod => 2,
            Self::OtherHost => 3,
        }
    }
}

impl Policy {
    /// Every route whose path fits a request's, with what ruled it out. The one that decides comes first.
    pub fn considered(&self, request: &Request) -> Vec<Considered<'_>> {
        let chosen = self.find(request).map(|matched| matched.route.index());
        let chosen = chosen.and_then(|index| self.routes.get(index));
        let fitting = self.routes.iter();
        let fitting = fitting.filter(|route| route.shape.fits(&request.path));
        let mut considered: Vec<Considered<'_>> = fitting
            .filter_map(|route| {
                let ruling = ruling(route, chosen, request)?;
                Some(Considered { route, ruling })
            })
            .collect();
        considered.sort_by_key(|considered| considered.ruling.rank());
        considered
    }

    /// The routes whose paths have most in common with a request's from the beginning, at most so many. A
    /// segment that is nearly spelled alike counts as half a segment, and the last.
    pub fn nearest(&self, request: &Request, most: usize) -> Vec<&Arc<Route>> {
        let score = |route: &Arc<Route>| route.shape.likeness(&request.path);
        let best = self.routes.iter().map(score).max().unwrap_or_default();
        let nearest = self.routes.iter();
        let nearest = nearest.filter(|route| best > 0 && score(route) == best);
        nearest.take(most).collect()
    }
}

fn ruling<'p>(
    route: &Arc<Route>,
    chosen: Option<&'p Arc<Route>>,
    request: &Request,
) -> Option<Ruling<'p>> {
    let mut hosts = route.hosts.iter();
    if !hosts.any(|host| host.matches(request.host.name())) {
        return Some(Ruling::OtherHost);
    }
    if !route.methods.contains(&request.method) {
        return Some(Ruling::OtherMethod);
    }
    match chosen {
        Some(chosen) if chosen.index() == route.index() => Some(Ruling::Chosen),
        Some(chosen) => Some(Ruling::LessSpecific(chosen)),
        // Cannot be: the router finds what fits.
        None => None,
    }
}

impl Shape {
    fn fits(&self, path: &CanonicalPath) -> bool {
        let mut segments = path.segments();
        for wanted in &self.segments {
            match segments.next() {
                Some(segment) if wanted.takes(&segment) => {}
                _ => return false,
            }
        }
        self.open || segments.next().is_none()
    }

    /// Two for each segment that fits from the beginning on, one for one that nearly does.
    fn likeness(&self, path: &CanonicalPath) -> usize {
        let mut score = 0;
        for (wanted, segment) in self.segments.iter().zip(path.segments()) {
            match wanted {
                Segment::Literal(text) if **text == *segment => score += 2,
                Segment::Literal(text) => {
                    let alike = closest(&segment, [text.as_ref()]).is_some();
                    return score + usize::from(alike);
                }
                // Says nothing by itself, but lets the next one count.
                Segment::Capture(_) => score += usize::from(score > 0),
            }
        }
        score
    }
}

impl Segment {
    fn takes(&self, segment: &str) -> bool {
        match self {
            Self::Literal(text) => **text == *segment,
            Self::Capture(_) => true,
        }
    }
}
