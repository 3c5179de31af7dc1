//! One exchange, whichever door it came to: read, decided, answered, recorded.
//!
//! What doors have in common: how a host and a path are read so that they have one meaning, how a decision is
//! asked for with the body where it is needed, and how a refusal becomes a message.
//!
//! Always: an exchange is recorded once, also when the caller went away; time is read here and nowhere else.

mod asked;
mod decide;
mod hear;
mod read;
mod render;
mod reply;
mod request_id;

pub(super) use asked::Asked;
pub(super) use decide::Given;
pub(super) use read::{host, now, path, request};
pub(super) use render::Manner;
pub(super) use reply::reply;
pub(super) use request_id::RequestIds;
