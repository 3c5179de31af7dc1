//! API keys: how they are made, found, changed and counted.
//!
//! This room knows what a key's text looks like, what is kept of it, and the life of a key from its
//! making to its end. It refuses to know where in a request a key stood, what its holder may do, and
//! which status an answer has on a guarded route.
//!
//! Straight line of a use: [`Directory::find`] or [`Fixed::find`] -> [`Known::check`] -> counted.
//! Straight line of a change: [`Registry`] -> store -> every [`Directory`] that follows it.
//!
//! Always: a text is shown once, to whoever made it, and kept nowhere; what is remembered are facts of
//! the store, never verdicts; a change that becomes known ends what was remembered before it; a store
//! that does not answer never makes an unknown key good.

mod directory;
mod fixed;
mod format;
mod hash;
mod hasher;
#[cfg(test)]
#[cfg(feature = "sqlite")]
pub(crate) mod house;
mod known;
mod metrics;
mod registry;
#[cfg(test)]
mod sample;
mod seal;
mod service;
mod set;
mod settings;
mod shown;

pub use directory::{Directory, Finding};
pub use fixed::Fixed;
pub use format::{Format, FormatError, Minted, Shape};
pub use hash::{HashError, LONGEST_TEXT, digest, parse_hash, start_of};
pub use hasher::{Hasher, Overloaded};
pub use known::Known;
pub use registry::{Error, GRACE, Made, NewKey, Reach, Registry, Rotation};
pub use seal::{Owner, SealError, Sealer};
pub use service::{Ask, Fault, MOST_BODY, Maker, Reply, Scope, Service, Wish, unless_form};
pub use set::KeySet;
pub use settings::Settings;
pub use shown::{Shown, document, status};
