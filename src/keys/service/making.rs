//! What the bodies of requests for a new key, or for a new text, say.

use super::super::registry::GRACE;
use super::body::Body;
use super::fault::{Fault, Refusal};
use super::{Ask, Scope};
use crate::document::closest;
use crate::keys::{KeySet, NewKey, Rotation};

/// A wish for a new key.
pub(super) struct Wished {
    /// The set it is to belong to.
    pub(super) set: Option<String>,
    /// The key.
    pub(super) new: NewKey,
}

/// The key that a body wishes for.
pub(super) fn read(ask: &Ask<'_>) -> Result<Wished, Refusal> {
    let mut body = Body::read(ask)?;
    let set = body.text("set")?;
    let name = body.text("name")?;
    let mut new = NewKey {
        name: name.clone().unwrap_or_default(),
        tenant: body.text("tenant")?,
        owner: body.text("owner")?,
        roles: body.texts("roles")?,
        scopes: body.texts("scopes")?.unwrap_or_default(),
        sources: body.texts("sources")?,
        networks: body.networks("networks")?,
        not_before: body.time("not_before")?,
        expires_at: body.time("expires_at")?,
        ..NewKey::default()
    };
    new.signing = body.truth("signing_secret")?;
    let lasting = body.duration("expires_in")?;
    // What the metadata says are claims of the key's holder: who may say that is the operator.
    if matches!(ask.scope, Scope::Everything { .. }) {
        new.metadata = body.object("metadata")?.unwrap_or_default();
    }
    body.finish()?;
    if name.is_none() {
        let detail = "`name` is missing: say what the key is for";
        return Err(Refusal::of(Fault::BodyInvalid, "name", detail));
    }
    if let Some(lasting) = lasting {
        if new.expires_at.is_some() {
            let detail = "`expires_in` stands beside `expires_at`: say one of them";
            return Err(Refusal::of(Fault::KeyInvalid, "expires_in", detail));
        }
        new.expires_at = ask.now.checked_add(lasting);
    }
    Ok(Wished { set, new })
}

/// The set that a new key is to belong to: the caller's, the one that is named, or the only one.
pub(super) fn set<'a>(ask: &Ask<'a>, named: Option<&str>) -> Result<&'a KeySet, Refusal> {
    let named = match ask.scope {
        Scope::Tenant { set, .. } => Some(set),
        Scope::Everything { .. } => named,
    };
    let open = ask
        .sets
        .iter()
        .filter(|set| set.stored && set.format.is_some());
    let open: Vec<&KeySet> = open.collect();
    let found = match (named, open.as_slice()) {
        (None, [only]) => Some(*only),
        (None, _) => None,
        // One that keys cannot be made for says so itself.
        (Some(named), _) => ask.sets.iter().find(|set| &*set.name == named),
    };
    found.ok_or_else(|| {
        let names: Vec<&str> = open.iter().map(|set| &*set.name).collect();
        Refusal::of(Fault::KeyInvalid, "set", unknown_set(named, &names))
    })
}

fn unknown_set(named: Option<&str>, names: &[&str]) -> String {
    let known = match names {
        [] => "the policy has no set of stored keys with a prefix".to_owned(),
        names => format!("there are {}", names.join(", ")),
    };
    let near = named.and_then(|named| closest(named, names.iter().copied()));
    match (named, near) {
        (_, Some(near)) => format!("`set` is not known: did you mean `{near}`?"),
        (Some(_), None) => format!("`set` is not known: {known}"),
        (None, None) => format!("`set` is missing: {known}"),
    }
}

/// How a key is to get a new text.
pub(super) fn rotation(ask: &Ask<'_>) -> Result<Rotation, Refusal> {
    let mut body = Body::read(ask)?;
    let grace = body.duration("grace")?;
    let signing = body.truth("signing_secret")?;
    body.finish()?;
    Ok(Rotation {
        grace: grace.unwrap_or(GRACE),
        signing,
    })
}
