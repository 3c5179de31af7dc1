//! ID tokens: compact JWS with claims (RFC 7515, RFC 7519), judged as RFC 8725 advises.
//!
//! This room knows what a genuine token looks like and what an issuer's tokens must say. It refuses
//! to know where in a request a token stood, and what a caller may do.
//!
//! Straight line: remembered here? -> [`decode()`] -> remembered by another worker? -> issuer by `iss`
//! -> algorithm -> time -> audience -> signature -> token type -> claims -> principal -> remember.
//!
//! Always: the issuer decides which algorithms count, and so does the key; nothing in the token's
//! header chooses either. What is cheap comes before the signature; whether a token is of the wrong
//! kind is said only of a genuine one. A token that is not wholly right is refused, whatever is wrong
//! with it.

mod algorithm;
mod cache;
mod claims;
mod config;
mod decode;
mod draft;
mod json;
mod mapping;
mod preset;
mod rules;
mod words;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use jsonwebtoken::Algorithm;

use crate::document::Problems;
use crate::jwks::{KeySet, KeySets, Missing, VerifyingKey};
use crate::model::{Claims, Denied, Reason};

use super::Accepted;
use super::fingerprint::fingerprint;
use super::metrics::Metrics;
use cache::Cache;
use claims::{invalid, missing};
use config::{Expected, Keys};
use decode::{Unverified, decode};
use rules::Rules;

pub(super) use cache::Proven;
pub(super) use config::Settings;

/// Every issuer of the policy, and the tokens of theirs that were verified.
#[derive(Debug)]
pub(super) struct IdTokens {
    issuers: HashMap<Expected, Issuer>,
    cache: Cache,
}

/// One issuer, ready to judge its tokens.
#[derive(Debug)]
struct Issuer {
    name: Arc<str>,
    keys: KeySource,
    algorithms: Box<[Algorithm]>,
    rules: Rules,
}

/// Where an issuer's keys are looked up.
#[derive(Debug)]
enum KeySource {
    Secret(Arc<VerifyingKey>),
    Published(Arc<KeySet>),
}

impl IdTokens {
    /// Subscribes to the issuers' keys. With a mistake anywhere nothing is subscribed to and nothing
    /// is given.
    pub(super) fn build(
        settings: Vec<Settings>,
        folder: &Path,
        key_sets: &Arc<KeySets>,
        problems: &Problems,
    ) -> Option<Self> {
        let sourced: Vec<_> = settings
            .into_iter()
            .map(|settings| (settings.source(folder, problems), settings))
            .collect();
        if problems.has_errors() {
            return None;
        }
        let issuers = sourced.into_iter().filter_map(|(source, settings)| {
            let keys = match (settings.keys, source) {
                (Keys::Secret(key), _) => KeySource::Secret(key),
                (Keys::Published(_), Some(source)) => {
                    KeySource::Published(key_sets.subscribe(source))
                }
                // Has been reported as a problem.
                (Keys::Published(_), None) => return None,
            };
            let issuer = Issuer {
                name: settings.name,
                keys,
                algorithms: settings.algorithms,
                rules: settings.rules,
            };
            Some((settings.issuer, issuer))
        });
        Some(Self {
            issuers: issuers.collect(),
            cache: Cache::new(),
        })
    }

    /// Counts what is remembered and what is not.
    pub(super) fn observe(&mut self, metrics: Metrics) {
        self.cache.observe(metrics);
    }

    /// What is known of a token that this worker has verified, or nothing.
    pub(super) fn recall(
        &self,
        token: &[u8],
        accepted: &Accepted,
        now: SystemTime,
    ) -> Option<Result<Arc<Proven>, Denied>> {
        let proven = self.cache.find_here(token, now)?;
        let checked = accepted.check(&proven.principal.issuer);
        Some(checked.map(|()| proven))
    }

    /// Judges a token at a moment. Waits only when the issuer has to be asked for a key.
    pub(super) async fn verify(
        &self,
        token: &str,
        accepted: &Accepted,
        now: SystemTime,
    ) -> Result<Arc<Proven>, Denied> {
        // Before the shared memory, whose digest costs more: what is no token at all ends here.
        let unverified = decode(token)?;
        if let Some(proven) = self.cache.find_shared(token, now) {
            accepted.check(&proven.principal.issuer)?;
            return Ok(proven);
        }
        let issuer = self.issuer_of(&unverified.claims)?;
        accepted.check(&issuer.name)?;
        let proven = Arc::new(issuer.verify(token, unverified, now).await?);
        self.cache.remember(&proven);
        Ok(proven)
    }

    /// The issuer whose `iss` is exactly the token's (OpenID Connect Core section 3.1.3.7).
    fn issuer_of(&self, claims: &Claims) -> Result<&Issuer, Denied> {
        let any = self.issuers.get(&Expected::Any);
        match claims.get("iss").map(|iss| iss.as_str()) {
            Some(Some(iss)) => {
                let named = self.issuers.get(&Expected::Exactly(iss.into()));
                named
                    .or(any)
                    .ok_or_else(|| Reason::TokenIssuerUnknown.into())
            }
            Some(None) => Err(invalid("iss")),
            None => any.ok_or_else(|| missing("iss")),
        }
    }
}

impl Accepted {
    fn check(&self, issuer: &str) -> Result<(), Denied> {
        match self {
            Self::Only(names) if !names.iter().any(|name| **name == *issuer) => {
                let detail = "an issuer that this route does not accept";
                Err(Denied::new(Reason::TokenIssuerUnknown, detail))
            }
            _ => Ok(()),
        }
    }
}

impl Issuer {
    async fn verify(
        &self,
        text: &str,
        token: Unverified<'_>,
        now: SystemTime,
    ) -> Result<Proven, Denied> {
        if !self.algorithms.contains(&token.algorithm) {
            let detail = "the issuer does not use this algorithm";
            return Err(Denied::new(Reason::TokenSignatureInvalid, detail));
        }
        let expires_at = self.rules.clock.check(&token.claims, now)?;
        let kind = self.rules.kind(&token);
        if let Some(kind) = kind {
            self.rules.check_audience(kind, &token.claims)?;
        }
        let key = self.verify_signature(&token).await?;
        let kind = kind.ok_or(Reason::WrongTokenType)?;
        let claims = token.claims;
        let principal = self
            .rules
            .principal(kind, claims, &self.name, expires_at, now)?;
        Ok(Proven {
            token: text.into(),
            principal: Arc::new(principal),
            fingerprint: fingerprint(text),
            key,
            verified_at: now,
            lifetime: expires_at.duration_since(now).unwrap_or_default(),
        })
    }

    /// Finds the key that made the signature. Only a key that is itself meant for the algorithm is
    /// tried.
    async fn verify_signature(&self, token: &Unverified<'_>) -> Result<Arc<VerifyingKey>, Denied> {
        let algorithm = token.algorithm;
        let candidates = match &self.keys {
            KeySource::Secret(key) => vec![Arc::clone(key)],
            KeySource::Published(set) => set
                .candidates(token.kid.as_deref(), algorithm)
                .await
                .map_err(|missing| match missing {
                    Missing::Unknown => Denied::from(Reason::TokenKeyUnknown),
                    Missing::Unavailable => Denied::from(Reason::IssuerUnavailable),
                })?,
        };
        let made_it = |key: &Arc<VerifyingKey>| {
            key.allows(algorithm)
                && jsonwebtoken::crypto::verify(
                    token.signature,
                    token.signed.as_bytes(),
                    key.decoding_key(),
                    algorithm,
                )
                .unwrap_or(false)
        };
        let key = candidates.into_iter().find(made_it);
        key.ok_or_else(|| Reason::TokenSignatureInvalid.into())
    }
}
