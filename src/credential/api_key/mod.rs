//! API keys: texts that are looked up.
//!
//! This room knows which sets of keys the policy has, where listed keys come from, and what a worker
//! remembers of keys it has met. It refuses to know where in a request a key stood, how stored keys become
//! known (`keys` does), and what a key's holder may do.
//!
//! Straight line: does the route accept the set? -> met here before? -> can it be a key at all? -> listed? ->
//! stored? -> principal -> remember -> does it count at this moment? -> count the use.
//!
//! Always: what is remembered are facts; whether they are current, and whether the key counts, is asked at
//! every use; a stored key counts only while the directory trusts what it knows.

mod config;
mod memory;
mod principal;
mod profile;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use crate::keys::{Directory, Finding, Fixed, Hasher, KeySet, Known, Shape};
use crate::model::{Denied, Reason};
use crate::secret::Secret;

use super::Accepted;
use super::fingerprint::Fingerprint;
use super::id_token::Proven;
use super::metrics::{KeyFound, Metrics};
use super::tag::Tag;
use memory::Memory;

pub use config::{FurtherKey, KeySource};
pub(super) use config::{Gathering, Listed, Settings, refuse_shared};
pub use profile::KeyProfile;

/// How many characters behind the prefix the log shows of a text that is nobody's key.
const SHOWN: usize = 4;
/// How many more a text must have for that.
const HIDDEN: usize = 12;

/// What the log is told of a key of the right form that nobody has.
pub const NOBODYS: &str = "nobody's key";

/// Every set of the policy.
#[derive(Debug)]
pub(super) struct ApiKeys {
    sets: Box<[KeySet]>,
    /// The listed keys of each.
    fixed: Box<[Fixed]>,
    /// What the holders of listed keys sign deliveries with, by the ids of each set.
    signing: Box<[HashMap<Box<str>, Arc<Secret>>]>,
    directory: Option<Arc<Directory>>,
    /// Whether uses of stored keys are counted.
    counts: bool,
    /// For listed keys with slow hashes, where there is no directory.
    hasher: OnceLock<Hasher>,
    /// The claims that principals keep; without a list, all.
    kept_claims: Option<Box<[Box<str>]>>,
    memory: Memory,
}

/// A genuine key.
#[derive(Debug, Clone)]
pub(super) struct ProvenKey {
    /// Whom it speaks for.
    pub(super) proven: Proven,
    /// What its holder signs deliveries with, if that is kept.
    pub(super) signing: Option<Arc<Secret>>,
}

/// What came of looking whether a key is known here.
pub(super) enum Recall {
    /// It is, and this is to be said of it.
    Known(Result<ProvenKey, Denied>),
    /// It is not, under this tag.
    Unknown(Option<Tag>),
}

impl ApiKeys {
    /// These sets, each with its listed keys.
    pub(super) fn new(listed: Vec<Listed>) -> Self {
        let (mut sets, mut fixed, mut signing) = (Vec::new(), Vec::new(), Vec::new());
        for one in listed {
            sets.push(one.set);
            fixed.push(Fixed::new(one.keys));
            signing.push(one.signing);
        }
        Self {
            sets: sets.into(),
            fixed: fixed.into(),
            signing: signing.into(),
            directory: None,
            counts: true,
            hasher: OnceLock::new(),
            kept_claims: None,
            memory: Memory::new(),
        }
    }

    /// The sets, in the order of the file.
    pub(super) fn sets(&self) -> &[KeySet] {
        &self.sets
    }

    /// Finds stored keys here.
    pub(super) fn find_in(&mut self, directory: &Arc<Directory>) {
        self.directory = Some(Arc::clone(directory));
    }

    /// Counts no use of a key, and remembers apart.
    pub(super) fn only_try(&mut self) {
        self.counts = false;
        self.memory.only_try();
    }

    /// Counts what comes of keys.
    pub(super) fn observe(&mut self, metrics: Metrics) {
        self.memory.observe(metrics);
    }

    /// Principals keep no claims but these.
    pub(super) fn keep_only(&mut self, claims: Box<[Box<str>]>) {
        self.kept_claims = Some(claims);
    }

    /// Whether this names a set.
    pub(super) fn has(&self, name: &str) -> bool {
        self.sets.iter().any(|set| *set.name == *name)
    }

    /// What is known of a text of a set that this worker has met.
    pub(super) fn recall(
        &self,
        set: usize,
        text: &[u8],
        accepted: &Accepted,
        now: SystemTime,
    ) -> Recall {
        if let Err(denied) = self.accepted(set, accepted) {
            return Recall::Known(Err(denied));
        }
        let tag = Tag::of(text);
        let known = tag.and_then(|tag| {
            self.memory.find(set, &tag, |known, proven| {
                self.is_trusted(known)
                    .then(|| self.use_of(known, now).map(|()| proven.clone()))
            })
        });
        match known {
            Some(answer) => {
                self.memory.count(match &answer {
                    Ok(_) => KeyFound::Worker,
                    Err(_) => KeyFound::Over,
                });
                Recall::Known(answer)
            }
            None => Recall::Unknown(tag),
        }
    }

    /// Judges a text of a set that is not known here, at a moment. Waits for the store, and for slow hashes.
    pub(super) async fn verify(
        &self,
        set: usize,
        text: Result<&[u8], Denied>,
        tag: Option<Tag>,
        now: SystemTime,
    ) -> Result<ProvenKey, Denied> {
        let found = match text {
            Ok(text) => {
                let found = self.find(set, text).await;
                found.map_err(|denied| self.with_start(set, text, denied))
            }
            Err(denied) => Err(denied),
        };
        let answer = found.and_then(|known| {
            let proven = self.proven(set, tag, &known);
            self.use_of(&known, now).map(|()| proven)
        });
        self.memory.count(match &answer {
            Ok(_) => KeyFound::Elsewhere,
            Err(denied) => KeyFound::refused(denied.reason),
        });
        answer
    }

    /// Refuses the keys of a set that does not count here, without a look at them.
    fn accepted(&self, set: usize, accepted: &Accepted) -> Result<(), Denied> {
        match self.sets.get(set) {
            Some(set) => accepted.check_set(&set.name),
            None => Err(Reason::KeyUnknown.into()),
        }
    }

    /// The key that has a text, whether or not it counts.
    async fn find(&self, set: usize, text: &[u8]) -> Result<Arc<Known>, Denied> {
        let (Some(set), Some(fixed)) = (self.sets.get(set), self.fixed.get(set)) else {
            return Err(Reason::KeyUnknown.into());
        };
        let ours = |format: &crate::keys::Format| format.shape(text) == Shape::Ours;
        if !set.foreign && !set.format.as_ref().is_some_and(ours) {
            let detail = "not of the form that keys of this set have, or not whole";
            return Err(Denied::new(Reason::KeyUnknown, detail));
        }
        if !fixed.is_empty() {
            match fixed.find(text, self.hasher()).await {
                Finding::Known(known) => return Ok(known),
                Finding::Unknown => {}
                Finding::Unavailable(reason) => return Err(reason.into()),
            }
        }
        match (&self.directory, set.stored) {
            (Some(directory), true) => match directory.find(&set.name, text).await {
                Finding::Known(known) => Ok(known),
                Finding::Unknown => Err(Reason::KeyUnknown.into()),
                Finding::Unavailable(reason) => Err(reason.into()),
            },
            _ => Err(Reason::KeyUnknown.into()),
        }
    }

    /// For the log, how a text begins that is nobody's key: no more than is kept in plain text of keys that are,
    /// and nothing of what might be something else, or where it would be much of it.
    fn with_start(&self, set: usize, text: &[u8], denied: Denied) -> Denied {
        let format = self.sets.get(set).and_then(|set| set.format.as_ref());
        let length = format.map_or(0, |format| format.prefix().len() + SHOWN);
        let start = text.get(..length).and_then(|it| str::from_utf8(it).ok());
        let is_plain = |it: &&str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
            it.bytes().all(plain) && text.len() >= length + HIDDEN
        };
        let ours = |it: &&str| format.is_some_and(|format| it.starts_with(format.prefix()));
        match start.filter(is_plain).filter(ours) {
            Some(start) if denied.reason == Reason::KeyUnknown => {
                let why = match &*denied.detail {
                    "" => NOBODYS,
                    why => why,
                };
                Denied::new(denied.reason, format!("begins with `{start}`: {why}"))
            }
            _ => denied,
        }
    }

    fn hasher(&self) -> &Hasher {
        match &self.directory {
            Some(directory) => directory.hasher(),
            None => self.hasher.get_or_init(|| {
                let settings = crate::keys::Settings::default();
                Hasher::new(settings.hashing_threads, settings.hashing_waiting)
            }),
        }
    }

    /// Makes the principal, and remembers it with what it rests on.
    fn proven(&self, set: usize, tag: Option<Tag>, known: &Arc<Known>) -> ProvenKey {
        let principal = principal::principal(known, self.kept_claims.as_deref());
        let fingerprint = tag.map(|tag| Fingerprint::of(&tag.to_bytes()));
        let proven = ProvenKey {
            proven: Proven {
                principal: Arc::new(principal),
                fingerprint: fingerprint.unwrap_or(Fingerprint::NONE),
            },
            signing: self.signing_secret(set, known),
        };
        if let Some(tag) = tag {
            self.memory
                .keep(set, tag, Arc::clone(known), proven.clone());
        }
        proven
    }

    /// What the key's holder signs deliveries with. One that cannot be decrypted is none: then no signature of
    /// theirs is right.
    fn signing_secret(&self, set: usize, known: &Known) -> Option<Arc<Secret>> {
        if !known.is_stored() {
            return self.signing.get(set)?.get(&known.key().id).cloned();
        }
        match self.directory.as_ref()?.signing_secret(known) {
            Ok(secret) => secret.map(Arc::new),
            Err(error) => {
                let key = &*known.key().id;
                tracing::warn!(key, %error, "the signing secret of an API key cannot be read");
                None
            }
        }
    }

    /// Whether what is known of a key may be used.
    fn is_trusted(&self, known: &Known) -> bool {
        let directory = self.directory.as_ref().filter(|_| known.is_stored());
        directory.is_none_or(|directory| directory.is_trusted())
    }

    /// Whether a key counts at a moment; a use of it, if so.
    fn use_of(&self, known: &Known, now: SystemTime) -> Result<(), Denied> {
        known.check(now)?;
        let counted = self.counts && known.is_stored();
        if let Some(directory) = self.directory.as_ref().filter(|_| counted) {
            directory.used(known, now);
        }
        Ok(())
    }
}
