//! The room as a whole: an issuer on one side, callers on the other.

mod addresses;
mod disk;
mod fetching;
mod keys;
mod lookup;
mod support;
mod time;
mod tls;
