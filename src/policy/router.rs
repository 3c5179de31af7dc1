//! From host, path and method to a route, in time that depends on the path alone.
//!
//! One tree of segments for each host pattern. Every step down a tree is a hash look-up; a step is
//! taken back only where a literal and a capture stand side by side, so the work is bounded by the
//! shapes that the policy itself wrote for this very path.

use std::collections::HashMap;

use http::Method;

use crate::model::{CanonicalPath, Segments};

use super::host::HostPattern;
use super::methods::{Methods, never_routed};
use super::pattern::{Pattern, Segment};
use super::quick::Table;

/// Finds the most specific route; knows routes by their index.
#[derive(Debug, Default)]
pub(super) struct Router {
    exact: Table<Tree>,
    below: Table<Tree>,
    any: Tree,
}

/// Two routes that could both win.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Overlap {
    /// The route that was there first.
    pub(super) with: usize,
    /// A method that both list, or nothing when both take any method.
    pub(super) method: Option<Method>,
}

/// One place of the trees, with a route that stands there.
#[derive(Debug)]
pub(super) struct Way<'r> {
    pub(super) hosts: HostPattern,
    /// Literals, and nothing where there is a capture.
    pub(super) segments: Vec<Option<&'r str>>,
    /// Whether it ends in `**`.
    pub(super) open: bool,
    /// Nothing stands for every method that no other route at this place lists.
    pub(super) methods: Option<Vec<Method>>,
    pub(super) route: usize,
}

#[derive(Debug, Default)]
struct Tree {
    literals: Table<Tree>,
    capture: Option<Box<Tree>>,
    /// Routes whose pattern ends here.
    end: Leaf,
    /// Routes whose pattern ends here in `**`.
    rest: Leaf,
}

/// As many methods as are compared one by one.
const FEW: usize = 16;

#[derive(Debug, Default)]
struct Leaf {
    listed: Vec<(Method, usize)>,
    /// The listed methods once more, so that adding and finding one takes no longer the more there are.
    taken: HashMap<Method, usize>,
    any: Option<usize>,
}

impl Router {
    /// Adds a route under one host pattern.
    pub(super) fn insert(
        &mut self,
        host: &HostPattern,
        pattern: &Pattern,
        methods: &Methods,
        route: usize,
    ) -> Result<(), Overlap> {
        let mut tree = match host {
            HostPattern::Any => &mut self.any,
            HostPattern::Exact(name) => self.exact.or_default(name),
            HostPattern::Below(name) => self.below.or_default(name),
        };
        for segment in &pattern.segments {
            tree = match segment {
                Segment::Literal(text) => tree.literals.or_default(text),
                Segment::Capture(_) => tree.capture.get_or_insert_default(),
            };
        }
        let leaf = if pattern.open {
            &mut tree.rest
        } else {
            &mut tree.end
        };
        leaf.insert(methods, route)
    }

    /// The index of the most specific route, if there is one.
    pub(super) fn find(&self, host: &str, path: &CanonicalPath, method: &Method) -> Option<usize> {
        if never_routed(method) {
            return None;
        }
        if self.exact.is_empty() && self.below.is_empty() {
            return self.any.find(path.segments(), method);
        }
        self.trees(host)
            .find_map(|tree| tree.find(path.segments(), method))
    }

    /// Every way to a route, for those who reason about all requests at once.
    pub(super) fn ways(&self) -> Vec<Way<'_>> {
        let mut ways = Vec::new();
        self.any.ways(&HostPattern::Any, &mut Vec::new(), &mut ways);
        for (name, tree) in self.exact.iter() {
            tree.ways(&HostPattern::Exact(name.into()), &mut Vec::new(), &mut ways);
        }
        for (name, tree) in self.below.iter() {
            tree.ways(&HostPattern::Below(name.into()), &mut Vec::new(), &mut ways);
        }
        ways.sort_by_key(|way| way.route);
        ways
    }

    /// The trees that serve a host, the most specific first.
    fn trees<'t>(&'t self, host: &'t str) -> impl Iterator<Item = &'t Tree> {
        let exact = self.exact.get(host);
        let shorter = |name: &&'t str| name.split_once('.').map(|(_, rest)| rest);
        let start = (!self.below.is_empty()).then_some(host);
        let below = std::iter::successors(start, shorter).skip(1);
        let below = below.filter_map(|name| self.below.get(name));
        exact
            .into_iter()
            .chain(below)
            .chain(std::iter::once(&self.any))
    }
}

impl Tree {
    fn find(&self, mut segments: Segments<'_>, method: &Method) -> Option<usize> {
        let Some(first) = segments.next() else {
            return self.end.find(method).or_else(|| self.rest.find(method));
        };
        if let Some(tree) = self.literals.get(&first)
            && let Some(route) = tree.find(segments.clone(), method)
        {
            return Some(route);
        }
        if let Some(tree) = &self.capture
            && let Some(route) = tree.find(segments, method)
        {
            return Some(route);
        }
        self.rest.find(method)
    }

    fn ways<'r>(
        &'r self,
        hosts: &HostPattern,
        segments: &mut Vec<Option<&'r str>>,
        ways: &mut Vec<Way<'r>>,
    ) {
        for (leaf, open) in [(&self.end, false), (&self.rest, true)] {
            let routes = leaf.routes().into_iter();
            ways.extend(routes.map(|(route, methods)| Way {
                hosts: hosts.clone(),
                segments: segments.clone(),
                open,
                methods,
                route,
            }));
        }
        let literals = self.literals.iter().map(|(text, tree)| (Some(text), tree));
        let capture = self.capture.iter().map(|tree| (None, tree.as_ref()));
        for (segment, tree) in literals.chain(capture) {
            segments.push(segment);
            tree.ways(hosts, segments, ways);
            segments.pop();
        }
    }
}

impl Leaf {
    /// The routes here, each with the methods it lists.
    fn routes(&self) -> Vec<(usize, Option<Vec<Method>>)> {
        let mut routes: Vec<(usize, Option<Vec<Method>>)> = Vec::new();
        for (method, route) in &self.listed {
            // A route's methods were added one after the other.
            match routes.last_mut() {
                Some((known, Some(methods))) if known == route => methods.push(method.clone()),
                _ => routes.push((*route, Some(vec![method.clone()]))),
            }
        }
        routes.extend(self.any.map(|route| (route, None)));
        routes
    }

    fn find(&self, method: &Method) -> Option<usize> {
        // Few are found sooner by looking at each.
        let listed = match self.listed.len() {
            0..=FEW => self
                .listed
                .iter()
                .find(|(known, _)| known == method)
                .map(|(_, route)| *route),
            _ => self.taken.get(method).copied(),
        };
        listed.or(self.any)
    }

    /// Adds a route, or leaves the leaf as it was.
    fn insert(&mut self, methods: &Methods, route: usize) -> Result<(), Overlap> {
        let Methods::Listed(methods) = methods else {
            return match self.any.replace(route) {
                None => Ok(()),
                Some(with) => {
                    self.any = Some(with);
                    Err(Overlap { with, method: None })
                }
            };
        };
        if let Some(method) = methods
            .iter()
            .find(|method| self.taken.contains_key(*method))
        {
            let with = self.taken.get(method).copied().unwrap_or(route);
            let method = Some(method.clone());
            return Err(Overlap { with, method });
        }
        let taken = methods.iter().map(|method| (method.clone(), route));
        self.taken.extend(taken);
        let added = methods.iter().map(|method| (method.clone(), route));
        self.listed.extend(added);
        Ok(())
    }
}
