//! Who calls: turning a presented credential into a principal.
//!
//! This room knows where credentials stand in a request, what makes one genuine, and which facts it
//! states about its holder. It refuses to know routes, rights and answers: it never writes a
//! response and never chooses a status, it only gives a [`Verification`].
//!
//! Straight line: [`Config`] -> [`Verifiers`] -> [`Verifiers::recall`] (find, tell a token from a key) ->
//! [`Verifiers::judge`], if nobody has judged it yet -> [`Verified`].
//!
//! Signed deliveries are judged by [`crate::webhook`], once their bodies are here; [`Verifiers::delivered`] says
//! whom they speak for.
//!
//! Always: the form and the place of a credential decide of which kind it is; one that was presented and
//! is wrong ends the matter, nobody else gets to try; two that differ are refused; API keys never reach an
//! upstream; no credential, nor any text of one, reaches a log or a message, only its keyed fingerprint;
//! time is the moment the request arrived, never the clock on the wall.

mod api_key;
mod config;
mod fingerprint;
mod id_token;
mod location;
mod metrics;
mod places;
mod reader;
mod removal;
mod sighting;
mod standing;
mod table;
mod tag;
mod tokens;
mod verifiers;
mod vouching;
mod webhook;

use std::sync::Arc;

use crate::model::{Denied, Principal, Reason};
use crate::secret::Secret;

pub use api_key::{FurtherKey, KeyProfile, KeySource, NOBODYS};
pub use config::Config;
pub use fingerprint::Fingerprint;
pub use id_token::Profile;
pub use location::Place;
pub use metrics::Metrics;
pub use removal::Removal;
pub use sighting::Sighting;
pub use verifiers::{Recalled, Unknown, Verifiers};

/// What came of looking for a credential.
#[derive(Debug)]
pub enum Verification {
    /// None was presented; the reason says what was missed.
    Absent(Reason),
    /// It is genuine.
    Verified(Verified),
    /// It was presented and is wrong. Nobody else gets to try.
    Rejected(Denied),
    /// It was presented and cannot be judged now.
    Unavailable(Denied),
}

/// The kinds of credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// An ID token: a signed JWT (RFC 7519).
    IdToken,
    /// An API key: a text that is looked up.
    ApiKey,
    /// A signature over the request.
    Webhook,
}

impl CredentialKind {
    /// The name used in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IdToken => "id_token",
            Self::ApiKey => "api_key",
            Self::Webhook => "webhook",
        }
    }
}

/// A genuine credential.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Who it speaks for.
    pub principal: Arc<Principal>,
    /// What it is.
    pub kind: CredentialKind,
    /// What it is called in logs: a keyed digest, of no use to who reads it.
    pub fingerprint: Fingerprint,
    /// How to take it out of the request before forwarding.
    pub remove: Arc<Removal>,
    /// What the holder of an API key signs deliveries with, if that is kept for the key.
    pub signing: Option<Arc<Secret>>,
}

/// Whose credentials a route accepts.
#[derive(Debug, Clone)]
pub enum Accepted {
    /// Those of every issuer, every set of keys and every webhook of the file.
    All,
    /// Those of these issuers, sets and webhooks, named as in the file.
    Only(Box<[Arc<str>]>),
}

impl Accepted {
    /// Refuses the credentials of an issuer, by its name in the file, that do not count.
    pub fn check(&self, issuer: &str) -> Result<(), Denied> {
        match self.has(issuer) {
            true => Ok(()),
            false => {
                let detail = "an issuer that this route does not accept";
                Err(Denied::new(Reason::TokenIssuerUnknown, detail))
            }
        }
    }

    /// Refuses the keys of a set, by its name in the file, that do not count.
    pub fn check_set(&self, set: &str) -> Result<(), Denied> {
        match self.has(set) {
            true => Ok(()),
            false => {
                let detail = "a set of keys that this route does not accept";
                Err(Denied::new(Reason::KeyUnknown, detail))
            }
        }
    }

    /// Refuses the deliveries of a webhook, by its name in the file, that do not count: where it is not looked
    /// for, there is no signature.
    pub fn check_webhook(&self, webhook: &str) -> Result<(), Denied> {
        match self.has(webhook) {
            true => Ok(()),
            false => {
                let detail = "a webhook that this route does not accept";
                Err(Denied::new(Reason::SignatureMissing, detail))
            }
        }
    }

    /// Whether those of this name count.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(|own| **own == *name),
        }
    }
}

#[cfg(test)]
mod tests;
