//! Who calls: turning a presented credential into a principal.

use std::sync::Arc;

use crate::model::{Denied, Principal, Reason, Request};

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
    /// An ID token.
    IdToken,
}

/// A genuine credential.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Who it speaks for.
    pub principal: Arc<Principal>,
    /// What it is.
    pub kind: CredentialKind,
    /// A keyed digest for logs.
    pub fingerprint: Arc<str>,
    /// How to take it out of the request.
    pub remove: Arc<Removal>,
}

/// Takes credentials out of a request.
#[derive(Debug, Default)]
pub struct Removal(());

impl Removal {
    /// Removes them.
    pub fn apply(&self, request: &mut Request) {
        request.headers.remove(http::header::AUTHORIZATION);
    }
}

/// Whose credentials a route accepts.
#[derive(Debug, Clone)]
pub enum Accepted {
    /// Every issuer of the file.
    All,
    /// These only.
    Only(Box<[Arc<str>]>),
}

/// The verifiers of one policy.
#[derive(Debug, Default)]
pub struct Verifiers(());

impl Verifiers {
    /// Looks for a credential and verifies it.
    pub async fn verify(&self, request: &Request, accepted: &Accepted) -> Verification {
        let _ = (request, accepted);
        Verification::Absent(Reason::TokenMissing)
    }
}
