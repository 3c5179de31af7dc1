//! All patterns of a file as trees, to ask which of them meet.

use std::collections::{BTreeMap, HashMap};

use super::super::host::HostPattern;
use super::super::pattern::{Pattern, Segment};
use super::file::File;
use super::probe::{Way, literal};

/// The patterns of each host.
#[derive(Debug, Default)]
pub(super) struct Space {
    hosts: HashMap<HostPattern, Tree>,
    nothing: Tree,
}

#[derive(Debug, Default)]
struct Tree {
    literals: BTreeMap<Box<str>, Tree>,
    capture: Option<Box<Tree>>,
    /// Routes whose pattern ends here.
    end: Vec<usize>,
    /// Routes whose pattern ends here in `**`.
    rest: Vec<usize>,
}

/// The most routes of one pattern, told apart by their methods alone, that are looked at.
const MOST_ALIKE: usize = 100;

/// Looks at routes whose pattern matches a path.
type Visit<'v, 's> = &'v mut dyn FnMut(&[usize], &Way<'s>);

/// How much work may still be done. Files in which very many patterns meet are looked at in part.
#[derive(Debug)]
pub(super) struct Budget(pub(super) usize);

impl Budget {
    fn spend(&mut self) -> bool {
        let left = self.0 > 0;
        self.0 = self.0.saturating_sub(1);
        left
    }
}

impl Space {
    pub(super) fn of(file: &File<'_>) -> Self {
        let mut space = Self::default();
        for (index, entry) in file.routes.iter().enumerate() {
            for host in entry.hosts().iter() {
                let tree = space.hosts.entry(host.clone()).or_default();
                tree.insert(&entry.pattern, index);
            }
        }
        space
    }

    /// The trees that serve every host that a pattern is for, the most specific first.
    fn trees(&self, host: &HostPattern) -> impl Iterator<Item = &Tree> {
        let (own, wider) = match host {
            HostPattern::Any => (None, None),
            HostPattern::Exact(name) | HostPattern::Below(name) => (Some(host), Some(&**name)),
        };
        let wider = std::iter::successors(wider, |name| Some(name.split_once('.')?.1)).skip(1);
        let wider = wider.map(|name| HostPattern::Below(name.into()));
        let wider = wider.chain([HostPattern::Any]);
        let own = own.and_then(|own| self.hosts.get(own));
        own.into_iter()
            .chain(wider.filter_map(|host| self.hosts.get(&host)))
    }

    /// The routes whose patterns match every path that this one matches, on every host of this kind,
    /// in the order in which the router asks them.
    pub(super) fn enclosing(&self, host: &HostPattern, pattern: &Pattern) -> Vec<usize> {
        let mut found = Vec::new();
        for tree in self.trees(host) {
            tree.enclosing(&pattern.segments, pattern.open, &mut found);
        }
        found
    }

    /// Visits paths that this pattern matches, each with less specific routes whose patterns match it
    /// too: one path for each way in which the patterns can meet.
    pub(super) fn crossing<'s>(
        &'s self,
        host: &HostPattern,
        pattern: &'s Pattern,
        budget: &mut Budget,
        visit: Visit<'_, 's>,
    ) {
        let mut trees = self.trees(host);
        let mut own = trees.next().unwrap_or(&self.nothing);
        let mut way = Vec::new();
        for (at, segment) in pattern.segments.iter().enumerate() {
            let below = pattern.segments.get(at + 1..).unwrap_or_default();
            way.push(literal(segment));
            let next = match segment {
                Segment::Literal(text) => {
                    if let Some(capture) = &own.capture {
                        capture.cross(below, pattern.open, &mut way, budget, visit);
                    }
                    own.literals.get(text)
                }
                Segment::Capture(_) => own.capture.as_deref(),
            };
            own = next.unwrap_or(&self.nothing);
        }
        for tree in trees {
            tree.cross(
                &pattern.segments,
                pattern.open,
                &mut Vec::new(),
                budget,
                visit,
            );
        }
    }
}

impl Tree {
    fn insert(&mut self, pattern: &Pattern, route: usize) {
        let mut tree = self;
        for segment in &pattern.segments {
            tree = match segment {
                Segment::Literal(text) => tree.literals.entry(text.clone()).or_default(),
                Segment::Capture(_) => tree.capture.get_or_insert_default(),
            };
        }
        let leaf = if pattern.open {
            &mut tree.rest
        } else {
            &mut tree.end
        };
        if leaf.len() < MOST_ALIKE {
            leaf.push(route);
        }
    }

    fn enclosing(&self, segments: &[Segment], open: bool, found: &mut Vec<usize>) {
        match segments.split_first() {
            None if open => {}
            None => found.extend(&self.end),
            Some((first, below)) => {
                let same = literal(first).and_then(|text| self.literals.get(text));
                let trees = same.into_iter().chain(self.capture.as_deref());
                trees.for_each(|tree| tree.enclosing(below, open, found));
            }
        }
        found.extend(&self.rest);
    }

    /// Visits a path for every pattern here that meets the segments.
    fn cross<'s>(
        &'s self,
        segments: &'s [Segment],
        open: bool,
        way: &mut Way<'s>,
        budget: &mut Budget,
        visit: Visit<'_, 's>,
    ) {
        if !budget.spend() {
            return;
        }
        let ends = segments.is_empty() && !self.end.is_empty();
        if ends || !self.rest.is_empty() {
            let length = way.len();
            way.extend(segments.iter().map(literal));
            if ends {
                visit(&self.end, way);
            }
            visit(&self.rest, way);
            if open {
                way.push(None);
                visit(&self.rest, way);
            }
            way.truncate(length);
        }
        let Some((first, below)) = segments.split_first() else {
            if open {
                self.cross_children(segments, open, way, budget, visit);
            }
            return;
        };
        match literal(first) {
            None => self.cross_children(below, open, way, budget, visit),
            Some(text) => {
                way.push(Some(text));
                let trees = self.literals.get(text).into_iter();
                for tree in trees.chain(self.capture.as_deref()) {
                    tree.cross(below, open, way, budget, visit);
                }
                way.pop();
            }
        }
    }

    fn cross_children<'s>(
        &'s self,
        below: &'s [Segment],
        open: bool,
        way: &mut Way<'s>,
        budget: &mut Budget,
        visit: Visit<'_, 's>,
    ) {
        let literals = self.literals.iter();
        let literals = literals.map(|(text, tree)| (Some(text.as_ref()), tree));
        let capture = self.capture.as_deref().map(|tree| (None, tree));
        for (segment, tree) in literals.chain(capture) {
            way.push(segment);
            tree.cross(below, open, way, budget, visit);
            way.pop();
        }
    }
}
