//! The wiring: from settings to a running process, and from there to its end.
//!
//! [`build()`] loads the policy and binds every socket, so that whatever can go wrong at start is an
//! error and every address is known. [`Bound::run`] starts one thread for each worker; the thread it
//! runs on is the control thread: key sets, admin, signals and reloads, none of which a request waits
//! for. This is the only room that knows all others, and it decides nothing about any request.
//!
//! Straight line: [`build()`] -> [`Bound`] -> [`Bound::run`] -> serve, reload -> drain -> end.
//!
//! Always: a policy is in force whole or not at all, and a broken file changes nothing; readiness is
//! false before keys were there once and from the moment the end is announced; a connection that was
//! accepted is served, up to the time that draining may take.

mod build;
mod deliveries;
mod descriptors;
mod error;
mod keys;
mod load;
mod reload;
mod run;
mod secrets;
mod seen;
mod shadow;
mod signals;
mod sockets;
mod status;
#[cfg(test)]
mod tests;
mod watch;
mod worker;

pub use build::{Bound, build};
pub use deliveries::Deliveries;
pub use error::{Error, Mistakes};
pub use keys::{StoredKeys, Unopened};
pub use load::{Loaded, Loader, StandIn};
pub use seen::Seen;
pub use sockets::Address;
pub use worker::runtime;
