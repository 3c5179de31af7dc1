//! All verifiers of one version of the policy.

use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::model::{Denied, Reason, Request};

use super::id_token::{IdTokens, Proven};
use super::location::{Place, find};
use super::metrics::Metrics;
use super::removal::Removal;
use super::{Accepted, CredentialKind, Verification, Verified};

/// Turns what a request presents into a principal. Made by [`super::Config::build`].
#[derive(Debug)]
pub struct Verifiers {
    places: Box<[Place]>,
    removal: Arc<Removal>,
    id_tokens: IdTokens,
}

impl Verifiers {
    pub(super) fn new(places: Box<[Place]>, removal: Removal, id_tokens: IdTokens) -> Self {
        Self {
            places,
            removal: Arc::new(removal),
            id_tokens,
        }
    }

    /// The same verifiers, counting into these metrics.
    #[must_use]
    pub fn observed_by(mut self, metrics: &Metrics) -> Self {
        self.id_tokens.observe(metrics.clone());
        self
    }

    /// The same verifiers for a process with so many workers. Whoever does not say is taken to have
    /// several.
    #[must_use]
    pub fn for_workers(mut self, workers: NonZeroUsize) -> Self {
        self.id_tokens.share_among(workers);
        self
    }

    /// The same verifiers, whose principals have no claims but these. Whoever does not say gets all.
    #[must_use]
    pub fn keeping<'c>(mut self, claims: impl IntoIterator<Item = &'c str>) -> Self {
        self.id_tokens
            .keep_only(claims.into_iter().map(Into::into).collect());
        self
    }

    /// Looks for a token in every configured place and judges it by the time the request arrived.
    ///
    /// Waits only for a key set that is being fetched and, when many signatures are to be checked at
    /// once, for its turn; a token that was verified before is answered at once.
    pub async fn verify(&self, request: &Request, accepted: &Accepted) -> Verification {
        let token = match find(&self.places, request) {
            Ok(Some(token)) => token,
            Ok(None) => return Verification::Absent(Reason::TokenMissing),
            Err(denied) => return Verification::Rejected(denied),
        };
        let now = request.received_at;
        let verified = match self.id_tokens.recall(token.as_bytes(), accepted, now) {
            Some(known) => known,
            None => self.id_tokens.verify(&token, accepted, now).await,
        };
        match verified {
            Ok(proven) => Verification::Verified(self.verified(&proven)),
            Err(denied) => refusal(denied),
        }
    }

    fn verified(&self, proven: &Proven) -> Verified {
        Verified {
            principal: Arc::clone(&proven.principal),
            kind: CredentialKind::IdToken,
            fingerprint: proven.fingerprint,
            remove: Arc::clone(&self.removal),
        }
    }
}

fn refusal(denied: Denied) -> Verification {
    match denied.reason {
        Reason::IssuerUnavailable | Reason::Overloaded => Verification::Unavailable(denied),
        _ => Verification::Rejected(denied),
    }
}
