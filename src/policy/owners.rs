//! Who is given which permission, so that no permission has to be held against everybody's.

use std::collections::HashMap;

use super::permission::PermissionPattern;

/// Roles, or scopes, by what they are given; each is known by its position.
#[derive(Debug, Default)]
pub(super) struct Owners(HashMap<PermissionPattern, Vec<usize>>);

impl Owners {
    /// From what each is given, in the order of their positions.
    pub(super) fn new<'p>(given: impl IntoIterator<Item = &'p Vec<PermissionPattern>>) -> Self {
        let mut owners: HashMap<PermissionPattern, Vec<usize>> = HashMap::new();
        for (position, patterns) in given.into_iter().enumerate() {
            for pattern in patterns {
                owners.entry(pattern.clone()).or_default().push(position);
            }
        }
        Self(owners)
    }

    /// How many [`Owners::of`] gives.
    pub(super) fn count(&self, patterns: &[PermissionPattern]) -> usize {
        let found = patterns.iter().filter_map(|pattern| self.0.get(pattern));
        found.map(Vec::len).sum()
    }

    /// Who is given one of these; who is given several comes several times.
    pub(super) fn of(&self, patterns: &[PermissionPattern]) -> impl Iterator<Item = usize> {
        let found = patterns.iter().filter_map(|pattern| self.0.get(pattern));
        found.flatten().copied()
    }
}
