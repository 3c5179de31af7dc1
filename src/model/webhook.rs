//! A signed delivery, as far as it is known.

use std::sync::Arc;
use std::time::SystemTime;

use http::Method;

/// What a verified signature says of a delivery. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookFacts {
    /// The webhook's name in the policy.
    pub name: Arc<str>,
    /// What the secret, or the public key, is called that the signature was made with.
    pub secret: Arc<str>,
    /// What the sender calls the event, if the signature covers it.
    pub event_id: Option<Box<str>>,
    /// When it was signed, if the signature covers that.
    pub signed_at: Option<SystemTime>,
}

/// A webhook, as far as routes that name it must fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookProfile {
    /// Its name in the policy.
    pub name: Arc<str>,
    /// How much of a request its signature covers.
    pub covers: Coverage,
    /// The capture that chooses its secrets, where one does: its routes must have it.
    pub chosen_by: Option<Box<str>>,
    /// Its secret is the API key that comes with a request, or one that is kept for that key: its routes must ask
    /// for a key as well.
    pub needs_key: bool,
    /// The methods of the challenges that it answers.
    pub challenges: Box<[Method]>,
    /// Whether a delivery can have a tenant by it.
    pub has_tenant: bool,
}

/// How much of a request a signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// The whole body.
    Body,
    /// Some of it: the rest is anybody's.
    Part,
    /// Nothing of it: who sends is known, and no more.
    Origin,
}
