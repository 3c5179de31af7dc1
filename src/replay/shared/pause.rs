//! How long to wait before another try.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The first pause, and the longest.
const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(500);

/// Pauses that grow, and that differ between replicas, which all lose Redis at once.
#[derive(Debug)]
pub(super) struct Pause(Duration);

impl Pause {
    pub(super) fn new() -> Self {
        Self(FIRST)
    }

    /// The next pause: between half of what it has grown to and all of it.
    pub(super) fn next(&mut self) -> Duration {
        let half = self.0 / 2;
        self.0 = (self.0 * 2).min(LONGEST);
        // The standard library's seeds are the one source of chance that costs nothing to have.
        let chance = RandomState::new().hash_one(0_u8) % 1000;
        half + half * u32::try_from(chance).unwrap_or(0) / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_half_a_second_and_differ() {
        let mut pause = Pause::new();
        assert!(pause.next() <= FIRST);
        let later: Vec<_> = (0..20).map(|_| pause.next()).collect();
        assert!(later.iter().all(|pause| *pause <= LONGEST));
        assert!(later[10..].iter().all(|pause| *pause >= LONGEST / 2));
        assert!(later[10..].iter().any(|pause| *pause != later[19]));
    }
}
