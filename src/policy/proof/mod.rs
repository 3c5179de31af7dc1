//! What follows from a compiled policy, over all requests that it can tell apart.
//!
//! This room inside the law knows how a set of requests is described by its most general member, and
//! which callers a route tells apart. It judges with the very functions that serve traffic, and it
//! refuses to guess: a condition may hold and may not, and what is too much work is an error.
//!
//! Why one request stands for many: two requests differ for the router only in which patterns they
//! match. Take any request that a route wins inside a region, and put a segment that no pattern names
//! wherever neither the route nor the region has a literal. The new request matches only patterns
//! that the old one matched too, and among them the order is the same: so the same route wins. Hosts
//! are patterns of labels and follow suit. So a route wins something inside a region if and only if
//! it wins the region's most general request, of one of finitely many lengths, for that method.
//! Callers are treated alike: what roles and scopes open is monotone, but for programs without roles,
//! so the most powerful callers that a sentence speaks of stand for all of them.
//!
//! Straight line: `space` (requests) x `caller` (principals) -> `invariant` (sentences of the
//! file), `diff` (two policies), `who` and `what` (questions).
//!
//! Always: every answer comes with a request that shows it; nothing is sampled.

mod caller;
mod demand;
mod described;
mod diff;
mod invariant;
mod naming;
mod space;
#[cfg(test)]
mod tests;
mod what;
mod who;

pub use diff::{Change, Difference, Sign};
pub use space::TooMuch;

pub use what::{Asker, Reach, Reached};
pub use who::{Aside, Granted, Opening, WhoCan};

pub(super) use invariant::{Invariants, hold, read};
