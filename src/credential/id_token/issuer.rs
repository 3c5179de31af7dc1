//! One issuer: what its tokens must be like before and after the signature, and whose key it is.

use std::sync::Arc;
use std::time::SystemTime;

use jsonwebtoken::Algorithm;

use crate::jwks::{KeySet, Missing, VerifyingKey};
use crate::model::{Denied, PrincipalKind, Reason};

use super::decode::Unverified;
use super::rules::Rules;

/// One issuer, ready to judge its tokens.
#[derive(Debug)]
pub(super) struct Issuer {
    pub(super) name: Arc<str>,
    pub(super) keys: KeySource,
    pub(super) algorithms: Box<[Algorithm]>,
    pub(super) rules: Rules,
}

/// Where an issuer's keys are looked up.
#[derive(Debug)]
pub(super) enum KeySource {
    /// Written in the policy file.
    Secret(Arc<VerifyingKey>),
    /// Published by the issuer.
    Published(Arc<KeySet>),
}

impl Issuer {
    /// What can be judged without a key: whose token it is, if it is of a kind that is accepted, and
    /// when it ends.
    pub(super) fn judge(
        &self,
        token: &Unverified<'_>,
        now: SystemTime,
    ) -> Result<(Option<PrincipalKind>, SystemTime), Denied> {
        if !self.algorithms.contains(&token.algorithm) {
            let detail = "the issuer does not use this algorithm";
            return Err(Denied::new(Reason::TokenSignatureInvalid, detail));
        }
        let expires_at = self.rules.clock.check(&token.claims, now)?;
        let kind = self.rules.kind(token);
        if let Some(kind) = kind {
            self.rules.check_audience(kind, &token.claims)?;
        }
        Ok((kind, expires_at))
    }

    /// The keys that may have made the signature.
    pub(super) async fn candidates(
        &self,
        token: &Unverified<'_>,
    ) -> Result<Vec<Arc<VerifyingKey>>, Denied> {
        match &self.keys {
            KeySource::Secret(key) => Ok(vec![Arc::clone(key)]),
            KeySource::Published(set) => set
                .candidates(token.kid.as_deref(), token.algorithm)
                .await
                .map_err(|missing| match missing {
                    Missing::Unknown => Reason::TokenKeyUnknown.into(),
                    Missing::Unavailable => Reason::IssuerUnavailable.into(),
                }),
        }
    }
}

impl Unverified<'_> {
    /// Whether this key, which must be meant for the token's algorithm, made the signature.
    pub(super) fn was_made_by(&self, key: &VerifyingKey) -> bool {
        key.made(self.algorithm, self.signed.as_bytes(), self.signature)
    }
}
