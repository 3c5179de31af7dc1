//! The difference in meaning between two policies: who may do what that they could not do before.
//!
//! Requests are compared where a route of one policy and a route of the other win together, or one
//! alone; callers by every combination of kind, issuer, roles, scopes and tenant that either route
//! tells apart; API keys also by the sources they are for. Rules that no proof can look into, conditions, are compared as they are written.

mod apart;
mod beside;
mod groups;
mod index;
mod meaning;
mod people;
mod words;

use std::sync::Arc;

use super::super::Policy;
use super::super::route::{Match, PermissionRule, Route};
use super::demand::Demand;
use super::space::{Budget, Ground, Region, Settled, Space, Spot, TooMuch, spots, written};
pub(super) use groups::shown;

use groups::Groups;
use index::Index;

/// In which direction something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sign {
    /// Somebody may do what they could not do before.
    Gain,
    /// Somebody may no longer do what they could.
    Loss,
    /// Something else is different.
    Other,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its direction.
    pub sign: Sign,
    /// Who gains or loses, or what is different, in words.
    pub what: Vec<String>,
    /// The methods concerned.
    pub methods: Vec<String>,
    /// The methods in words, empty when all are concerned.
    pub methods_shown: String,
    /// Hosts and paths, as a policy writes them; empty when the whole policy is concerned.
    pub place: String,
    /// A request that shows it; empty when the whole policy is concerned.
    pub example: String,
    /// The route that such requests found in the old policy.
    pub old: Option<Arc<str>>,
    /// The route that they find in the new one.
    pub new: Option<Arc<str>>,
}

/// All differences, in the order of the new policy's routes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Nothing when both policies mean the same.
    pub changes: Vec<Change>,
}

/// What one policy has to say about a request.
#[derive(Debug)]
struct Door<'s> {
    policy: &'s Policy,
    matched: Option<Match<'s>>,
}

impl<'s> Door<'s> {
    fn of(space: &'s Space<'s>, spot: &'s Spot) -> Self {
        Self {
            policy: space.policy,
            matched: space.find(&spot.request),
        }
    }

    fn index(&self) -> Option<usize> {
        self.route().map(|route| route.index())
    }

    fn route(&self) -> Option<&'s Arc<Route>> {
        self.matched.as_ref().map(|matched| matched.route)
    }

    /// Nothing when there is no route, or when it asks nobody.
    fn demand(&self, spot: &Spot) -> Option<Demand<'s>> {
        Demand::of(self.route()?, &spot.request.method)
    }
}

impl Difference {
    /// Compares two policies.
    ///
    /// # Errors
    ///
    /// When they are too large to be compared in full.
    pub fn between(old: &Policy, new: &Policy) -> Result<Self, TooMuch> {
        Self::within(old, new, &mut Budget::default())
    }

    pub(super) fn within(old: &Policy, new: &Policy, budget: &mut Budget) -> Result<Self, TooMuch> {
        let ground = Ground::new(&[old, new], []);
        let (old, new) = (Space::new(old), Space::new(new));
        let mut comparison = Comparison {
            ground: &ground,
            old: &old,
            new: &new,
            groups: Groups::default(),
        };
        let (before, after) = (Index::of(&old.ways), Index::of(&new.ways));
        for (way, route) in &old.ways {
            let mut covered = false;
            for (other, met) in after.compatible(&way.path, budget)? {
                covered |= other.covers(way);
                if let Some(common) = other.meet(way) {
                    comparison.compare(&common, Some(*route), Some(met), budget)?;
                }
            }
            if !covered {
                comparison.compare(way, Some(*route), None, budget)?;
            }
        }
        for (way, route) in &new.ways {
            let others = before.compatible(&way.path, budget)?;
            if !others.iter().any(|(other, _)| other.covers(way)) {
                comparison.compare(way, None, Some(*route), budget)?;
            }
        }
        let mut changes = meaning::whole(old.policy, new.policy);
        changes.extend(comparison.groups.into_changes(&ground));
        Ok(Self { changes })
    }
}

/// Two policies, side by side.
#[derive(Debug)]
struct Comparison<'c> {
    ground: &'c Ground,
    old: &'c Space<'c>,
    new: &'c Space<'c>,
    groups: Groups,
}

impl Comparison<'_> {
    /// Compares what two routes say, or one where the other policy has none, wherever both win.
    fn compare(
        &mut self,
        region: &Region,
        old: Option<usize>,
        new: Option<usize>,
        budget: &mut Budget,
    ) -> Result<(), TooMuch> {
        let place = written(region);
        let (ground, groups) = (self.ground, &mut self.groups);
        let by_method = [(old, self.old), (new, self.new)]
            .iter()
            .any(|(route, space)| {
                let route = route.and_then(|route| space.policy.routes.get(route));
                route.is_some_and(|route| asks_by_method(route))
            });
        let mut known = None;
        spots(ground, region, budget, |spot| {
            let before = Door::of(self.old, spot);
            let after = Door::of(self.new, spot);
            if before.index() != old || after.index() != new {
                return Settled::No;
            }
            let found = match known.take().filter(|_| !by_method) {
                Some(found) => found,
                None => meaning::compare(&before, &after, spot, ground),
            };
            if !found.is_empty() {
                groups.add(&place, [before.route(), after.route()], spot, found.clone());
            }
            known = Some(found);
            Settled::Yes
        })
    }
}

/// Whether a route asks otherwise for other methods.
fn asks_by_method(route: &Route) -> bool {
    matches!(route.rules.permission, PermissionRule::PerMethod(_))
}
