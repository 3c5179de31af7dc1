//! Whom a key speaks for.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use crate::keys::Known;
use crate::model::{ApiKey, Claims, KeyFacts, Memo, Principal, PrincipalKind};

/// The last second of the year 9999, for keys without an end.
const LATEST: Duration = Duration::from_secs(253_402_300_799);

/// The principal of a text of a key. `kept` names the claims that are read; without a list, all are.
pub(super) fn principal(known: &Known, kept: Option<&[Box<str>]>) -> Principal {
    let key = known.key();
    // An owner without rights leaves a key without any.
    let has_rights = key.roles.as_ref().is_none_or(|roles| !roles.is_empty());
    let latest = SystemTime::UNIX_EPOCH.checked_add(LATEST);
    Principal {
        kind: PrincipalKind::ApiKey,
        subject: key.owner.clone().unwrap_or_else(|| key.id.clone()),
        tenant: key.tenant.clone(),
        email: None,
        roles: key.roles.clone().unwrap_or_default(),
        scopes: match has_rights {
            true => key.scopes.clone(),
            false => Vec::new(),
        },
        issuer: (*key.set).into(),
        claims: claims(key, kept),
        expires_at: known.ends_at().or(latest).unwrap_or(SystemTime::UNIX_EPOCH),
        key: Some(Arc::new(KeyFacts {
            id: key.id.clone(),
            sources: key.sources.clone().map(Into::into),
            networks: key.networks.clone().map(Into::into),
        })),
        webhook: None,
        memo: Memo::default(),
    }
}

fn claims(key: &ApiKey, kept: Option<&[Box<str>]>) -> Claims {
    let is_kept = |name: &str| kept.is_none_or(|kept| kept.iter().any(|own| **own == *name));
    let mut members: Map<String, Value> = Map::new();
    let facts = key.metadata.iter().filter(|(name, _)| is_kept(name));
    members.extend(facts.map(|(name, value)| (name.clone(), value.clone())));
    // What metadata calls the same is not what these mean.
    let own = [
        ("key_id", Some(&key.id)),
        ("key_name", Some(&key.name)),
        ("owner", key.owner.as_ref()),
    ];
    for (name, value) in own {
        match value.filter(|_| is_kept(name)) {
            Some(value) => drop(members.insert(name.to_owned(), (**value).into())),
            None => drop(members.remove(name)),
        }
    }
    Claims::new(members)
}
