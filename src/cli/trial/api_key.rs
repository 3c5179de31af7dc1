//! API keys made on the spot: good ones, and bad ones of every kind.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ipnet::IpNet;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::credential::{FurtherKey, KeyProfile, Place};
use crate::keys::{Format, FormatError, KeySet};
use crate::model::{ApiKey, Generation, KeyHash};
use crate::secret::Secret;

use super::ask::Ask;
use super::moment::{date, seconds};

/// How long before a moment is something that is over by then.
const A_MINUTE: Duration = Duration::from_secs(60);
/// How long before a moment a key was made.
const A_DAY: Duration = Duration::from_secs(86_400);
/// How many characters of a text that is not ours are shown.
const SHOWN: usize = 8;
/// How many characters a truncated text lacks.
const CUT: usize = 7;

/// What an API key is to be like; what is not said is left to its set.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::cli) struct KeyDraft {
    /// The set by its name in the policy; nothing means the only one.
    pub(in crate::cli) set: Option<String>,
    /// What it is called by; nothing means something that always is the same for such a key.
    pub(in crate::cli) id: Option<String>,
    pub(in crate::cli) name: Option<String>,
    pub(in crate::cli) tenant: Option<String>,
    pub(in crate::cli) owner: Option<String>,
    pub(in crate::cli) roles: Option<Vec<String>>,
    pub(in crate::cli) scopes: Option<Vec<String>>,
    pub(in crate::cli) sources: Option<Vec<String>>,
    pub(in crate::cli) networks: Option<Vec<IpNet>>,
    pub(in crate::cli) metadata: Map<String, Value>,
    /// A date as claims have them, see [`date`].
    pub(in crate::cli) not_before: Option<Value>,
    /// A date as claims have them.
    pub(in crate::cli) expires_at: Option<Value>,
    pub(in crate::cli) status: Status,
    /// Where it is presented; nothing means where its set reads first.
    pub(in crate::cli) places: Vec<Place>,
}

/// What has become of a key, or of its text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::cli) enum Status {
    /// It counts, unless its dates say otherwise.
    #[default]
    Active,
    /// It does not count yet.
    Pending,
    /// It is over.
    Expired,
    /// It was revoked.
    Revoked,
    /// It was rotated, and the grace of this text is over.
    Replaced,
    /// The text has the right form and is nobody's.
    Unknown,
    /// A character of the text is another.
    Mistyped,
    /// The text lacks its end.
    Truncated,
}

impl Status {
    /// The words for them.
    pub(in crate::cli) const WORDS: [(&'static str, Self); 8] = [
        ("active", Self::Active),
        ("pending", Self::Pending),
        ("expired", Self::Expired),
        ("revoked", Self::Revoked),
        ("replaced", Self::Replaced),
        ("unknown", Self::Unknown),
        ("mistyped", Self::Mistyped),
        ("truncated", Self::Truncated),
    ];
}

/// A text, and the key that it is taken for.
#[derive(Debug)]
pub(in crate::cli) struct MadeKey {
    /// What the key is called by.
    pub(in crate::cli) id: String,
    /// How the text begins.
    pub(in crate::cli) start: String,
    /// The key; nothing when the text is nobody's.
    pub(in crate::cli) key: Option<ApiKey>,
    /// What its holder signs deliveries with, where that is kept for keys.
    pub(super) signing: Arc<Secret>,
    text: Secret,
}

impl MadeKey {
    /// The text as it is sent. It counts nowhere but here.
    pub(in crate::cli) fn text(&self) -> String {
        String::from_utf8_lossy(self.text.expose()).into_owned()
    }
}

/// The keys of a trial, each made once.
#[derive(Debug, Default)]
pub(super) struct KeyRack(BTreeMap<(String, String), MadeKey>);

impl KeyRack {
    /// Makes a key of a set, if it is not there yet.
    pub(super) fn make(
        &mut self,
        draft: &KeyDraft,
        profile: &KeyProfile,
        now: SystemTime,
    ) -> Result<(), FormatError> {
        let place = (profile.set().name.to_string(), draft.mark(now));
        if self.0.contains_key(&place) {
            return Ok(());
        }
        let id = short_digest(&place.1);
        let mut made = draft.make(profile, now, id)?;
        // Secrets are kept by the ids of keys: those of one id have one.
        let mut others = self.0.iter().filter(|((set, _), _)| *set == place.0);
        if let Some((_, other)) = others.find(|(_, other)| other.id == made.id) {
            made.signing = Arc::clone(&other.signing);
        }
        self.0.insert(place, made);
        Ok(())
    }

    /// The keys of a set that are somebody's.
    pub(super) fn of(&self, set: &str) -> Vec<FurtherKey> {
        let own = self.0.iter().filter(|((of, _), _)| of == set);
        let further = own.filter_map(|(_, made)| {
            Some(FurtherKey {
                key: made.key.clone()?,
                signing: Some(Arc::clone(&made.signing)),
            })
        });
        further.collect()
    }

    /// What the holder of a key with this text signs deliveries with.
    pub(super) fn signing(&self, text: &[u8]) -> Option<&Secret> {
        let mut made = self.0.values().filter(|made| made.key.is_some());
        let made = made.find(|made| made.text.expose() == text)?;
        Some(&made.signing)
    }

    /// The key of a draft.
    pub(super) fn find(&self, draft: &KeyDraft, set: &str, now: SystemTime) -> Option<&MadeKey> {
        self.0.get(&(set.to_owned(), draft.mark(now)))
    }
}

impl KeyDraft {
    /// What tells it from other drafts: everything but where it is presented.
    fn mark(&self, now: SystemTime) -> String {
        let alone = Self {
            places: Vec::new(),
            ..self.clone()
        };
        format!("{alone:?} {}", seconds(now))
    }

    fn make(
        &self,
        profile: &KeyProfile,
        now: SystemTime,
        id: String,
    ) -> Result<MadeKey, FormatError> {
        let set = profile.set();
        let made_up = Format::new("trial_")?;
        let format = set.format.as_ref().unwrap_or(&made_up);
        let minted = format.mint(None)?;
        let start = match set.format {
            Some(_) => minted.start.to_string(),
            None => shown(&minted.text),
        };
        let id = self.id.clone().unwrap_or(id);
        let mut generations = vec![generation(1, minted.hash, &start, now)];
        if self.status == Status::Replaced {
            let newer = format.mint(None)?;
            let ended = generations.iter_mut();
            ended.for_each(|generation| generation.ends_at = now.checked_sub(A_MINUTE));
            generations.insert(0, generation(2, newer.hash, &newer.start, now));
        }
        let mut key = self.key(set, &id, generations, now);
        profile.complete(&mut key, self.scopes.is_some());
        Ok(MadeKey {
            signing: Arc::new(signing(&format.mint(None)?.text)),
            text: self.spoilt(minted.text),
            key: (self.status != Status::Unknown).then_some(key),
            id,
            start,
        })
    }

    fn key(&self, set: &KeySet, id: &str, generations: Vec<Generation>, now: SystemTime) -> ApiKey {
        let (pending, expired) = (now.checked_add(A_MINUTE), now.checked_sub(A_MINUTE));
        let own = |value: &Option<Value>| value.as_ref().and_then(|value| date(value, now));
        let (not_before, expires_at) = (own(&self.not_before), own(&self.expires_at));
        let revoked = self.status == Status::Revoked;
        ApiKey {
            id: id.into(),
            set: set.name.as_ref().into(),
            name: self.name.as_deref().unwrap_or(id).into(),
            tenant: self.tenant.as_deref().map(Into::into),
            owner: self.owner.as_deref().map(Into::into),
            roles: self.roles.as_deref().map(boxed),
            scopes: self.scopes.as_deref().map(boxed).unwrap_or_default(),
            sources: self.sources.as_deref().map(boxed),
            networks: self.networks.clone(),
            not_before: match self.status {
                Status::Pending => not_before.or(pending),
                _ => not_before,
            },
            expires_at: match self.status {
                Status::Expired => expires_at.or(expired),
                _ => expires_at,
            },
            created_at: made_at(now),
            created_by: "sidegate".into(),
            revoked_at: expired.filter(|_| revoked),
            metadata: self.metadata.clone(),
            generations,
            version: 1,
        }
    }

    /// The text as it is presented.
    fn spoilt(&self, text: Secret) -> Secret {
        let mut bytes = text.expose().to_vec();
        match self.status {
            Status::Truncated => bytes.truncate(bytes.len().saturating_sub(CUT)),
            Status::Mistyped => {
                if let Some(last) = bytes.last_mut() {
                    *last = if *last == b'0' { b'1' } else { b'0' };
                }
            }
            _ => return text,
        }
        Secret::new(bytes)
    }

    /// Puts the text where it is to be presented.
    pub(super) fn carry(&self, made: &MadeKey, own: &[Place], ask: &mut Ask) {
        let first = own.get(..1).unwrap_or_default();
        let places = match self.places.as_slice() {
            [] => first,
            named => named,
        };
        let text = made.text();
        places.iter().for_each(|place| ask.carry(place, &text));
    }
}

/// A secret that every scheme can take, whatever the form of its secrets.
fn signing(drawn: &Secret) -> Secret {
    Secret::new(digits(drawn.expose(), 32).into_bytes())
}

fn generation(number: u32, hash: KeyHash, start: &str, now: SystemTime) -> Generation {
    Generation {
        number,
        hash,
        start: start.into(),
        created_at: made_at(now),
        ends_at: None,
        signing: None,
    }
}

fn made_at(now: SystemTime) -> SystemTime {
    now.checked_sub(A_DAY).unwrap_or(UNIX_EPOCH)
}

fn boxed(names: &[String]) -> Vec<Box<str>> {
    names.iter().map(|name| name.as_str().into()).collect()
}

fn shown(text: &Secret) -> String {
    let first = text.expose().iter().take(SHOWN);
    first.map(|byte| char::from(*byte)).collect()
}

/// Twelve characters that are the same for the same text.
fn short_digest(text: &str) -> String {
    digits(text.as_bytes(), 6)
}

/// The first bytes of a digest, in hexadecimal.
fn digits(of: &[u8], most: usize) -> String {
    let digest = Sha256::digest(of);
    let first = digest.iter().take(most);
    first.map(|byte| format!("{byte:02x}")).collect()
}
