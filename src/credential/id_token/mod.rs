//! ID tokens: compact JWS with claims (RFC 7515, RFC 7519), judged as RFC 8725 advises.
//!
//! This room knows what a genuine token looks like and what an issuer's tokens must say. It refuses
//! to know where in a request a token stood, and what a caller may do.
//!
//! Straight line: in use here? -> verified here? -> three parts -> verified by another worker? ->
//! [`Parts::read`] -> issuer by `iss` -> algorithm -> time -> audience -> key -> its turn ->
//! signature -> token type -> claims -> principal -> remember.
//!
//! Always: the issuer decides which algorithms count, and so does the key; nothing in the token's
//! header chooses either. What is cheap comes before the signature; whether a token is of the wrong
//! kind is said only of a genuine one. A token that is not wholly right is refused, whatever is wrong
//! with it.

mod algorithm;
mod base64url;
mod cache;
mod claims;
mod config;
mod decode;
mod draft;
mod issuer;
mod json;
mod mapping;
mod preset;
mod profile;
mod rules;
mod turn;
mod words;

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use crate::document::Problems;
use crate::jwks::{KeySets, VerifyingKey};
use crate::model::{Denied, Principal, Reason};

use super::Accepted;
use super::fingerprint::Fingerprint;
use super::metrics::Metrics;
use super::standing::Standing;
use super::tag::Tag;
use cache::{Cache, Ground};
use claims::{invalid, missing};
use config::{Expected, Keys};
use decode::{Parts, Unverified};
use issuer::{Issuer, KeySource};
use json::{Json, Object};
use mapping::Genuine;
use turn::Turn;

pub(super) use cache::Proven;
pub(super) use config::Settings;
pub(super) use decode::MAX_TOKEN;
pub use profile::Profile;

/// Several, for whoever does not say how many workers there are.
const WORKERS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// Every issuer of the policy, and the tokens of theirs that were verified.
#[derive(Debug)]
pub(super) struct IdTokens {
    /// By the `iss` of their tokens.
    issuers: HashMap<Box<str>, Issuer>,
    /// Whose tokens may have any `iss`.
    any: Option<Issuer>,
    /// The claims that principals keep; without a list, all.
    kept_claims: Option<Box<[Box<str>]>>,
    memory: usize,
    standing: Standing,
    workers: NonZeroUsize,
    cache: Cache,
    metrics: Option<Metrics>,
}

/// What came of looking whether a token is known here.
pub(super) enum Recall {
    /// It is, and this is to be said of it.
    Known(Result<Proven, Denied>),
    /// It is not, under this tag.
    Unknown(Option<Tag>),
}

/// A token and what it may be known by.
struct Presented<'t> {
    text: &'t [u8],
    tag: Option<Tag>,
    now: SystemTime,
}

/// What came of asking for a key.
enum Vouched {
    /// This key made the signature.
    Key(Arc<VerifyingKey>),
    /// Somebody had the same token verified meanwhile.
    Known(Proven),
}

impl IdTokens {
    /// Subscribes to the issuers' keys. With a mistake anywhere nothing is subscribed to and nothing
    /// is given. `memory` is in bytes, for all workers together.
    pub(super) fn build(
        settings: Vec<Settings>,
        memory: usize,
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
        let (mut issuers, mut any) = (HashMap::new(), None);
        for (source, settings) in sourced {
            let keys = match (settings.keys, source) {
                (Keys::Secret(key), _) => KeySource::Secret(key),
                (Keys::Published(_), Some(source)) => {
                    KeySource::Published(key_sets.subscribe(source))
                }
                // Has been reported as a problem.
                (Keys::Published(_), None) => continue,
            };
            let issuer = Issuer {
                name: settings.name,
                keys,
                algorithms: settings.algorithms,
                rules: settings.rules,
            };
            match settings.issuer {
                Expected::Exactly(iss) => drop(issuers.insert(iss, issuer)),
                Expected::Any => any = Some(issuer),
            }
        }
        Some(Self {
            issuers,
            any,
            kept_claims: None,
            memory,
            standing: Standing::default(),
            workers: WORKERS,
            cache: Cache::new(memory, WORKERS, Standing::default()),
            metrics: None,
        })
    }

    /// Whether there is no issuer.
    pub(super) fn is_empty(&self) -> bool {
        self.issuers.is_empty() && self.any.is_none()
    }

    /// Counts what is remembered, what is not and who waits.
    pub(super) fn observe(&mut self, metrics: Metrics) {
        self.cache.observe(metrics.clone());
        self.metrics = Some(metrics);
    }

    /// Divides the memory among so many workers.
    pub(super) fn share_among(&mut self, workers: NonZeroUsize) {
        self.workers = workers;
        self.forget();
    }

    /// Remembers apart from the policy in force.
    pub(super) fn only_try(&mut self) {
        self.standing = Standing::Tried;
        self.forget();
    }

    fn forget(&mut self) {
        self.cache = Cache::new(self.memory, self.workers, self.standing);
        if let Some(metrics) = &self.metrics {
            self.cache.observe(metrics.clone());
        }
    }

    /// Principals keep no claims but these.
    pub(super) fn keep_only(&mut self, claims: Box<[Box<str>]>) {
        self.kept_claims = Some(claims);
    }

    /// What is known of a token that this worker has verified or taken over.
    pub(super) fn recall(&self, token: &[u8], accepted: &Accepted, now: SystemTime) -> Recall {
        let checked = |proven: Proven| {
            let checked = accepted.check(&proven.principal.issuer);
            Recall::Known(checked.map(|()| proven))
        };
        if let Some(ready) = self.cache.find_ready(token, now) {
            return checked(ready);
        }
        let tag = Tag::of(token);
        let kept = tag.and_then(|tag| self.cache.find_kept(&tag, token, now));
        kept.map_or(Recall::Unknown(tag), checked)
    }

    /// Judges a token that is not known here, at a moment. Waits only when the issuer has to be asked
    /// for a key, and when others wait to have a signature checked.
    pub(super) async fn verify(
        &self,
        token: &str,
        tag: Option<Tag>,
        accepted: &Accepted,
        now: SystemTime,
    ) -> Result<Proven, Denied> {
        // What is no token at all ends here.
        let parts = Parts::of(token)?;
        let token = Presented {
            text: token.as_bytes(),
            tag,
            now,
        };
        if let Some(proven) = self.shared(&token) {
            accepted.check(&proven.principal.issuer)?;
            return Ok(proven);
        }
        let mut room = Vec::new();
        let unverified = parts.read(&mut room)?;
        self.cache.missed();
        let issuer = self.issuer_of(&unverified.claims)?;
        accepted.check(&issuer.name)?;
        let (kind, expires_at) = issuer.judge(&unverified, now)?;
        let key = match self.vouched(issuer, &unverified, &token).await? {
            Vouched::Key(key) => key,
            Vouched::Known(proven) => {
                accepted.check(&proven.principal.issuer)?;
                return Ok(proven);
            }
        };
        let kind = kind.ok_or(Reason::WrongTokenType)?;
        let genuine = Genuine {
            claims: &unverified.claims,
            kept: self.kept_claims.as_deref(),
            issuer: &issuer.name,
            expires_at,
        };
        let principal = issuer.rules.principal(kind, &genuine, now)?;
        Ok(self.remember(&token, principal, &issuer.name, key))
    }

    fn kept(&self, token: &Presented<'_>) -> Option<Proven> {
        let tag = token.tag.as_ref()?;
        self.cache.find_kept(tag, token.text, token.now)
    }

    fn shared(&self, token: &Presented<'_>) -> Option<Proven> {
        let tag = token.tag.as_ref()?;
        self.cache.find_shared(tag, token.now)
    }

    /// Finds the key that made the signature. Only a key that is itself meant for the algorithm is
    /// tried, and each try waits for its turn.
    async fn vouched(
        &self,
        issuer: &Issuer,
        unverified: &Unverified<'_>,
        token: &Presented<'_>,
    ) -> Result<Vouched, Denied> {
        let waiting = self.metrics.as_ref().map(|metrics| &metrics.waiting);
        for key in issuer.candidates(unverified).await? {
            let turn = Turn::next(waiting).await;
            let turn = turn.map_err(|turn::Full| Denied::from(Reason::Overloaded))?;
            let meanwhile = turn.waited().then(|| self.kept(token)).flatten();
            if let Some(proven) = meanwhile {
                return Ok(Vouched::Known(proven));
            }
            if unverified.was_made_by(&key) {
                return Ok(Vouched::Key(key));
            }
        }
        Err(Reason::TokenSignatureInvalid.into())
    }

    fn remember(
        &self,
        token: &Presented<'_>,
        principal: Principal,
        issuer: &Arc<str>,
        key: Arc<VerifyingKey>,
    ) -> Proven {
        let bytes = token.tag.map(Tag::to_bytes);
        let proven = Proven {
            principal: Arc::new(principal),
            fingerprint: bytes.map_or(Fingerprint::NONE, |tag| Fingerprint::of(&tag)),
        };
        let issuer = Arc::clone(issuer);
        if let Some(tag) = token.tag {
            let ground = Ground { issuer, key };
            self.cache.remember(tag, &proven, ground, token.now);
        }
        proven
    }

    /// The issuer whose `iss` is exactly the token's (OpenID Connect Core section 3.1.3.7).
    fn issuer_of(&self, claims: &Object<'_>) -> Result<&Issuer, Denied> {
        let any = self.any.as_ref();
        match claims.get("iss").map(Json::as_str) {
            Some(Some(iss)) => {
                let named = self.issuers.get(iss);
                named
                    .or(any)
                    .ok_or_else(|| Reason::TokenIssuerUnknown.into())
            }
            Some(None) => Err(invalid("iss")),
            None => any.ok_or_else(|| missing("iss")),
        }
    }
}
