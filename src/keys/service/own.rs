//! What a caller of a guarded route may have: keys of the own tenant, never with more rights.

use std::time::{Duration, SystemTime};

use ipnet::IpNet;

use super::fault::{Fault, Refusal};
use super::making::Wished;
use super::{Ask, Maker, Scope, Wish};
use crate::keys::{Error, KeySet, NewKey};
use crate::model::ApiKey;

/// An end further away than this is none: keys and credentials without one have some far moment instead.
const CENTURY: Duration = Duration::from_secs(3_155_760_000);

/// The key that comes of a wish: for an operator as wished for; for anybody else their own, and within
/// their bounds.
pub(super) fn bound(ask: &Ask<'_>, set: &KeySet, wished: Wished) -> Result<NewKey, Refusal> {
    let Scope::Tenant {
        set: own_set,
        tenant,
        by,
        roles,
        maker,
        ceiling,
    } = ask.scope
    else {
        return Ok(wished.new);
    };
    let mut new = wished.new;
    same(
        Fault::FieldNotAllowed,
        "set",
        wished.set.as_deref(),
        own_set,
    )?;
    same(
        Fault::TenantMismatch,
        "tenant",
        new.tenant.as_deref(),
        tenant,
    )?;
    same(Fault::FieldNotAllowed, "owner", new.owner.as_deref(), by)?;
    new.tenant = Some(tenant.into());
    new.owner = Some(by.into());
    new.roles = own_roles(roles, new.roles)?;
    let has_end = new.expires_at.is_some();
    let mut new = new.settled(set, ask.now)?;
    if let Some(maker) = &maker {
        inherit(maker, &mut new, has_end, ask.now);
        within(maker, &new, ask.now)?;
    }
    ceiling(&Wish { key: &new }).map_err(Error::NotAllowed)?;
    Ok(new)
}

/// Whether a caller may have the text of a key that is there: not if it speaks for another person, can do more
/// than the caller, or carries facts that nobody has stated about the caller.
pub(super) fn may_have(scope: &Scope<'_>, key: &ApiKey, now: SystemTime) -> Result<(), Error> {
    let Scope::Tenant {
        by, maker, ceiling, ..
    } = scope
    else {
        return Ok(());
    };
    if key.owner.as_deref().is_some_and(|owner| owner != *by) {
        let why = "the key speaks for somebody else; revoke it, and have its owner make another";
        return Err(Error::NotAllowed(why.into()));
    }
    // A key hands on only its own facts; a person those of every key that is theirs.
    let is_own = match maker {
        Some(maker) => maker.key.id == key.id,
        None => key.owner.as_deref() == Some(*by),
    };
    if !key.metadata.is_empty() && !is_own {
        let why = "the key carries facts of somebody else";
        return Err(Error::NotAllowed(why.into()));
    }
    let wish = NewKey::from(key);
    if let Some(maker) = maker {
        within(maker, &wish, now)?;
    }
    ceiling(&Wish { key: &wish }).map_err(Error::NotAllowed)
}

/// What is the caller's anyway may be said, and nothing else.
fn same(fault: Fault, name: &str, said: Option<&str>, own: &str) -> Result<(), Refusal> {
    match said {
        Some(said) if said != own => {
            let detail = format!("`{name}` cannot be chosen: it is the caller's");
            Err(Refusal::of(fault, name, detail))
        }
        _ => Ok(()),
    }
}

/// The caller's roles, or some of them.
fn own_roles(
    own: Option<&[Box<str>]>,
    wished: Option<Vec<String>>,
) -> Result<Option<Vec<String>>, Refusal> {
    let owned = |list: &[Box<str>]| list.iter().map(|role| (**role).to_owned()).collect();
    let Some(wished) = wished else {
        return Ok(own.map(owned));
    };
    let own = own.unwrap_or_default();
    if wished
        .iter()
        .all(|role| own.iter().any(|it| **it == **role))
    {
        return Ok(Some(wished));
    }
    let detail = "`roles` names a role that the caller does not have";
    Err(Refusal::of(Fault::RightsExceeded, "roles", detail))
}

/// Gives a key the bounds of the key that makes it, where the wish says nothing of them.
fn inherit(maker: &Maker<'_>, new: &mut NewKey, has_end: bool, now: SystemTime) {
    let owned = |list: &[Box<str>]| list.iter().map(|it| (**it).to_owned()).collect();
    if new.sources.is_none() {
        new.sources = maker.key.sources.as_deref().map(owned);
    }
    if new.networks.is_none() {
        new.networks = maker.key.networks.as_deref().map(<[IpNet]>::to_vec);
    }
    if let Some(end) = end(maker, now).filter(|_| !has_end) {
        new.expires_at = Some(new.expires_at.map_or(end, |own| own.min(end)));
    }
}

/// Whether a key is bound at least as much as the key that asks for it.
fn within(maker: &Maker<'_>, new: &NewKey, now: SystemTime) -> Result<(), Error> {
    let beyond = |what: &str| {
        let why = format!("`{what}` would reach beyond those of the key that asks");
        Err(Error::NotAllowed(why))
    };
    let sources = new.sources.as_deref();
    if let Some(own) = &maker.key.sources
        && !sources.is_some_and(|list| list.iter().all(|it| own.iter().any(|own| **own == **it)))
    {
        return beyond("sources");
    }
    let networks = new.networks.as_deref();
    let is_inside = |network: &IpNet, own: &[IpNet]| own.iter().any(|own| own.contains(network));
    if let Some(own) = &maker.key.networks
        && !networks.is_some_and(|list| list.iter().all(|it| is_inside(it, own)))
    {
        return beyond("networks");
    }
    match end(maker, now) {
        Some(end) if new.expires_at.is_none_or(|wished| wished > end) => beyond("expires_at"),
        _ => Ok(()),
    }
}

/// When the key that asks ends, if it does.
fn end(maker: &Maker<'_>, now: SystemTime) -> Option<SystemTime> {
    let far = now.checked_add(CENTURY)?;
    Some(maker.expires_at).filter(|end| *end < far)
}
