//! Which roles include which, directly or not.

use std::cell::Cell;
use std::collections::HashSet;

/// The most steps that may be taken from role to role while a file is compiled. It bounds the time
/// that takes, and the room for the names it finds.
const MOST_STEPS: usize = 2_000_000;

/// The `includes` of all roles, by the roles' positions.
#[derive(Debug, Default)]
pub(super) struct Includes {
    direct: Vec<Vec<usize>>,
    /// The other way round.
    included_by: Vec<Vec<usize>>,
    steps: Cell<usize>,
}

/// Too many steps would have to be taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMany;

impl Includes {
    pub(super) fn new(direct: Vec<Vec<usize>>) -> Self {
        let mut included_by = vec![Vec::new(); direct.len()];
        for (position, includes) in direct.iter().enumerate() {
            for included in includes {
                if let Some(holders) = included_by.get_mut(*included) {
                    holders.push(position);
                }
            }
        }
        Self {
            direct,
            included_by,
            steps: Cell::new(0),
        }
    }

    /// These roles and all that include one of them, in ascending order.
    pub(super) fn holders(&self, of: &[usize]) -> Result<Vec<usize>, TooMany> {
        self.take_steps(of.len())?;
        let mut pending = of.to_vec();
        let mut found: HashSet<usize> = pending.iter().copied().collect();
        while let Some(position) = pending.pop() {
            let holders = self
                .included_by
                .get(position)
                .map_or(&[][..], Vec::as_slice);
            self.take_steps(holders.len())?;
            pending.extend(holders.iter().filter(|holder| found.insert(**holder)));
        }
        let mut found: Vec<usize> = found.into_iter().collect();
        found.sort_unstable();
        Ok(found)
    }

    /// Takes so many steps, if there are so many left.
    pub(super) fn take_steps(&self, count: usize) -> Result<(), TooMany> {
        self.steps.set(self.steps.get().saturating_add(count));
        match self.is_exhausted() {
            true => Err(TooMany),
            false => Ok(()),
        }
    }

    /// Whether no steps are left.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps.get() > MOST_STEPS
    }

    /// Of every group of roles that include each other, the first; also roles that include themselves.
    /// Tarjan's algorithm for strongly connected components, without recursion: a file may have a
    /// long chain of roles.
    pub(super) fn cycles(&self) -> Vec<usize> {
        let mut walk = Walk {
            numbers: vec![Number::default(); self.direct.len()],
            ..Walk::default()
        };
        for start in 0..self.direct.len() {
            walk.from(start, &self.direct);
        }
        walk.cycles.sort_unstable();
        walk.cycles
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Number {
    /// When the role was first met, from one; zero before that.
    met: usize,
    /// The earliest role that it leads to and that is still open.
    low: usize,
    open: bool,
}

#[derive(Debug, Default)]
struct Walk {
    numbers: Vec<Number>,
    count: usize,
    open: Vec<usize>,
    /// Roles on the way, each with how many of its includes have been followed.
    way: Vec<(usize, usize)>,
    cycles: Vec<usize>,
}

impl Walk {
    fn number(&self, position: usize) -> Number {
        self.numbers.get(position).copied().unwrap_or_default()
    }

    fn lower(&mut self, position: usize, low: usize) {
        if let Some(number) = self.numbers.get_mut(position) {
            number.low = number.low.min(low);
        }
    }

    fn meet(&mut self, position: usize) {
        self.count += 1;
        if let Some(number) = self.numbers.get_mut(position) {
            *number = Number {
                met: self.count,
                low: self.count,
                open: true,
            };
        }
        self.open.push(position);
        self.way.push((position, 0));
    }

    fn from(&mut self, start: usize, direct: &[Vec<usize>]) {
        if self.number(start).met == 0 {
            self.meet(start);
        }
        while let Some((position, followed)) = self.way.last_mut() {
            let position = *position;
            let includes = direct.get(position).map_or(&[][..], Vec::as_slice);
            match includes.get(*followed).copied() {
                Some(next) => {
                    *followed += 1;
                    let number = self.number(next);
                    if number.met == 0 {
                        self.meet(next);
                    } else if number.open {
                        self.lower(position, number.met);
                    }
                }
                None => self.leave(position, includes.contains(&position)),
            }
        }
    }

    fn leave(&mut self, position: usize, includes_itself: bool) {
        self.way.pop();
        let Number { met, low, .. } = self.number(position);
        if let Some((before, _)) = self.way.last() {
            self.lower(*before, low);
        }
        if met != low {
            return;
        }
        let mut group = Vec::new();
        while let Some(member) = self.open.pop() {
            if let Some(number) = self.numbers.get_mut(member) {
                number.open = false;
            }
            group.push(member);
            if member == position {
                break;
            }
        }
        if group.len() > 1 || includes_itself {
            self.cycles.extend(group.into_iter().min());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holders_are_found_over_any_distance() {
        let includes = Includes::new(vec![vec![1], vec![2], vec![], vec![2], vec![]]);
        assert_eq!(includes.holders(&[2]), Ok(vec![0, 1, 2, 3]));
        assert_eq!(includes.holders(&[0, 4]), Ok(vec![0, 4]));
        assert_eq!(includes.holders(&[]), Ok(vec![]));
    }

    #[test]
    fn one_role_of_each_cycle_is_named() {
        let cycles = |direct: &[&[usize]]| {
            Includes::new(direct.iter().map(|includes| includes.to_vec()).collect()).cycles()
        };
        assert_eq!(cycles(&[&[1], &[2], &[]]), [0; 0]);
        assert_eq!(cycles(&[&[1], &[0], &[2]]), [0, 2]);
        // Two cycles and a way between them, which is none.
        assert_eq!(cycles(&[&[1], &[2], &[3], &[4], &[3], &[0]]), [3]);
        assert_eq!(cycles(&[&[1], &[0, 2], &[3], &[4], &[3]]), [0, 3]);
        assert_eq!(cycles(&[&[1, 2], &[3], &[3], &[]]), [0; 0]);
    }

    #[test]
    fn long_chains_need_no_stack_and_many_questions_end() {
        let chain: Vec<Vec<usize>> = (0..300_000)
            .map(|role| vec![(role + 1) % 300_000])
            .collect();
        let chain = Includes::new(chain);
        assert_eq!(chain.cycles(), [0]);
        let answers: Vec<_> = (0..20).map(|role| chain.holders(&[role])).collect();
        assert!(answers[0].is_ok());
        assert_eq!(answers[19], Err(TooMany));
    }
}
