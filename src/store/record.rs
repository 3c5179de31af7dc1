//! What goes into a store and what comes out, besides keys.

use std::time::SystemTime;

use super::Error;
use crate::model::ApiKey;

/// What a key is looked for by, inside one set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// The SHA-256 of its text: at most one.
    Digest(&'a [u8; 32]),
    /// How its text begins, where only a slow hash of it is known: at most 16, and more are an error.
    Start(&'a str),
}

impl Lookup<'_> {
    /// The most keys whose texts may begin alike.
    pub(super) const MOST: u32 = 16;

    /// Refuses more: each costs a slow hash.
    pub(super) fn refuse_crowd(found: usize) -> Result<(), Error> {
        if found > Self::MOST as usize {
            return Err(Error::Unusable(
                "more than 16 keys with a slow hash begin alike".into(),
            ));
        }
        Ok(())
    }
}

/// Which keys are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this set only.
    pub set: Option<Box<str>>,
    /// Of this tenant only.
    pub tenant: Option<Box<str>>,
    /// Of this owner only.
    pub owner: Option<Box<str>>,
    /// Only those that end before this moment, and have not been revoked.
    pub ending_before: Option<SystemTime>,
    /// Only those that have not ended at this moment, for whichever reason.
    pub usable_at: Option<SystemTime>,
    /// Only those whose id comes after this one.
    pub after: Option<Box<str>>,
    /// At most so many; at least 1, at most 1,000.
    pub limit: u32,
}

impl Filter {
    /// The limit within its bounds.
    pub(super) fn bounded_limit(&self) -> usize {
        self.limit.clamp(1, 1000) as usize
    }
}

/// A key and what is known of its use.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The key.
    pub key: ApiKey,
    /// How often it was used. What was not written yet is not in it.
    pub uses: u64,
    /// When it was last used.
    pub last_used_at: Option<SystemTime>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// In the order of their ids.
    pub keys: Vec<Listed>,
    /// Whether there are more.
    pub more: bool,
}

impl Page {
    /// The first `limit` keys of those found, which are one more when there are more.
    pub(super) fn of(mut keys: Vec<Listed>, limit: usize) -> Self {
        let more = keys.len() > limit;
        keys.truncate(limit);
        Self { keys, more }
    }
}

/// What is added to the uses of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uses {
    /// The key.
    pub id: Box<str>,
    /// How many more.
    pub count: u64,
    /// The latest of them.
    pub last: SystemTime,
}

/// Who changed what, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// When.
    pub at: SystemTime,
    /// Who: `cli:USER`, `admin`, or the subject of a caller.
    pub by: Box<str>,
    /// What: `create`, `import`, `rotate`, `revoke`.
    pub action: Box<str>,
    /// The key; nothing for an import of many.
    pub key: Option<Box<str>>,
    /// The tenant of the key.
    pub tenant: Option<Box<str>>,
    /// What else is to be said, without anything secret.
    pub detail: serde_json::Map<String, serde_json::Value>,
}

/// What followers are told.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// This key is now like this, or is new.
    Changed(Box<ApiKey>),
    /// Too much changed to tell one by one, or changes may have been missed: whatever is remembered may be
    /// out of date. The database answers.
    Gap,
    /// The database has just answered that nothing else changed. At least every second while it answers.
    Current,
    /// The database does not answer. Told once; then [`Event::Gap`] or [`Event::Current`] when it does again.
    Lost,
}
