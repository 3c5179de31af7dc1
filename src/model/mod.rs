//! The words: plain values that every other room speaks in.
//!
//! A front door turns what it received into a [`Request`]; a verifier turns a credential into a
//! [`Principal`]; whoever says no names a [`Reason`]. Values are parsed once, into types that cannot
//! be wrong: a [`CanonicalPath`] has one reading, a [`Host`] has one spelling.
//!
//! This room refuses to know sockets, clocks, files and metrics. Nothing in it waits or fails for
//! lack of something outside.

mod api_key;
mod claims;
mod client;
mod fields;
mod gated;
mod header;
mod host;
mod memo;
mod path;
mod principal;
mod reason;
mod request;
mod webhook;

pub use api_key::{ApiKey, Generation, KeyHash, Sealed};
pub use claims::{ClaimPath, ClaimPathError, Claims};
pub use client::{Client, Network};
pub use fields::{Field, FieldError, Fields, Rest, ascii};
pub use gated::{claims, is_callers_claim, may_not_trail, never_passes};
pub use header::FoldedName;
pub use host::{Host, HostError};
pub use memo::{Memo, MemoOwner, Rendered};
pub use path::{CanonicalPath, Oddity, OddityClass, PathError, Segments};
pub use principal::{KeyFacts, Principal, PrincipalKind};
pub use reason::{Denied, Reason};
pub use request::{Request, Scheme};
pub use webhook::{Coverage, WebhookFacts, WebhookProfile};
