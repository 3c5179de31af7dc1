//! All verifiers of one version of the policy.

use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::SystemTime;

use http::header::{HeaderName, REFERER};

use crate::keys::{Directory, KeySet};
use crate::model::{CanonicalPath, Denied, Reason, Request};
use crate::webhook::Webhook;

use super::api_key::{self, ApiKeys, ProvenKey};
use super::id_token::{self, IdTokens, Proven};
use super::location::{Place, Presented, find};
use super::metrics::Metrics;
use super::places::Places;
use super::reader::Reader;
use super::removal::Removal;
use super::tag::Tag;
use super::webhook::Webhooks;
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
    pub(super) places: Places,
    pub(super) id_tokens: IdTokens,
    pub(super) api_keys: ApiKeys,
    pub(super) webhooks: Webhooks,
}

impl Verifiers {
    pub(super) fn new(places: Places, id_tokens: IdTokens, api_keys: ApiKeys) -> Self {
        Self {
            places,
            id_tokens,
            api_keys,
            webhooks: Webhooks::default(),
        }
    }

    pub(super) fn with_webhooks(mut self, webhooks: Webhooks) -> Self {
        self.webhooks = webhooks;
        self
    }

    /// The same verifiers, counting into these metrics.
    #[must_use]
    pub fn observed_by(mut self, metrics: &Metrics) -> Self {
        self.id_tokens.observe(metrics.clone());
        self.api_keys.observe(metrics.clone());
        self
    }

    /// The same verifiers for a process with so many workers. Whoever does not say is taken to have
    /// several.
    #[must_use]
    pub fn for_workers(mut self, workers: NonZeroUsize) -> Self {
        self.id_tokens.share_among(workers);
        self
    }

    /// The same verifiers, whose principals have no claims but these, and what a signature says. Whoever does not
    /// say gets all.
    #[must_use]
    pub fn keeping<'c>(mut self, claims: impl IntoIterator<Item = &'c str>) -> Self {
        let claims: Box<[Box<str>]> = claims.into_iter().map(Into::into).collect();
        self.api_keys.keep_only(claims.clone());
        self.id_tokens.keep_only(claims);
        self
    }

    /// The same verifiers, which find stored API keys here and count their uses. Whoever does not say finds
    /// none.
    #[must_use]
    pub fn finding_keys_in(mut self, directory: &Arc<Directory>) -> Self {
        self.api_keys.find_in(directory);
        self
    }

    /// The same verifiers for a policy that is only tried: they count no use of a key, and what they remember
    /// stands beside what the policy in force does.
    #[must_use]
    pub fn only_tried(mut self) -> Self {
        self.api_keys.only_try();
        self.id_tokens.only_try();
        self
    }

    /// The sets of API keys, in the order of the file.
    pub fn key_sets(&self) -> &[KeySet] {
        self.api_keys.sets()
    }

    /// Whether credentials are read from a header of this name, in whichever spelling.
    pub fn reads_from_header(&self, name: &str) -> bool {
        self.places.has_header(name) || self.webhooks.has_header(name)
    }

    /// Whether credentials are read from a parameter of the query, named as it reads once decoded.
    pub fn reads_from_parameter(&self, name: &str) -> bool {
        self.places.has_parameter(name) || self.webhooks.has_parameter(name)
    }

    /// Path and query without what a credential may be read from, whether or not tokens are forwarded.
    pub fn without_tokens<'p>(&self, path: &'p CanonicalPath) -> Cow<'p, CanonicalPath> {
        let left = self.places.everything.rest_of_path(path);
        let shorter = match self.webhooks.in_query().rest_of_path(&left) {
            Cow::Borrowed(_) => None,
            Cow::Owned(shorter) => Some(shorter),
        };
        shorter.map_or(left, Cow::Owned)
    }

    /// A path as a log may show it: whoever names a key there by its text, and not by its id, has not written
    /// down the text.
    pub fn shown<'p>(&self, path: &'p str) -> Cow<'p, str> {
        let formats = self.key_sets().iter().filter_map(|set| set.format.as_ref());
        formats.fold(Cow::Borrowed(path), |path, format| {
            match format.without_secrets(&path) {
                Some(shorter) => Cow::Owned(shorter),
                None => path,
            }
        })
    }

    /// How to take out API keys, and nothing else, of a request whose credential nobody judges. Nothing when
    /// the policy has no keys.
    pub fn keys_removal(&self) -> Option<&Arc<Removal>> {
        self.places.keys.as_ref()
    }

    /// The webhooks, in the order of the file.
    pub fn webhooks(&self) -> impl Iterator<Item = &Arc<Webhook>> {
        self.webhooks.all()
    }

    /// The webhook of a name.
    pub fn webhook(&self, name: &str) -> Option<&Arc<Webhook>> {
        self.webhooks.find(name)
    }

    /// The whole way: recalls, and judges what nobody has judged yet.
    pub async fn verify(&self, request: &Request, accepted: &Accepted) -> Verification {
        match self.recall(request, accepted) {
            Recalled::Answer(verification) => verification,
            Recalled::Unknown(unknown) => self.judge(unknown, accepted, request.received_at).await,
        }
    }

    /// Looks for a credential in every configured place, and answers at once if that is all it takes:
    /// there is none, there are two, or this worker has met it before. Otherwise it is to be judged.
    ///
    /// A credential that was met before is known by all its bytes, so only others are asked for their form.
    pub fn recall<'r>(&self, request: &'r Request, accepted: &Accepted) -> Recalled<'r> {
        let presented = match find(&self.places.readings, request) {
            Ok(Some(presented)) => presented,
            Ok(None) => return Verification::Absent(self.missing(accepted)).into(),
            Err(denied) => return Verification::Rejected(denied).into(),
        };
        let (text, now) = (presented.bytes(), request.received_at);
        let tag = match presented.reader() {
            Reader::Tokens => match self.id_tokens.recall(text, accepted, now) {
                id_token::Recall::Known(answer) => return self.token(answer).into(),
                id_token::Recall::Unknown(tag) => tag,
            },
            Reader::Set(set) => match self.api_keys.recall(set, text, accepted, now) {
                api_key::Recall::Known(answer) => return self.key(answer).into(),
                api_key::Recall::Unknown(tag) => tag,
            },
            Reader::Nobody => {
                let detail = "none of the prefixes that keys have there";
                return self
                    .key(Err(Denied::new(Reason::KeyUnknown, detail)))
                    .into();
            }
        };
        Recalled::Unknown(Unknown { presented, tag })
    }

    /// Judges what [`Verifiers::recall`] did not know, by the time its request arrived. Waits only for
    /// a key set that is being fetched, for the store, and for slow hashes.
    pub async fn judge(
        &self,
        Unknown { presented, tag }: Unknown<'_>,
        accepted: &Accepted,
        received_at: SystemTime,
    ) -> Verification {
        match presented.reader() {
            Reader::Set(set) => {
                let key = presented.key();
                let judged = self.api_keys.verify(set, key, tag, received_at);
                self.key(judged.await)
            }
            Reader::Tokens => self.token(match presented.token() {
                Ok(token) => {
                    let judged = self.id_tokens.verify(token, tag, accepted, received_at);
                    judged.await
                }
                Err(denied) => Err(denied),
            }),
            // Has been answered.
            Reader::Nobody => self.key(Err(Reason::KeyUnknown.into())),
        }
    }

    pub(super) fn id_tokens(&self) -> &IdTokens {
        &self.id_tokens
    }

    pub(super) fn all_places(&self) -> &Places {
        &self.places
    }

    /// Where tokens are read from, in the order of the file; never empty. Without an issuer none is.
    pub fn places(&self) -> &[Place] {
        &self.places.tokens
    }

    /// Whether a credential may stand in the query, by what the policy says.
    pub fn reads_queries(&self) -> bool {
        self.places.read_queries()
    }

    /// The header fields in which credentials may stand, each once: those that the upstream does not get as they
    /// came. Where credentials stand in the query, pages tell of them in `Referer`.
    pub fn credential_headers(&self) -> Vec<HeaderName> {
        let secrets = self.webhooks().flat_map(|webhook| webhook.secret_headers());
        let mut names = self.places.headers();
        names.extend(secrets.cloned());
        if self
            .webhooks()
            .any(|webhook| webhook.secret_parameter().is_some())
        {
            names.push(REFERER);
        }
        names.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        names.dedup();
        names
    }

    /// Where the keys of a set are read from, in the order of the file; nowhere when there is no such set.
    pub fn places_of_keys(&self, set: &str) -> &[Place] {
        let mut names = self.key_sets().iter();
        let position = names.position(|own| *own.name == *set);
        position.map_or(&[], |position| self.places.of_set(position))
    }

    pub(super) fn token(&self, answer: Result<Proven, Denied>) -> Verification {
        answered(answer, CredentialKind::IdToken, &self.places.beside_token)
    }

    pub(super) fn key(&self, answer: Result<ProvenKey, Denied>) -> Verification {
        let (answer, signing) = match answer {
            Ok(key) => (Ok(key.proven), key.signing),
            Err(denied) => (Err(denied), None),
        };
        let answer = answered(answer, CredentialKind::ApiKey, &self.places.everything);
        match answer {
            Verification::Verified(verified) => Verification::Verified(Verified {
                signing,
                ..verified
            }),
            refused => refused,
        }
    }
}

pub(super) fn answered(
    answer: Result<Proven, Denied>,
    kind: CredentialKind,
    remove: &Arc<Removal>,
) -> Verification {
    match answer {
        Ok(proven) => Verification::Verified(Verified {
            principal: proven.principal,
            kind,
            fingerprint: proven.fingerprint,
            remove: Arc::clone(remove),
            signing: None,
        }),
        Err(denied) => refusal(denied),
    }
}

fn refusal(denied: Denied) -> Verification {
    match denied.reason {
        Reason::IssuerUnavailable | Reason::StoreUnavailable | Reason::Overloaded => {
            Verification::Unavailable(denied)
        }
        _ => Verification::Rejected(denied),
    }
}
