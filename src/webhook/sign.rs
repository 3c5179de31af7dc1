//! Signing as a sender would, to try a route: for the command line and for tests of a policy.

use std::time::SystemTime;

use http::{HeaderName, HeaderValue, Method};

use crate::model::Host;
use crate::secret::Secret;

/// What is to be signed.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'d> {
    /// The method.
    pub method: &'d Method,
    /// The host of the address, for schemes that sign it and have no configured base.
    pub host: &'d Host,
    /// Path and query as they are sent.
    pub target: &'d str,
    /// Fields that are sent besides, for schemes that sign some.
    pub headers: &'d [(HeaderName, HeaderValue)],
    /// The body.
    pub body: &'d [u8],
    /// The time that the signature states.
    pub signed_at: SystemTime,
    /// What the event is called; the scheme makes one up where it needs one and there is none.
    pub event_id: Option<&'d str>,
    /// What to sign with: the secret as an operator has it; of public-key schemes the private key.
    pub secret: &'d Secret,
}

/// A signed message: what to send instead of the draft's.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Fields to add to the draft's.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Path and query, where the signature stands there.
    pub target: Option<String>,
    /// The body, where the signature stands in it.
    pub body: Option<Vec<u8>>,
}

/// Why nothing can be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The sender signs with a key that nobody else can have.
    #[error("deliveries of this kind are signed with a key that only the sender has")]
    NotBySecret,
    /// The secret is not written as the scheme demands.
    #[error("the secret cannot be used: {0}")]
    Secret(String),
    /// The draft lacks something that is signed.
    #[error("{0}")]
    Incomplete(String),
}
