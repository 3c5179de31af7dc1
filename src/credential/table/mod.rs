//! A bounded table of what a worker remembers, found by a keyed hash.

mod clock;
mod index;

pub(super) use clock::{Clock, Room};
