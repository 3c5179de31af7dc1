//! Keys that come from another system: hashes, never texts.

use std::time::SystemTime;

use crate::model::{ApiKey, Generation, KeyHash};
use crate::store::{Lookup, Store};

use super::super::{Format, parse_hash};
use super::{Error, check, life};

/// How long the beginning of a text is where only a slow hash of it is known: it is found by that.
const SLOW_START: usize = 8;
/// The longest beginning of a text: the longest prefix and an id.
const MOST_START: usize = 44;
/// How many keys of a set may begin alike, where only slow hashes of them are known.
const MOST_ALIKE: usize = 16;
/// How many texts a key may bring with it.
const MOST_TEXTS: usize = 16;

/// The keys as they are kept, each with an id; the first that is wrong is named by its place, from 1.
pub(super) fn accepted(keys: Vec<ApiKey>, by: &str, now: SystemTime) -> Result<Vec<ApiKey>, Error> {
    let mut accepted = Vec::with_capacity(keys.len());
    for (place, key) in keys.into_iter().enumerate() {
        accepted.push(one(key, by, now).map_err(|error| placed(error, place + 1))?);
    }
    Ok(accepted)
}

fn placed(error: Error, place: usize) -> Error {
    match error {
        Error::Invalid { field, message } => {
            Error::invalid(field, format!("of key {place} {message}"))
        }
        other => other,
    }
}

pub(super) fn one(mut key: ApiKey, by: &str, now: SystemTime) -> Result<ApiKey, Error> {
    if key.id.is_empty() {
        // Ids of our own have the same form in every set.
        key.id = Format::new("id")?.mint(None)?.id;
    }
    if !check::is_id(&key.id) {
        let message = "must consist of letters, digits and `._~:@-`, at most 128";
        return Err(Error::invalid("id", message));
    }
    if key.created_by.is_empty() {
        key.created_by = by.into();
    }
    fields(&key)?;
    times(&mut key, now)?;
    generations(&mut key.generations)?;
    key.networks = key
        .networks
        .map(|list| list.iter().map(ipnet::IpNet::trunc).collect());
    key.version = 1;
    Ok(key)
}

fn fields(key: &ApiKey) -> Result<(), Error> {
    check::text("set", &key.set)?;
    check::text("name", &key.name)?;
    check::text("created_by", &key.created_by)?;
    if let Some(tenant) = &key.tenant {
        check::text("tenant", tenant)?;
    }
    if let Some(owner) = &key.owner {
        check::text("owner", owner)?;
    }
    check::texts("roles", key.roles.as_deref().unwrap_or_default())?;
    check::scopes(&key.scopes)?;
    check::sources(key.sources.as_deref())?;
    check::networks(key.networks.as_deref())?;
    check::metadata(&key.metadata)
}

/// A key may be over when it comes: its holder is then told so.
fn times(key: &mut ApiKey, now: SystemTime) -> Result<(), Error> {
    let created = life::moment("created_at", Some(key.created_at))?;
    key.created_at = created.unwrap_or(now);
    key.not_before = life::moment("not_before", key.not_before)?;
    key.expires_at = life::moment("expires_at", key.expires_at)?;
    key.revoked_at = life::moment("revoked_at", key.revoked_at)?;
    match (key.not_before, key.expires_at) {
        (Some(begin), Some(end)) if begin >= end => {
            Err(Error::invalid("expires_at", "must come after `not_before`"))
        }
        _ => Ok(()),
    }
}

fn generations(list: &mut [Generation]) -> Result<(), Error> {
    let wrong = |message: &str| Err(Error::invalid("generations", message));
    if list.is_empty() || list.len() > MOST_TEXTS {
        return wrong("must be 1 to 16");
    }
    if !list.is_sorted_by(|newer, older| newer.number > older.number) {
        return wrong("must come the newest first, each with a number of its own");
    }
    if list.iter().any(|it| it.number == 0) {
        return wrong("must be numbered from 1");
    }
    for generation in list {
        let created = life::moment("created_at", Some(generation.created_at))?;
        generation.created_at = created.unwrap_or(generation.created_at);
        generation.ends_at = life::moment("ends_at", generation.ends_at)?;
        start(generation)?;
    }
    Ok(())
}

/// How a text begins helps to find it, and must not help to guess it.
fn start(generation: &Generation) -> Result<(), Error> {
    let start = generation.start.as_bytes();
    let wrong = |message: &str| Err(Error::invalid("start", message));
    if start.len() > MOST_START || !start.iter().all(u8::is_ascii_graphic) {
        return wrong("must be at most 44 characters of ASCII without spaces");
    }
    match &generation.hash {
        KeyHash::Sha256(_) => Ok(()),
        KeyHash::Bcrypt(_) | KeyHash::Argon2(_) if start.len() != SLOW_START => {
            wrong("must be the first 8 characters of the key, by which a slow hash is found")
        }
        KeyHash::Bcrypt(hash) | KeyHash::Argon2(hash) => match parse_hash(hash) {
            Ok(read) if read == generation.hash => Ok(()),
            Ok(_) => Err(Error::invalid("hash", "is of another kind than it says")),
            Err(error) => Err(Error::invalid("hash", error.message)),
        },
    }
}

/// Whether few enough texts begin alike, together with those that are there: each slow hash is tried for
/// every text that begins like its own.
pub(super) async fn told_apart(store: &Store, keys: &[ApiKey]) -> Result<(), Error> {
    let mut starts: Vec<(&str, &str)> = Vec::new();
    for key in keys {
        let is_slow = |it: &&Generation| !matches!(it.hash, KeyHash::Sha256(_));
        let found = key.generations.iter().filter(is_slow);
        starts.extend(found.map(|it| (&*key.set, &*it.start)));
    }
    starts.sort_unstable();
    for alike in starts.chunk_by(|a, b| a == b) {
        let Some((set, start)) = alike.first() else {
            continue;
        };
        let there = store.find(set, Lookup::Start(start)).await?.len();
        if there + alike.len() > MOST_ALIKE {
            let message = "is the same for more than 16 keys with slow hashes, too many to try";
            return Err(Error::invalid("start", message));
        }
    }
    Ok(())
}
