//! All requests, by regions: hosts x paths x methods, and the most general request of each.

mod ground;
mod region;
mod win;

pub(super) use ground::Ground;
pub(super) use region::{Region, written};
pub(super) use win::{Settled, Space, Spot, Win, spots};

/// The most requests that one proof may try: a few seconds of work.
const MOST_TRIED: usize = 4_000_000;

/// The policy is too large to be examined: no answer is given rather than part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the policy's patterns overlap in too many ways: more than {MOST_TRIED} requests tell them apart"
)]
pub struct TooMuch;

/// How much work a proof may still do.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MOST_TRIED)
    }
}

impl Budget {
    #[cfg(test)]
    pub(super) fn of(most: usize) -> Self {
        Self(most)
    }

    pub(super) fn spend(&mut self) -> Result<(), TooMuch> {
        self.0 = self.0.checked_sub(1).ok_or(TooMuch)?;
        Ok(())
    }
}
