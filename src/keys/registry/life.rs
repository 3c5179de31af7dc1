//! From when to when keys and their texts count.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::model::{ApiKey, Generation};

use super::super::{KeySet, Minted};
use super::Error;

/// The longest grace of a rotation.
pub(in crate::keys) const MOST_GRACE: Duration = Duration::from_secs(90 * 86_400);
/// How many texts a key has at most.
const MOST_TEXTS: usize = 16;
/// The first moment after the year 9999, in seconds since 1970: RFC 3339 ends there.
const END_OF_TIME: u64 = 253_402_300_800;

/// The moment in whole milliseconds, as every store and every document can say it.
pub(super) fn whole(moment: SystemTime) -> SystemTime {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = Duration::new(since.as_secs(), since.subsec_millis() * 1_000_000);
    UNIX_EPOCH.checked_add(millis).unwrap_or(UNIX_EPOCH)
}

/// A moment that a caller names: from 1970 to 9999.
pub(super) fn moment(
    field: &'static str,
    moment: Option<SystemTime>,
) -> Result<Option<SystemTime>, Error> {
    let Some(moment) = moment else {
        return Ok(None);
    };
    match moment.duration_since(UNIX_EPOCH) {
        Ok(since) if since.as_secs() < END_OF_TIME => Ok(Some(whole(moment))),
        _ => Err(Error::invalid(field, "must lie between 1970 and 9999")),
    }
}

/// When a new key of a set ends, if it does: as wished for, else after the set's lifetime, never after
/// the longest one.
pub(super) fn end(
    set: &KeySet,
    not_before: Option<SystemTime>,
    wished: Option<SystemTime>,
    now: SystemTime,
) -> Result<Option<SystemTime>, Error> {
    let wrong = |message: &str| Err(Error::invalid("expires_at", message));
    let begin = not_before.map_or(now, |moment| moment.max(now));
    let last = set.longest.and_then(|longest| now.checked_add(longest));
    let usual = set
        .lifetime
        .and_then(|lifetime| begin.checked_add(lifetime));
    let end = match (wished, usual, last) {
        (Some(wished), _, Some(last)) if wished > last => {
            let last = jiff::Timestamp::try_from(last).unwrap_or(jiff::Timestamp::MAX);
            return wrong(&format!(
                "is later than the set of keys allows: {last:.0} at the latest"
            ));
        }
        (Some(wished), _, _) => Some(wished),
        (None, Some(usual), Some(last)) => Some(usual.min(last)),
        (None, usual, last) => usual.or(last),
    };
    match end {
        Some(end) if end <= now => wrong("must lie in the future"),
        Some(end) if not_before.is_some_and(|begin| begin >= end) => {
            wrong("must come after `not_before`")
        }
        end => Ok(end),
    }
}

/// Whether a key can have another text: it has not come to its end.
pub(super) fn goes_on(key: &ApiKey, now: SystemTime) -> Result<(), Error> {
    if key.revoked_at.is_some() {
        return Err(Error::Over("it was revoked"));
    }
    match key.expires_at {
        Some(end) if end <= now => Err(Error::Over("it has expired")),
        _ => Ok(()),
    }
}

/// The key with one text more. Former ones that still count go on until the grace is over, or until
/// their own end if that is sooner.
pub(super) fn renewed(
    key: &ApiKey,
    minted: &Minted,
    grace: Duration,
    now: SystemTime,
) -> Result<ApiKey, Error> {
    let mut next = key.clone();
    next.version = key.version.saturating_add(1);
    let end = now.checked_add(grace).unwrap_or(now);
    for former in next.generations.iter_mut().filter(|it| counts(it, now)) {
        former.ends_at = Some(former.ends_at.map_or(end, |own| own.min(end)));
    }
    forget(&mut next.generations, now)?;
    let newest = key.generations.iter().map(|it| it.number).max();
    let generation = Generation {
        number: newest.unwrap_or(0).saturating_add(1),
        hash: minted.hash.clone(),
        start: minted.start.clone(),
        created_at: now,
        ends_at: None,
        signing: None,
    };
    next.generations.insert(0, generation);
    Ok(next)
}

/// Whether a text of a key that goes on counts.
pub(in crate::keys) fn counts(generation: &Generation, now: SystemTime) -> bool {
    generation.ends_at.is_none_or(|end| end > now)
}

/// Makes room for one text more: the oldest that are over go first. Who rotates again and again must not
/// fill the store.
fn forget(generations: &mut Vec<Generation>, now: SystemTime) -> Result<(), Error> {
    while generations.len() >= MOST_TEXTS {
        let Some(oldest) = generations.iter().rposition(|it| !counts(it, now)) else {
            let message = format!(
                "must be 0: {MOST_TEXTS} texts of this key count still, and there are no more at a time"
            );
            return Err(Error::invalid("grace", message));
        };
        generations.remove(oldest);
    }
    Ok(())
}
