//! All verifiers of one version of the policy.

use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::SystemTime;

use http::header::{AUTHORIZATION, COOKIE};

use crate::keys::{Directory, KeySet};
use crate::model::{CanonicalPath, Denied, FoldedName, Principal, Reason, Request};

use super::fingerprint::Fingerprint;
use super::id_token::{IdTokens, Proven, Recall, Tag};
use super::location::{Place, Presented, find};
use super::metrics::Metrics;
use super::removal::Removal;
use super::{Accepted, CredentialKind, Verification, Verified};

/// What can be said of a request's credential without waiting.
#[derive(Debug)]
pub enum Recalled<'r> {
    /// All there is to say.
    Answer(Verification),
    /// There is one that nobody has judged yet.
    Unknown(Unknown<'r>),
}

/// A credential that was presented and is to be judged.
#[derive(Debug)]
pub struct Unknown<'r> {
    presented: Presented<'r>,
    /// What it was looked for under.
    tag: Option<Tag>,
}

impl From<Verification> for Recalled<'_> {
    fn from(verification: Verification) -> Self {
        Self::Answer(verification)
    }
}

/// Turns what a request presents into a principal. Made by [`super::Config::build`].
#[derive(Debug)]
pub struct Verifiers {
    places: Box<[Place]>,
    /// For whatever is not the upstream: it takes tokens out also where they are forwarded.
    hiding: Removal,
    removal: Arc<Removal>,
    id_tokens: IdTokens,
}

impl Verifiers {
    pub(super) fn new(places: Box<[Place]>, removal: Removal, id_tokens: IdTokens) -> Self {
        Self {
            hiding: Removal::from(places.clone()),
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

    /// The same verifiers, which find stored API keys here. Whoever does not say finds none.
    #[must_use]
    pub fn finding_keys_in(self, _directory: &Arc<Directory>) -> Self {
        self
    }

    /// The sets of API keys, in the order of the file.
    pub fn key_sets(&self) -> &[KeySet] {
        &[]
    }

    /// Whether credentials are read from a header of this name, in whichever spelling.
    pub fn reads_from_header(&self, name: &str) -> bool {
        let name = FoldedName::new(name);
        self.places.iter().any(|place| match place {
            Place::Bearer => name.matches(AUTHORIZATION.as_str().as_bytes()),
            Place::Header(ours) => name.matches(ours.as_str().as_bytes()),
            Place::Cookie(_) => name.matches(COOKIE.as_str().as_bytes()),
            Place::Query(_) => false,
        })
    }

    /// Whether credentials are read from a parameter of the query, named as it reads once decoded.
    pub fn reads_from_parameter(&self, name: &str) -> bool {
        let ours = |place: &Place| matches!(place, Place::Query(ours) if **ours == *name);
        self.places.iter().any(ours)
    }

    /// Path and query without what a token may be read from, whether or not tokens are forwarded.
    pub fn without_tokens<'p>(&self, path: &'p CanonicalPath) -> Cow<'p, CanonicalPath> {
        self.hiding.rest_of_path(path)
    }

    /// The whole way: recalls, and judges what nobody has judged yet.
    pub async fn verify(&self, request: &Request, accepted: &Accepted) -> Verification {
        match self.recall(request, accepted) {
            Recalled::Answer(verification) => verification,
            Recalled::Unknown(unknown) => self.judge(unknown, accepted, request.received_at).await,
        }
    }

    /// Looks for a token in every configured place, and answers at once if that is all it takes:
    /// there is none, there are two, or this worker has verified it before. Otherwise the token is to
    /// be judged.
    ///
    /// A token that was verified before is known by all its bytes, so only others are asked for the
    /// form of a token.
    pub fn recall<'r>(&self, request: &'r Request, accepted: &Accepted) -> Recalled<'r> {
        let presented = match find(&self.places, request) {
            Ok(Some(presented)) => presented,
            Ok(None) => return Verification::Absent(Reason::TokenMissing).into(),
            Err(denied) => return Verification::Rejected(denied).into(),
        };
        let known = self
            .id_tokens
            .recall(presented.bytes(), accepted, request.received_at);
        match known {
            Recall::Known(answer) => self.answer(answer).into(),
            Recall::Unknown(tag) => Recalled::Unknown(Unknown { presented, tag }),
        }
    }

    /// Judges what [`Verifiers::recall`] did not know, by the time its request arrived. Waits only for
    /// a key set that is being fetched.
    pub async fn judge(
        &self,
        Unknown { presented, tag }: Unknown<'_>,
        accepted: &Accepted,
        received_at: SystemTime,
    ) -> Verification {
        let answer = match presented.token() {
            Ok(token) => {
                let judged = self.id_tokens.verify(token, tag, accepted, received_at);
                judged.await
            }
            Err(denied) => Err(denied),
        };
        self.answer(answer)
    }

    /// What these would answer to a credential that states exactly these facts, or to none: an issuer that
    /// is not accepted is refused, as a token of it would be.
    pub fn vouch(&self, principal: Option<&Arc<Principal>>, accepted: &Accepted) -> Verification {
        let Some(principal) = principal else {
            return Verification::Absent(Reason::TokenMissing);
        };
        self.answer(accepted.check(&principal.issuer).map(|()| Proven {
            principal: Arc::clone(principal),
            fingerprint: Fingerprint::NONE,
        }))
    }

    pub(super) fn id_tokens(&self) -> &IdTokens {
        &self.id_tokens
    }

    /// Where tokens are read from, in the order of the file; never empty.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    fn answer(&self, answer: Result<Proven, Denied>) -> Verification {
        match answer {
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
