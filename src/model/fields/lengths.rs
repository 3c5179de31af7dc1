//! A quick look whether a name can be there.

/// The lengths that names have had here. A name of another length needs not be looked for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lengths(u64);

impl Lengths {
    pub(super) fn add(&mut self, length: usize) {
        self.0 |= Self::bit(length);
    }

    pub(super) fn have(self, length: usize) -> bool {
        self.0 & Self::bit(length) != 0
    }

    /// Lengths from 63 on share a place.
    fn bit(length: usize) -> u64 {
        1 << length.min(63)
    }
}
