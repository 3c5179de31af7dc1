//! Whose keys: discovery, fetch, cache, refresh.
//!
//! This room knows where an issuer publishes its keys, how to ask for them without being misled or
//! worn out, and which keys are good at this moment. It refuses to know tokens: nobody but the
//! policy file decides who is asked, and nothing a caller sends becomes an address or a cache key.
//!
//! Straight line: [`Source`] -> load (HTTP, file, disk copy, inline) -> key by key -> [`KeySet`] ->
//! [`KeySet::candidates`]. One refresh per origin runs on the control runtime ([`KeySets::run`]); those
//! who verify read a snapshot.
//!
//! Always: a known key is found without a lock and without waiting; a bad answer never replaces
//! good keys; a new set replaces the old one, it is never merged; keys are believed at most
//! `max_stale` long after the issuer last confirmed them; a flood of unknown names costs the issuer
//! one fetch per cool-down; a private member of a key is neither kept nor printed.

mod disk;
mod edge;
mod error;
mod fetch;
mod flight;
mod freshness;
mod jwk;
mod key;
mod keyset;
mod load;
mod metrics;
mod refresh;
mod resolver;
mod set;
mod sets;
mod settings;
mod source;
mod status;

pub use error::{AddressError, Error, FetchError};
pub use key::{Algorithm, SecretKeyError, VerifyingKey};
pub use keyset::{KeySet, Missing};
pub use set::SetError;
pub use sets::KeySets;
pub use settings::Settings;
pub use source::{Origin, Source};
pub use status::KeySetStatus;

#[cfg(test)]
mod tests;
