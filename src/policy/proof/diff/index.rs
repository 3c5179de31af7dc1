//! Which patterns can match one path, found without trying every pair.

use std::collections::HashMap;

use super::super::super::pattern::{Pattern, Segment};
use super::super::space::{Budget, Region, TooMuch};

/// Ways by their patterns, segment by segment.
#[derive(Debug, Default)]
pub(super) struct Index<'w> {
    literals: HashMap<&'w str, Index<'w>>,
    capture: Option<Box<Index<'w>>>,
    /// Ways that end here.
    end: Vec<&'w (Region, usize)>,
    /// Ways that end here in `**`.
    rest: Vec<&'w (Region, usize)>,
}

impl<'w> Index<'w> {
    pub(super) fn of(ways: &'w [(Region, usize)]) -> Self {
        let mut index = Self::default();
        for way in ways {
            let mut node = &mut index;
            for segment in &way.0.path.segments {
                node = match segment {
                    Segment::Literal(text) => node.literals.entry(text).or_default(),
                    Segment::Capture(_) => node.capture.get_or_insert_default(),
                };
            }
            match way.0.path.open {
                true => node.rest.push(way),
                false => node.end.push(way),
            }
        }
        index
    }

    /// The ways whose patterns have a path in common with this one.
    pub(super) fn compatible(
        &self,
        path: &Pattern,
        budget: &mut Budget,
    ) -> Result<Vec<(&'w Region, usize)>, TooMuch> {
        let mut found = Vec::new();
        self.collect(&path.segments, path.open, &mut found, budget)?;
        Ok(found
            .into_iter()
            .map(|(region, route)| (region, *route))
            .collect())
    }

    fn collect(
        &self,
        segments: &[Segment],
        open: bool,
        found: &mut Vec<&'w (Region, usize)>,
        budget: &mut Budget,
    ) -> Result<(), TooMuch> {
        budget.spend()?;
        found.extend(&self.rest);
        let Some((first, rest)) = segments.split_first() else {
            found.extend(&self.end);
            return match open {
                true => self.everything_below(found, budget),
                false => Ok(()),
            };
        };
        let literals = self.literals.iter().filter(|(text, _)| match first {
            Segment::Literal(wanted) => **wanted == ***text,
            Segment::Capture(_) => true,
        });
        let below = literals
            .map(|(_, below)| below)
            .chain(self.capture.as_deref());
        for node in below {
            node.collect(rest, open, found, budget)?;
        }
        Ok(())
    }

    fn everything_below(
        &self,
        found: &mut Vec<&'w (Region, usize)>,
        budget: &mut Budget,
    ) -> Result<(), TooMuch> {
        for node in self.literals.values().chain(self.capture.as_deref()) {
            budget.spend()?;
            found.extend(node.end.iter().chain(&node.rest));
            node.everything_below(found, budget)?;
        }
        Ok(())
    }
}
