//! Keys that senders show to everybody, and the halves that they do not.
//!
//! This part of the room knows how a public key is written, what it may be used for, and whether it made a
//! signature. It refuses to know messages and where signatures stand in them: it sees bytes.
//!
//! Straight line: text -> [`PublicKey::parse`] (for one [`Algorithm`]) -> [`PublicKey::verifies`]. To try a route:
//! [`sign()`].
//!
//! Always: a key is of one algorithm, which the configuration names and no message; what it is written as must
//! fit that algorithm in type and length, to the last byte; its bytes are not to be had again, so that nobody
//! takes them for a shared secret; a private key cannot be printed.

mod algorithm;
mod der;
mod digest;
mod edwards;
mod private_key;
mod public_key;
#[cfg(test)]
mod tests;

pub(in crate::webhook) use algorithm::{Algorithm, Encoding};
pub(in crate::webhook) use digest::{Hashed, Hasher};
pub(in crate::webhook) use private_key::sign;
pub(in crate::webhook) use public_key::PublicKey;
