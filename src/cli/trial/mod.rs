//! Trying a policy on requests that nobody sent: what `test` and `explain` share.
//!
//! A [`World`] is a policy loaded as serving loads it, with what stands outside replaced: keys are made on
//! the spot, secrets that are not there are made up, nobody on the network is asked. An [`Ask`] is a request
//! as somebody would send it, read by the rules of the front door; a [`Caller`] says with what credential.
//!
//! Straight line: [`World::load`] -> [`Ask::read`] -> [`World::judge`] -> [`Verdict`].
//!
//! Always: what decides is the engine that serves. Time is an argument.

mod api_key;
mod ask;
mod caller;
mod delivery;
mod effects;
mod holder;
mod keys;
mod moment;
mod senders;
mod signing;
mod standing;
mod tampering;
mod token;
mod verdict;
mod world;

pub(in crate::cli) use api_key::{KeyDraft, MadeKey, Status};
pub(in crate::cli) use ask::Ask;
pub(in crate::cli) use caller::{Caller, PrincipalDraft};
pub(in crate::cli) use delivery::{Change, DeliveryDraft};
pub(in crate::cli) use effects::Effects;
pub(in crate::cli) use moment::{date, flag, flag_or_now, moment, shown};
pub(in crate::cli) use token::{Alg, TokenDraft};
pub(in crate::cli) use verdict::{Checked, Verdict};
pub(in crate::cli) use world::{Setting, World};

/// The host of requests that name none.
pub(in crate::cli) const HOST: &str = "localhost";

/// The client of requests that name none: an address for documentation (RFC 5737).
pub(in crate::cli) const CLIENT: std::net::Ipv4Addr = std::net::Ipv4Addr::new(192, 0, 2, 1);

/// When requests arrive that do not say: the same moment on every day.
pub(in crate::cli) const NOW: &str = "2026-01-01T00:00:00Z";
